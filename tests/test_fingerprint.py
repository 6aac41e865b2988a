from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.engine.fingerprint import fingerprint, normalise


@pytest.mark.parametrize(
    "source",
    [
        "f(a,b)",
        "f( a , b )",
        "f(\n    a,\n    b,\n)",
        "f(  # why\n    a,  # first\n    b\n)",
        "f(a, \\\n  b)",
    ],
)
def test_layout_does_not_change_the_normal_form(source: str) -> None:
    assert normalise(source) == "f(a,b)"


def test_words_stay_apart() -> None:
    assert normalise("not  a  in b") == "not a in b"
    assert normalise("nota") != normalise("not a")


def test_quotes_are_one() -> None:
    assert normalise("f('a')") == normalise('f("a")')
    assert normalise("""f('say "a"')""") == """f('say "a"')"""


def test_text_in_strings_is_kept() -> None:
    assert normalise('f("a  # b")') == 'f("a  # b")'


def test_each_part_matters() -> None:
    marks = {
        fingerprint("a", "s", "n", 0),
        fingerprint("b", "s", "n", 0),
        fingerprint("a", "t", "n", 0),
        fingerprint("a", "s", "m", 0),
        fingerprint("a", "s", "n", 1),
    }
    assert len(marks) == 5


def test_the_fingerprint_is_a_contract() -> None:
    mark = fingerprint("commit-in-repository", "Repo.add", "self.session.commit()", 0)
    assert mark == "1:a3ad12315d27eaae271abe3f60430b0c"


@given(st.text())
def test_any_text_has_a_normal_form_that_stays(source: str) -> None:
    once = normalise(source)
    assert len(once) <= len(source)
    fingerprint("a", "s", once, 0)


@given(st.lists(st.sampled_from(["a", "b", "(", ")", ",", ".", '"x"', "not", "1"]), max_size=12), st.data())
def test_blanks_between_tokens_do_not_matter(tokens: list[str], data: st.DataObject) -> None:
    gap = st.sampled_from([" ", "\n", "  # note\n", "\t"])
    loose = "".join(token + data.draw(gap) for token in tokens)
    assert normalise(loose) == normalise(" ".join(tokens))
