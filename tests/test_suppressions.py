from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from sqla_lint.config import Settings
from sqla_lint.model import Confidence, Report
from tests.runs import Said, check

ADD = Said("a", "commit")


class Runner:
    """Runs one file `a.py` in which `commit` is claimed to be wrong."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self._root = root
        self._monkeypatch = monkeypatch

    def __call__(
        self, text: str, said: Iterable[Said] = (ADD,), settings: Settings | None = None, **files: str
    ) -> list[str]:
        return said_by(self.report(text, said, settings, **files))

    def report(
        self, text: str, said: Iterable[Said] = (ADD,), settings: Settings | None = None, **files: str
    ) -> Report:
        sources = {"a.py": text} | {f"{name}.py": source for name, source in files.items()}
        return check(self._monkeypatch, self._root, sources, said, settings)


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch)


def said_by(report: Report) -> list[str]:
    return [f"{finding.place.line} {finding.name}" for finding in report.findings]


def test_without_a_comment_the_finding_stands(names: Runner) -> None:
    assert names("s.commit()\n") == ["1 commit-in-repository"]


@pytest.mark.parametrize(
    "comment",
    [
        "# sqla: ignore[commit-in-repository] nightly import",
        "# sqla: ignore[SQA201]",
        "#sqla:ignore[SQA201]",
        "# sqla: ignore[SQA201 ]",
        "# noqa: SQA201",
        "# noqa: E501, SQA201",
        "# noqa: E501,SQA201 nightly import",
        "# NOQA:SQA201",
        "# type: ignore # sqla: ignore[SQA201] nightly import",
        "# noqa: E501  # sqla: fixme[SQA201] until 2027-01-31",
    ],
)
def test_a_comment_on_the_line_hides(names: Runner, comment: str) -> None:
    report = names.report(f"s.commit()  {comment}\n")
    assert said_by(report) == []
    assert report.suppressed == 1


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: E501", "# noqa : SQA201x", "# sqla says hello", "# sqla: a note"]
)
def test_a_comment_that_names_no_rule_of_ours_hides_nothing(names: Runner, comment: str) -> None:
    assert names(f"s.commit()  {comment}\n") == ["1 commit-in-repository"]


def test_a_comment_covers_the_whole_logical_line(names: Runner) -> None:
    assert names("f(\n    s.commit(),\n    1,\n)  # sqla: ignore[SQA201]\n") == []
    assert names("f(  # sqla: ignore[SQA201]\n    1,\n    s.commit(),\n)\n") == []


def test_a_comment_alone_covers_the_next_logical_line(names: Runner) -> None:
    assert names("# sqla: ignore[SQA201] why\n\n# more\nf(\n    s.commit(),\n)\n") == []
    assert names("# sqla: ignore[SQA201]\nx = 1\ns.commit()\n") == ["1 unused-suppression", "3 commit-in-repository"]


def test_a_comment_alone_inside_a_call_covers_the_call(names: Runner) -> None:
    assert names("f(\n    # sqla: ignore[SQA201] why\n    s.commit(),\n)\n") == []


def test_a_comment_hides_its_rule_and_no_other(names: Runner) -> None:
    said = [ADD, Said("a", "commit", "SQA202")]
    assert names("s.commit()  # sqla: ignore[SQA202]\n", said) == ["1 commit-in-repository"]
    assert names("s.commit()  # sqla: ignore[SQA202, SQA201]\n", said) == []


def test_disable_holds_until_enable(names: Runner) -> None:
    text = "# sqla: disable[SQA201] old code\ns.commit()\n# sqla: enable[SQA201]\ns.rollback()\n"
    assert names(text, [ADD, Said("a", "rollback")]) == ["4 commit-in-repository"]
    assert names("# sqla: disable[SQA201]\ns.commit()\ns.rollback()\n", [ADD, Said("a", "rollback")]) == []
    assert names("s.commit()\n# sqla: disable[SQA201]\ns.rollback()\n", [ADD, Said("a", "rollback")]) == [
        "1 commit-in-repository"
    ]


def test_file_ignore_holds_for_the_file_from_anywhere(names: Runner) -> None:
    assert names("s.commit()\n# sqla: file-ignore[SQA201] reviewed\n") == []


def test_a_comment_on_a_step_of_the_trace_hides(names: Runner) -> None:
    said = [Said("a", "commit", via=(("b", "place"),))]
    assert names("s.commit()\n", said, b="place()  # sqla: ignore[SQA201] only here\n") == []
    assert names("s.commit()\n", said, b="place()  # sqla: ignore[SQA202]\n") == [
        "1 commit-in-repository",
        "1 unused-suppression",
    ]
    assert "1 commit-in-repository" in names("s.commit()\n", said, b="# sqla: file-ignore[SQA201]\nplace()\n")


def test_a_comment_that_silences_nothing_is_told(names: Runner) -> None:
    report = names.report("x = 1  # sqla: ignore[SQA201, SQA202]\ns.commit()  # sqla: ignore[SQA201]\n")
    assert [finding.message for finding in report.findings] == [
        "`ignore[SQA201]` silences nothing",
        "`ignore[SQA202]` silences nothing",
    ]
    place = report.findings[1].place
    assert (place.line, place.column, place.end_column) == (1, 31, 37)


def test_an_enable_that_ends_nothing_is_told(names: Runner) -> None:
    assert names("# sqla: enable[SQA201]\n", []) == ["1 unused-suppression"]


def test_a_rule_that_did_not_run_makes_no_comment_unused(names: Runner) -> None:
    assert names("x = 1  # sqla: ignore[SQA204]\n", []) == []


def test_a_finding_below_the_confidence_still_uses_its_comment(names: Runner) -> None:
    said = [Said("a", "commit", confidence=Confidence.POSSIBLE)]
    assert names("s.commit()  # sqla: ignore[SQA201]\n", said) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# sqla: ignore[commit-in-repo]", "no rule is called `commit-in-repo`, did you mean `commit-in-repository`?"),
        ("# noqa: SQA999", "no rule is called `SQA999`"),
        ("# sqla: ignore[SQA2]", "no rule is called `SQA2`"),
        ("# sqla: ignore", "`ignore` names no rule"),
        ("# sqla: ignore[]", "`ignore` names no rule"),
        ("# sqla: ignroe[SQA201]", "`ignroe` is no kind of suppression, did you mean `ignore`?"),
    ],
)
def test_a_comment_that_cannot_be_understood_is_told(names: Runner, comment: str, message: str) -> None:
    report = names.report(f"x = 1  {comment}\n", [])
    assert [finding.name for finding in report.findings] == ["unknown-rule-in-suppression"]
    assert message in report.findings[0].message


def test_a_reason_is_asked_for_only_on_request(names: Runner) -> None:
    strict = Settings(require_reason=True)
    bare = "s.commit()  # sqla: ignore[SQA201]\n"
    assert names(bare) == []
    assert names(bare, settings=strict) == ["1 suppression-without-reason"]
    assert names("s.commit()  # sqla: ignore[SQA201] nightly\n", settings=strict) == []
    assert names("s.commit()  # noqa: SQA201\n", settings=strict) == ["1 suppression-without-reason"]
    assert names("s.commit()  # sqla: fixme[SQA201] until 2027-01-31\n", settings=strict) == [
        "1 suppression-without-reason"
    ]


def test_a_debt_expires_the_day_after(names: Runner) -> None:
    assert names("s.commit()  # sqla: fixme[SQA201] until 2026-12-01\n") == []
    assert names("s.commit()  # sqla: fixme[SQA201] later, until 2026-11-30\n") == ["1 expired-fixme"]
    assert names("s.commit()  # sqla: fixme[SQA201] until 2026-13-01\n") == ["1 expired-fixme"]


def test_comments_of_files_that_are_not_reported_are_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.py": "x = 1\n", "b.py": "x = 1  # sqla: ignore[nothing]\ny = 1  # sqla: ignore[SQA201]\n"}
    assert said_by(check(monkeypatch, tmp_path, files, paths=["a.py"])) == []


def test_the_complaints_can_be_silenced_themselves(names: Runner) -> None:
    text = "# sqla: file-ignore[unused-suppression] kept for the example\nx = 1  # sqla: ignore[SQA201]\n"
    assert names(text, []) == []


def test_comment_marks_in_strings_are_text(names: Runner) -> None:
    assert names('s.commit("# sqla: ignore[SQA201]")\n') == ["1 commit-in-repository"]
