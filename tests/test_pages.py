"""Every page is documentation, test and `explain` at once: each case must say exactly what its marks say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sqla_lint import config
from sqla_lint.config import Settings
from sqla_lint.engine.run import check, load_catalogue
from sqla_lint.model import Confidence, Finding, Place, Severity, Step
from tests.pages import ROOT, Case, Page, PageError, disagreements, extra_pages, pages, parse_page

PAGES = pages()
EXTRA = extra_pages()
LINTER = re.compile(r"SQA0\d\d")
UNPROVOKED = {"SQA002"}
"""Rules no code can provoke on purpose, so that their pages have no cases."""
SECTIONS = ("When it is fine", "When to turn it off")
SECTIONS_OF_PROVEN = ("Further reading", "Proof")
DOCUMENTATION = ("https://docs.sqlalchemy.org/", "https://alembic.sqlalchemy.org/")


def _cases(found: list[Page]) -> Iterator[tuple[Page, Case]]:
    for page in found:
        for case in page.cases:
            yield page, case


def _ids(cases: list[tuple[Page, Case]]) -> list[str]:
    return [f"{case.rule}: {case.heading}" for _, case in cases]


CASES = list(_cases([*PAGES, *EXTRA]))
RIGHT = [(page, case) for page, case in CASES if case.right]


def _settings(case: Case, root: Path, select: tuple[str, ...]) -> Settings:
    """The settings of a case, with the rules selected that the test asks about unless the case selects itself."""
    case.write(root)
    (root / config.OWN_FILE).write_text(case.settings, encoding="utf-8")
    settings = config.load([root]).settings
    return settings if settings.select != Settings().select else replace(settings, select=select, preview=True)


@pytest.mark.parametrize(("page", "case"), CASES, ids=_ids(CASES))
def test_a_case_says_what_its_marks_say(page: Page, case: Case, tmp_path: Path) -> None:
    select = ("default",) if LINTER.fullmatch(page.code) else (page.code,)
    settings = _settings(case, tmp_path, select)

    report = check(tmp_path, [tmp_path], settings)

    assert not report.errors
    told = disagreements(case, report.findings)
    assert not told, "\n" + "\n".join(told)


@pytest.mark.parametrize(("page", "case"), RIGHT, ids=_ids(RIGHT))
def test_a_right_case_is_silent_under_all_default_rules(page: Page, case: Case, tmp_path: Path) -> None:
    settings = _settings(case, tmp_path, ("default",))

    report = check(tmp_path, [tmp_path], settings)

    told = disagreements(case, report.findings)
    assert not told, "\n" + "\n".join(told)


@pytest.mark.parametrize("page", [*PAGES, *EXTRA], ids=lambda page: f"{page.name} in {page.path.parent.name}")
def test_a_page_is_titled_with_the_name_and_code_of_its_rule(page: Page) -> None:
    assert {rule.code: rule.name for rule in load_catalogue().rules}.get(page.code) == page.name
    stem = page.name.replace("-", "_")
    assert stem == (page.path.stem if page in PAGES else page.path.parent.name)


def test_every_rule_has_a_page() -> None:
    assert {rule.code for rule in load_catalogue().rules} == {page.code for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_begins_with_the_consequence(page: Page) -> None:
    paragraph = page.introduction.split("\n\n")[0]
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", " ".join(paragraph.split()))

    assert len(sentences) >= 2, "the first paragraph has the two sentences that name the consequence"
    assert not re.match(r"(?:this rule|the rule|checks|reports|detects)\b", sentences[0], re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_begins_with_a_wrong_case_and_has_a_right_one(page: Page) -> None:
    if page.code in UNPROVOKED:
        assert not page.cases
        return
    assert not page.cases[0].right
    assert page.code in {mark.code for mark in page.cases[0].marks}
    assert any(case.right for case in page.cases)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_its_sections(page: Page) -> None:
    for section in SECTIONS if LINTER.fullmatch(page.code) else (*SECTIONS, *SECTIONS_OF_PROVEN):
        assert page.sections.get(section), section


@pytest.mark.parametrize(
    "page", [page for page in PAGES if not LINTER.fullmatch(page.code)], ids=lambda page: page.name
)
def test_a_page_links_the_documentation_and_names_a_proof_that_exists(page: Page) -> None:
    assert any(url in page.sections["Further reading"] for url in DOCUMENTATION)
    proof = re.search(r"`(tests/proofs/test_\w+\.py)`", page.sections["Proof"])
    assert proof is not None
    assert proof[1] == f"tests/proofs/test_{page.path.stem}.py"
    assert (ROOT / proof[1]).is_file()


@pytest.mark.parametrize(("page", "case"), CASES, ids=_ids(CASES))
def test_the_python_of_a_case_parses(page: Page, case: Case) -> None:
    if page.code == "SQA001" and not case.right:
        return
    for path, text in case.files.items():
        if path.endswith(".py"):
            ast.parse(text, path)


# The harness itself, run on pages and findings made here: it must fail when it should.

PAGE = """\
# some-rule (SQA999)

Things break. They stay broken.

## Wrong

`app/a.py`:
```python
open()
commit()  # error: SQA999 "commit" # trace: 2
```

`app/b.py`:
```python
a.run()  # trace: 1
```

## Right

```python
close()
```
"""


def _page(text: str = PAGE) -> Page:
    return parse_page(Path("some_rule.md"), text)


def _place(path: str, line: int) -> Place:
    return Place(path, line, 1, line, 2)


def _finding(
    path: str = "app/a.py", line: int = 2, code: str = "SQA999", message: str = "`commit()` too early"
) -> Finding:
    trace = (Step(_place("app/b.py", 1), "calls", "b"), Step(_place("app/a.py", 2), "commits", "a", main=True))
    place = _place(path, line)
    return Finding(code, "some-rule", place, "a", message, Severity.ERROR, Confidence.CERTAIN, "f", trace=trace)


def test_a_page_is_read_as_written() -> None:
    page = _page()

    assert (page.name, page.code) == ("some-rule", "SQA999")
    assert page.introduction == "Things break. They stay broken."
    assert [case.heading for case in page.cases] == ["Wrong", "Right"]
    assert page.case("Right").files == {"app/example.py": "close()\n"}


def test_marks_are_cut_off_before_the_linter_reads() -> None:
    assert _page().case("Wrong").files == {"app/a.py": "open()\ncommit()\n", "app/b.py": "a.run()\n"}


def test_a_comment_before_a_mark_stays() -> None:
    page = _page(PAGE.replace("close()", "close()  # sqla: ignore[x] why  # error: SQA999"))

    assert page.case("Right").files == {"app/example.py": "close()  # sqla: ignore[x] why\n"}


def test_agreement_is_silent() -> None:
    assert disagreements(_page().case("Wrong"), [_finding()]) == []
    assert disagreements(_page().case("Right"), []) == []


def test_a_mark_without_a_finding_is_told() -> None:
    told = disagreements(_page().case("Wrong"), [])

    assert told[0] == 'expected, not found: app/a.py:2 SQA999 "commit"'


def test_a_finding_without_a_mark_is_told() -> None:
    assert disagreements(_page().case("Right"), [_finding("app/example.py", 1)])


def test_two_findings_on_a_line_need_two_marks() -> None:
    twice = _page(PAGE.replace("# trace: 2", "# error: SQA999 # trace: 2"))

    assert disagreements(_page().case("Wrong"), [_finding(), _finding()])
    assert not disagreements(twice.case("Wrong"), [_finding(message="other"), _finding()])
    assert disagreements(twice.case("Wrong"), [_finding()])


@pytest.mark.parametrize(
    "finding",
    [
        _finding(path="app/b.py"),
        _finding(line=1),
        _finding(code="SQA998"),
        _finding(message="`rollback()` too early"),
    ],
    ids=["path", "line", "code", "text"],
)
def test_path_line_code_and_text_must_all_agree(finding: Finding) -> None:
    assert len(disagreements(_page().case("Wrong"), [finding])) == 2


def test_a_step_that_lands_elsewhere_is_told() -> None:
    swapped = replace(_finding(), trace=_finding().trace[::-1])

    assert "expected, not found: app/b.py:1 step 1 of the trace" in disagreements(_page().case("Wrong"), [swapped])
    assert disagreements(_page().case("Wrong"), [replace(_finding(), trace=())])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# some-rule (SQA999)", "# Some rule"),
        ('SQA999 "commit"', "SQA999 commit"),
        ("# trace: 2", "# trace: two"),
        ("`app/b.py`:\n", "`app/a.py`:\n"),
        ("`app/b.py`:\n```python", "`app/b.py`:\n\nand then\n\n```python"),
        ("## Right", "## Wrong"),
        ("close()\n```\n", "close()\n"),
    ],
    ids=["title", "text without quotes", "step", "path twice", "path without block", "heading twice", "open block"],
)
def test_a_page_that_is_written_wrongly_is_refused(old: str, new: str) -> None:
    assert old in PAGE
    with pytest.raises(PageError):
        _page(PAGE.replace(old, new))


def test_a_proof_cannot_name_a_heading_that_is_gone() -> None:
    with pytest.raises(PageError):
        _page().case("Long gone")
