"""The registry, and what holds for every format."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

import sqla_lint.report
from sqla_lint.model import Place, Report, RunError
from sqla_lint.report.formats import FORMATS, render
from tests.findings_by_hand import FINDING, REPORT

ERRORS = (RunError("", "the rule `global-session` crashed: KeyError: 1"), RunError("gone.py", "no such file or folder"))
WHOLE = replace(REPORT, errors=ERRORS)


def test_every_reporter_is_registered() -> None:
    folder = Path(sqla_lint.report.__file__).parent
    found = {path.stem for path in folder.glob("*.py") if re.search(r"^def render\(", path.read_text("utf-8"), re.M)}
    assert found - {"formats"} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("report", [REPORT, WHOLE, Report(()), Report((), files=3, errors=ERRORS)])
def test_a_report_is_the_same_each_time_and_ends_its_last_line(name: str, report: Report) -> None:
    text = render(report, name)
    assert text == render(report, name)
    assert text.endswith("\n") or (text == "" and not report.findings)


@pytest.mark.parametrize("name", FORMATS)
def test_only_what_is_read_on_a_terminal_is_coloured(name: str) -> None:
    coloured = render(REPORT, name, colour=True)
    assert ("\x1b[" in coloured) == FORMATS[name].coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(REPORT, name)


@pytest.mark.parametrize("name", FORMATS)
def test_what_went_wrong_in_the_run_is_said_in_the_formats_that_say_so(name: str) -> None:
    text = render(WHOLE, name)
    assert all((error.message in text) == FORMATS[name].tells_errors for error in ERRORS)


@pytest.mark.parametrize("name", FORMATS)
def test_hosts_of_code_get_paths_from_the_top_of_the_repository(name: str) -> None:
    text = render(REPORT, name, root="services/shop")
    assert ("services/shop/app/repositories.py" in text) == FORMATS[name].hosted
    assert ("services/shop/app/deps.py" in text) == (FORMATS[name].hosted and name != "gitlab")
    assert not re.search(r"(?<!shop/)app/repositories.py", text) or not FORMATS[name].hosted


def test_grouped_says_each_path_once() -> None:
    place = replace(FINDING.place, line=112, column=3)
    other = replace(FINDING, place=Place("b.py", 1, 1, 1, 2), trace=())
    report = replace(REPORT, findings=(FINDING, replace(FINDING, place=place, trace=()), other))
    assert (
        render(report, "grouped")
        == """\
app/repositories.py
    8:15 error   commit-in-repository `self.session.commit()` ends a transaction that the caller opened \
[via get_session > create_order > OrderService.place > OrderRepository.add]
  112:3  error   commit-in-repository `self.session.commit()` ends a transaction that the caller opened

b.py
  1:1 error   commit-in-repository `self.session.commit()` ends a transaction that the caller opened

3 findings (3 errors) in 2 of 4 files, 1 suppressed
"""
    )


class TestAgent:
    def test_a_finding_is_three_lines_and_the_last_line_counts(self) -> None:
        assert (
            render(REPORT, "agent")
            == """\
app/repositories.py:8:15 error commit-in-repository (likely): \
`self.session.commit()` ends a transaction that the caller opened
  via app/deps.py:3 get_session > app/handlers.py:12 create_order > app/services.py:9 OrderService.place \
> app/repositories.py:8 OrderRepository.add
  help: flush here, commit in `OrderService.place`
1 finding (1 error) in 1 of 4 files, 1 suppressed
"""
        )

    def test_nothing_is_a_line_too(self) -> None:
        assert render(Report((), files=2), "agent") == "no findings in 2 files\n"

    def test_help_of_several_lines_is_one(self) -> None:
        report = replace(REPORT, findings=(replace(FINDING, help="flush\n  here", trace=()),))
        assert render(report, "agent").splitlines()[1] == "  help: flush here"

    def test_a_long_way_is_folded_and_says_nothing_twice(self) -> None:
        def step(line: int, symbol: str) -> sqla_lint.model.Step:
            return replace(FINDING.trace[0], place=Place("a.py", line, 1, line, 2), symbol=symbol)

        short = (step(1, "f"), step(1, "f"), step(2, "f"), step(2, "g"))
        long = tuple(step(line, f"f{line}") for line in range(1, 21))
        ways = [
            render(replace(REPORT, findings=(replace(FINDING, trace=trace),)), "agent").splitlines()[1]
            for trace in (short, long)
        ]
        assert ways == [
            "  via a.py:1 f > 2 f > 2 g",
            "  via a.py:1 f1 > 2 f2 > 3 f3 > 4 f4 > ... > 18 f18 > 19 f19 > 20 f20",
        ]


class TestJsonLines:
    def test_a_line_is_what_the_json_report_says_of_a_finding(self) -> None:
        report = replace(REPORT, findings=(FINDING, replace(FINDING, fingerprint="1:1")))
        rows = [json.loads(line) for line in render(report, "jsonl").splitlines()]
        assert rows == json.loads(render(report, "json"))["findings"]

    def test_errors_come_last(self) -> None:
        rows = [json.loads(line) for line in render(WHOLE, "jsonl").splitlines()]
        assert rows[1:] == [{"error": error.message, "path": error.path} for error in ERRORS]

    def test_nothing_is_no_line(self) -> None:
        assert render(Report((), files=2), "jsonl") == ""


def test_an_order_of_random_findings_is_kept() -> None:
    findings = [replace(FINDING, place=Place(f"f{n:02}.py", 1, 1, 1, 2), fingerprint=f"1:{n}") for n in range(20)]
    random.Random(7).shuffle(findings)
    report = replace(REPORT, findings=tuple(findings))
    for name in ("concise", "jsonl", "gitlab", "rdjson", "junit", "agent", "sarif"):
        text = render(report, name)
        firsts = [text.index(finding.place.path) for finding in findings]
        assert firsts == sorted(firsts)
