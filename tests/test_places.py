"""Where offsets stand in a text, and how far calls, statements and logical lines reach."""

from __future__ import annotations

import pytest

from sqla_lint.model import Extent
from sqla_lint.syntax.places import SourceText


def reach(text: str, anchor: str, extent: Extent) -> str:
    start, end = SourceText(text).extent(text.index(anchor), extent)
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "anchor", "call"),
    [
        ("await self.session.commit()\n", "commit", "self.session.commit()"),
        ("x = a.b(1).commit(\n  2, (3)\n) + 1\n", "commit", "a.b(1).commit(\n  2, (3)\n)"),
        ("a.b(1).commit()\n", "b", "a.b(1)"),
        ("return Repo[User](s).get(1)\n", "Repo", "Repo[User](s)"),
        ("return (a or b).commit()\n", "commit", "(a or b).commit()"),
        ("(a.commit)(1)\n", "commit", "(a.commit)(1)"),
        ("f((a.commit())(1))\n", "commit", "(a.commit())(1)"),
        ("with (\n  s  # ) here\n  .begin()\n): pass\n", "begin", "s  # ) here\n  .begin()"),
        ("'a' 'b'.join(c)\n", "join", "'a' 'b'.join(c)"),
        ("[a][0].commit()\n", "commit", "[a][0].commit()"),
        ("a\n(b).commit()\n", "commit", "(b).commit()"),
        ("commit()\n(b)\n", "commit", "commit()"),
        ("match (a).commit():\n  case _: pass\n", "commit", "(a).commit()"),
        ("x = match(a).commit()\n", "commit", "match(a).commit()"),
        ("x = f'{s.commit(\"}\"):>{w}}'\n", "commit", 's.commit("}")'),
        ("x = f'{a:>{s.commit()}}'\n", "commit", "s.commit()"),
        ("1.5.commit()\n", "commit", "1.5.commit()"),
        ("@app.get('/')\ndef f(): ...\n", "get", "app.get('/')"),
        ("commit\n", "commit", "commit"),
    ],
)
def test_a_call_reaches_from_its_callee_to_its_bracket(text: str, anchor: str, call: str) -> None:
    assert reach(text, anchor, Extent.CALL) == call


@pytest.mark.parametrize(
    ("text", "anchor", "test"),
    [
        ("where(A.b is None, c)\n", "A", "A.b is None"),
        ("where(not A.b)\n", "A", "not A.b"),
        ("where(not not A.b(1, 2)[3] == 4)\n", "A", "not not A.b(1, 2)[3] == 4"),
        ("where(\n  (A.b > 1)  # c\n  and (C.d == 2)\n)\n", "A", "(A.b > 1)  # c\n  and (C.d == 2)"),
        ("where((A.b is None) | (C.d == 2))\n", "A", "A.b is None"),
        ("x = A.b in (1, 2)\ny = 1\n", "A", "A.b in (1, 2)"),
        ("x = [A.b is c for c in d]\n", "A", "A.b is c"),
        ("x = A.b is None if c else d\n", "A", "A.b is None"),
        ("A", "A", "A"),
    ],
)
def test_a_test_reaches_over_its_operands(text: str, anchor: str, test: str) -> None:
    assert reach(text, anchor, Extent.TEST) == test


def test_calls_of_calls_share_an_anchor_and_reach_to_the_last_one() -> None:
    assert reach("x = sessionmaker(engine)()[0]\n", "sessionmaker", Extent.CALL) == "sessionmaker(engine)()"


@pytest.mark.parametrize(
    ("text", "anchor", "statement"),
    [
        ("a; return f(\n  1\n)  # c\nb\n", "return", "return f(\n  1\n)"),
        ("return a; b\n", "return", "return a"),
        ("with a as b:  # c\n  pass\n", "with", "with a as b:"),
        ("raise \\\n  a\nb\n", "raise", "raise \\\n  a"),
        ("return", "return", "return"),
        ("return '''\n'''\n", "return", "return '''\n'''"),
    ],
)
def test_a_statement_reaches_to_the_end_of_its_logical_line(text: str, anchor: str, statement: str) -> None:
    assert reach(text, anchor, Extent.STATEMENT) == statement


def test_a_name_reaches_over_itself() -> None:
    assert reach("def größe(a): ...\n", "größe", Extent.NAME) == "größe"
    assert reach("f'{größe}'\n", "größe", Extent.NAME) == "größe"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_at_line_ends_only(end: str) -> None:
    text = f"a{end}\fb\x0bc\x1c\u2028d{end}{end}e"
    source = SourceText(text)
    assert [source.line(number) for number in range(6)] == ["", "a", "\fb\x0bc\x1c\u2028d", "", "e", ""]
    assert source.position(text.index("d")) == (2, 7)
    assert source.position(text.index("e")) == (4, 1)
    assert source.position(len(text)) == (4, 2)


LINES = """\
a = (
  1,  # )

  2)
# alone
x = '''
'''; y = [
]

z = 1 + \\
  2
"""


@pytest.mark.parametrize(
    ("line", "logical"),
    [
        (1, (1, 4)),
        (3, (1, 4)),
        (4, (1, 4)),
        (5, (5, 5)),
        (6, (6, 8)),
        (8, (6, 8)),
        (9, (9, 9)),
        (10, (10, 11)),
        (11, (10, 11)),
    ],
)
def test_a_logical_line_holds_brackets_backslashes_and_long_strings(line: int, logical: tuple[int, int]) -> None:
    source = SourceText(LINES)
    offset = sum(len(source.line(number)) + 1 for number in range(1, line))
    assert source.position(offset) == (line, 1)
    assert source.logical_line(offset) == logical


def test_places_in_an_empty_text_are_its_beginning() -> None:
    source = SourceText("")
    assert source.position(0) == (1, 1)
    assert source.logical_line(0) == (1, 1)
    for extent in Extent:
        assert source.extent(0, extent) == (0, 0)
