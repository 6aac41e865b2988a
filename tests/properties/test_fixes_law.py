"""A fix does not care about layout: whatever it is, the same tree comes out, and every comment stays."""

from __future__ import annotations

import ast
import io
import tempfile
import tokenize
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.config import Settings
from sqla_lint.engine.run import Whole, check_whole, read_project
from sqla_lint.fixes.files import mend
from sqla_lint.fixes.passes import mend_project
from sqla_lint.model import Change, Fix, Recipe, Report
from sqla_lint.syntax.decoding import decode
from tests.properties.applications import (
    INSIDE_BEGIN,
    LAYOUT_CHANGES,
    NOT_CLOSED,
    REPOSITORY,
    Pair,
    applications,
    reformatted,
    write,
)

GAPS = ("", " ", "  ", "\n", "\n        ", "  # a note, (with all\n      ", "\n\n  # another\n    ")
ANCHOR = "ANCHOR"


@st.composite
def laid(draw: st.DrawFn, words: Sequence[str]) -> str:
    """Words as one line of code, with any layout where brackets allow it."""
    text, depth = words[0], int(words[0] in "([{")
    for before, word in pairwise(words):
        needed = (before[-1].isalnum() or before[-1] == "_") and (word[0].isalnum() or word[0] == "_")
        gap = draw(st.sampled_from(GAPS if depth else GAPS[:3]))
        text += (gap or " ") if needed else gap
        text += word
        depth += (word in "([{") - (word in ")]}")
    return text


def placed(statement: str) -> str:
    """A statement, perhaps of several lines, in the middle of an asynchronous function."""
    return (
        f"# top\nasync def f(session, maker):\n    before()  # keeps\n    {statement}  # its own\n    after()\n# end\n"
    )


def mended(text: str, change: Change, *arguments: str, anchor: str = ANCHOR) -> str:
    """The text after a fix at the first name that is the anchor."""
    at = text.index(anchor)
    fix = Fix(Recipe(change, arguments=arguments), at)
    after, made = mend(text.encode(), [fix])
    assert made == (fix,)
    return after.decode()


def same_tree(text: str, expected: str) -> bool:
    return ast.dump(ast.parse(text)) == ast.dump(ast.parse(expected))


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


CALLS = (
    f"session . {ANCHOR} ( )",
    f"session . {ANCHOR} ( one , two = 2 , )",
    f"self . a [ 0 ] . {ANCHOR} ( * x , ** y )",
)
FRAMES = (
    "CALL",
    "x = CALL",
    "return CALL",
    "return ( CALL )",
    "x = CALL . first ( )",
    "x = ( CALL ) [ 0 ] . all ( )",
    "print ( CALL , CALL2 )",
    "x = [ y for y in CALL if y ]",
    "x = not CALL or - CALL2 ** 2",
    "assert ( CALL ) , 1",
    "x = f ( * CALL )",
)


def framed(frame: str, call: str) -> list[str]:
    return frame.replace("CALL2", "other ( )").replace("CALL", call).split()


@given(st.data(), st.sampled_from(FRAMES), st.sampled_from(CALLS))
def test_an_await_is_put_before_a_call_in_any_layout(data: st.DataObject, frame: str, call: str) -> None:
    text = placed(data.draw(laid(framed(frame, call))))
    after = mended(text, Change.ADD_AWAIT)
    assert same_tree(after, placed(" ".join(framed(frame, f"( await {call} )"))))
    assert comments(after) == comments(text)


@given(st.data(), st.sampled_from(FRAMES), st.sampled_from(CALLS))
def test_an_await_is_dropped_in_any_layout(data: st.DataObject, frame: str, call: str) -> None:
    text = placed(data.draw(laid(framed(frame, f"( await {call} )"))))
    after = mended(text, Change.DROP_AWAIT)
    assert same_tree(after, placed(" ".join(framed(frame, call))))
    assert comments(after) == comments(text)


@given(st.data(), st.sampled_from(FRAMES), st.sampled_from(CALLS))
def test_another_method_is_called_in_any_layout(data: st.DataObject, frame: str, call: str) -> None:
    text = placed(data.draw(laid(framed(frame, call))))
    after = mended(text, Change.CALL_INSTEAD, "flush")
    assert after == text.replace(ANCHOR, "flush")


ARGUMENTS = ("", "engine", "engine ,", "engine , a = 1", "( engine ) , a = ( 1 , 2 ) ,", "* x , ** y", "a = f ( b ) ,")


@given(st.data(), st.sampled_from(FRAMES), st.sampled_from(ARGUMENTS))
def test_a_keyword_is_added_in_any_layout(data: st.DataObject, frame: str, arguments: str) -> None:
    text = placed(data.draw(laid(framed(frame, f"maker . {ANCHOR} ( {arguments} )"))))
    after = mended(text, Change.SET_KEYWORD, "kept", "False")
    comma = "," if arguments and not arguments.endswith(",") else ""
    assert same_tree(after, placed(" ".join(framed(frame, f"maker . {ANCHOR} ( {arguments} {comma} kept = False )"))))
    assert comments(after) == comments(text)
    assert mended(after, Change.SET_KEYWORD, "kept", "False") == after


@given(st.data(), st.sampled_from(("True", "( True )", "f ( x , )", "lambda : 1")))
def test_a_keyword_is_replaced_in_any_layout(data: st.DataObject, value: str) -> None:
    text = placed(data.draw(laid(f"x = {ANCHOR} ( engine , kept = {value} , a = 1 )".split())))
    after = mended(text, Change.SET_KEYWORD, "kept", "False")
    assert same_tree(after, placed(f"x = {ANCHOR}(engine, kept=False, a=1)"))


STATEMENTS = (
    "CALL",
    "CALL ;",
    "a ( ) ; CALL",
    "CALL ; b ( )",
    "a ( ) ; CALL ; b ( )",
    "await CALL ; b ( ) ;",
    "( CALL )",
)


@given(st.data(), st.sampled_from(STATEMENTS), st.sampled_from(CALLS))
def test_a_statement_goes_and_its_neighbours_stay(data: st.DataObject, frame: str, call: str) -> None:
    text = placed(data.draw(laid(frame.replace("CALL", call).split())))
    after = mended(text, Change.DROP_STATEMENT)
    left = [word.replace("CALL", "").replace("await", "").strip("() ") for word in frame.split(";")]
    kept = "; ".join(f"{word}()" for word in left if word)
    assert same_tree(after, placed(kept) if kept else placed("").replace("      # its own\n", ""))


@given(st.data(), st.sampled_from(("with x :", "if x :", "for y in x :", "else")), st.booleans())
def test_a_block_never_becomes_empty(data: st.DataObject, head: str, own_line: bool) -> None:
    call = data.draw(laid(f"session . {ANCHOR} ( )".split()))
    start = "if x: a()\n    else:" if head == "else" else data.draw(laid(head.split()))
    text = placed(f"{start}\n        {call}" if own_line else f"{start} {call}")
    after = mended(text, Change.DROP_STATEMENT)
    assert same_tree(after, placed(f"{start} pass"))


LOOPS = (
    ("for x in y :", "  session . add ( x )", "  CALL"),
    ("for x in y :", "  CALL", "  if x : continue", "  # inside", "  other ( )"),
    ("for x in y :", "  if x :", "    CALL", "    break", "else :", "  other ( )"),
)


@given(st.data(), st.sampled_from(LOOPS), st.booleans(), st.booleans())
def test_a_call_is_made_after_the_loop(data: st.DataObject, loop: Sequence[str], awaited: bool, last: bool) -> None:
    call = "await " * awaited + f"session.{ANCHOR}()"
    rows = [row.replace("CALL", call) for row in loop]
    drawn = [row if row.lstrip()[0] in "#e" or ANCHOR in row else data.draw(written(row)) for row in rows]
    end = "" if last else "\n\n    # after\n    after()\n"
    text = "async def f(session, y):\n" + "\n".join(f"    {row}" for row in drawn) + end
    expected = "async def f(session, y):\n" + "\n".join(f"    {row}" for row in rows).replace(ANCHOR, "flush")
    after = mended(text, Change.CALL_AFTER_LOOP, "flush")
    assert same_tree(after, f"{expected}\n    {call}{end}")
    assert comments(after) == comments(text)


BODIES = (
    ("session . add ( x )",),
    ("if a :", "  session . add ( x )", "else : pass", "session . commit ( )"),
    ("x = '''\n one\n  two''' + f'''\n{session . get ( 1 )}\n'''", "session . commit ( )"),
    ("for x in y :", "  # inside", "  session . add ( x )", "# between", "return 1"),
    ("try :", "  session . add ( x )", "finally :", "  session . close ( )"),
)


@given(st.data(), st.sampled_from(BODIES), st.sampled_from(("", "engine", "engine , a = 1 ,")))
def test_a_block_is_put_around_what_follows(data: st.DataObject, body: Sequence[str], arguments: str) -> None:
    opened = data.draw(laid(f"session = ( {ANCHOR} ( {arguments} ) )".split()))
    rows = [row if row.lstrip()[0] in "#xt" else data.draw(written(row)) for row in body]
    text = (
        "def f(y, a):\n    before()\n    "
        + opened
        + "  # opens\n"
        + "".join(f"    {row}\n" for row in rows)
        + "\n\nx = 1\n"
    )
    expected = f"def f(y, a):\n    before()\n    with {ANCHOR}({arguments}) as session:\n"
    expected += "".join(f"        {row}\n" for row in body) + "\n\nx = 1\n"
    after = mended(text, Change.OPEN_IN_WITH, "with")
    assert same_tree(after, expected)
    assert comments(after) == comments(text)


@st.composite
def written(draw: st.DrawFn, row: str) -> str:
    """A row with any layout, its indentation apart."""
    return row[: len(row) - len(row.lstrip())] + draw(laid(row.split()))


@given(st.data(), st.sampled_from(CALLS), st.sampled_from(("", " as s", " as ( a , b )")))
def test_a_block_is_entered_asynchronously(data: st.DataObject, call: str, name: str) -> None:
    head = data.draw(laid(f"with {call}{name} :".split()))
    text = placed(f"{head}\n        inside()")
    assert mended(text, Change.ENTER_ASYNC) == text.replace("with", "async with", 1)


CONDITIONS = (
    (f"{ANCHOR} . x is None", f"{ANCHOR} . x . is_ ( None )", ""),
    (f"{ANCHOR} . x is not ( y )", f"{ANCHOR} . x != ( y )", ""),
    (f"{ANCHOR} . x [ 0 ] not in [ 1 , 2 ]", f"{ANCHOR} . x [ 0 ] . not_in ( [ 1 , 2 ] )", ""),
    (f"not {ANCHOR} . x", f"~ {ANCHOR} . x", ""),
    (f"not {ANCHOR} . x == 1", f"~ ( {ANCHOR} . x == 1 )", ""),
    (f"{ANCHOR} . x == 1 and B . y ( 2 )", f"and_ ( {ANCHOR} . x == 1 , B . y ( 2 ) )", "and_"),
    (f"( {ANCHOR} . x ) and not B . y and ( c )", f"and_ ( {ANCHOR} . x , ~ B . y , c )", "and_"),
    (f"not ( {ANCHOR} . x is None or b == 1 )", f"~ or_ ( {ANCHOR} . x . is_ ( None ) , b == 1 )", "or_"),
    (f"{ANCHOR} . x or ( b or c )", f"or_ ( {ANCHOR} . x , or_ ( b , c ) )", "or_"),
)
AROUND = ("q . where ( CALL )", "x = [ CALL , 1 ]", "return q . where ( ( CALL ) | d )", "x = ( CALL )")


def operator_of(python: str) -> str:
    if python.startswith("not "):
        return "not"
    return next(word for word in ("is not", "not in", "and", "or", "is") if f" {word} " in python)


@given(st.data(), st.sampled_from(AROUND), st.sampled_from(CONDITIONS))
def test_a_condition_is_said_in_sql_in_any_layout(
    data: st.DataObject, frame: str, condition: tuple[str, str, str]
) -> None:
    python, sql, needed = condition
    text = placed(data.draw(laid(framed(frame, python))))
    fix = Fix(Recipe(Change.SAY_IN_SQL, arguments=(operator_of(python),)), text.index(ANCHOR))
    after, made = mend(text.encode(), [fix])
    if not made:
        assert len(comments(text)) > len(comments(placed("x")))
        return
    imported = f"from sqlalchemy import {needed}\n" if needed else ""
    assert same_tree(after.decode(), imported + placed(" ".join(framed(frame, sql))))
    assert comments(after.decode()) == comments(text)


@given(st.data(), st.sampled_from(FRAMES), st.sampled_from(("'a'", "'a' 'b' , { 'c' : 1 }", "( a ) , b = c ,")))
def test_an_argument_is_wrapped_in_any_layout(data: st.DataObject, frame: str, arguments: str) -> None:
    first, comma, rest = arguments.partition(" , ")
    text = placed(data.draw(laid(framed(frame, f"session . {ANCHOR} ( {arguments} )"))))
    after = mended(text, Change.WRAP_ARGUMENT, "sqlalchemy", "text")
    wrapped = " ".join(framed(frame, f"session . {ANCHOR} ( text ( {first} ) {comma} {rest} )"))
    assert same_tree(after, f"from sqlalchemy import text\n{placed(wrapped)}")
    assert comments(after) == comments(text)


NAMES = ("SQA105", "SQA201", "commit-in-loop", "E501")


@given(
    st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=3, unique=True),
    st.data(),
    st.sampled_from(("ignore", "fixme", "disable", "file-ignore")),
    st.sampled_from(("", " a reason", " until 2030-01-01")),
    st.sampled_from(("", "# type: ignore ", "# noqa: E501  ")),
    st.sampled_from(("", "  # the end")),
    st.booleans(),
)
def test_a_name_leaves_its_comment_and_what_others_say_stays(
    names: list[str], data: st.DataObject, kind: str, reason: str, before: str, after: str, alone: bool
) -> None:
    comma = data.draw(st.sampled_from((",", ", ", " , ")))
    gone = data.draw(st.sampled_from(names))
    comment = f"{before}# sqla: {kind}[{comma.join(names)}]{reason}{after}"
    text = f"a()\n    {comment}\nb()\n" if alone else f"a()  {comment}\nb()\n"
    text = text.replace("\n    #", "\n#")
    rest = mended(text, Change.DROP_NAME, anchor=gone)
    left = [name for name in names if name != gone]
    assert same_tree(rest, "a()\nb()\n")
    assert rest.startswith("a()")
    assert rest.endswith("b()\n")
    assert gone not in rest
    assert all(name in rest for name in left)
    assert before.strip() in rest
    assert after.strip() in rest
    assert (reason.strip() in rest) if left or not reason else (reason not in rest)
    if not (left or before or after):
        assert rest == "a()\nb()\n"


MENDED = (NOT_CLOSED, INSIDE_BEGIN, REPOSITORY)
"""Rules of drawn applications that have fixes."""


def fixed(files: dict[str, str]) -> tuple[Report, Report, dict[str, str]]:
    """What is found in the files, what after all fixes, and the files that these change."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, files)
        whole = read_project(root, [root], Settings())

        def check(whole: Whole) -> Report:
            return check_whole(whole, Settings())

        before = check(whole)
        outcome = mend_project(whole, before, check, unsafe=True)
        again = mend_project(outcome.whole, outcome.report, check, unsafe=True)
        assert not again.files
        return before, outcome.report, {path: decode(data) for path, data in outcome.files.items()}


def said(report: Report) -> Counter[tuple[str, str]]:
    return Counter((one.name, one.symbol) for one in report.findings)


@given(applications(MENDED), st.sampled_from(sorted(LAYOUT_CHANGES)))
def test_an_application_is_fixed_in_any_layout(pair: Pair, change: str) -> None:
    before, after, files = fixed(pair.broken.files)
    assert not said(after) - said(before)
    assert len(after.findings) < len(before.findings) or not files
    changed = fixed(reformatted(pair.broken.files, change))
    assert said(changed[1]) == said(after)
    assert changed[2].keys() == files.keys()
    for path, text in files.items():
        assert same_tree(changed[2][path], text)
