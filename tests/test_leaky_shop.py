"""The sample application: every defect that was put into it is found, nothing else, and the report stays as it is."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine.run import check
from sqla_lint.model import Confidence, Finding, Report
from sqla_lint.project.reading.reading import Reading
from sqla_lint.project.summary import Summary
from sqla_lint.report import concise

PROJECTS = Path(__file__).parent.parent / "fixtures" / "projects"
LEAKY = PROJECTS / "leaky_shop"


@pytest.fixture(scope="module")
def report() -> Report:
    return check(LEAKY, [LEAKY], Settings())


def _defects() -> list[tuple[str, str]]:
    with (LEAKY / "DEFECTS.tsv").open(encoding="utf-8") as file:
        return [(row["rule"], row["symbol"]) for row in csv.DictReader(file, delimiter="\t")]


def _named(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.symbol


def test_every_defect_of_the_sample_is_found(report: Report) -> None:
    assert set(_defects()) <= {_named(finding) for finding in report.findings}


def test_nothing_else_is_found_in_the_sample(report: Report) -> None:
    assert {_named(finding) for finding in report.findings} <= set(_defects())


def test_the_sample_report_is_the_golden_one(report: Report) -> None:
    assert concise.render(report) == (LEAKY / "REPORT.txt").read_text(encoding="utf-8")


def test_a_finding_that_spans_functions_names_itself_in_its_trace(report: Report) -> None:
    traced = [finding for finding in report.findings if finding.trace]
    assert traced
    assert all(sum(step.main for step in finding.trace) == 1 for finding in traced)


def test_the_clean_shop_is_silent_down_to_possible() -> None:
    settings = Settings(min_confidence=Confidence.POSSIBLE)
    assert check(PROJECTS / "clean_shop", [PROJECTS / "clean_shop"], settings).findings == ()


def test_a_function_that_cannot_be_understood_makes_the_run_untrustworthy(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reading.read

    def stumble(reading: Reading) -> Summary:
        if reading.unit.symbol.endswith("sales_by_category"):
            raise ValueError("stumbled")
        return read(reading)

    monkeypatch.setattr(Reading, "read", stumble)
    report = check(LEAKY, [LEAKY], Settings())
    assert [error.message for error in report.errors if "sales_by_category: ValueError: stumbled" in error.message]
    assert {_named(finding) for finding in report.findings} == {
        defect for defect in _defects() if not defect[1].endswith("sales_by_category")
    }


def _said(*words: str) -> str:
    command = [sys.executable, "-m", "sqla_lint", *words]
    done = subprocess.run(command, cwd=LEAKY, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_trace_tells_how_a_commit_is_reached() -> None:
    said = _said("trace", "src/leaky_shop/repositories/base.py:50")
    assert "leaky_shop.repositories.base.BaseRepository.save is repository" in said
    assert "self.session.commit(): commit on self.session (certain)" in said
    assert "reached by deactivate_customer > CustomerService.deactivate > BaseRepository.save" in said


def test_debug_summary_tells_under_which_flag_a_commit_stands() -> None:
    said = _said("debug", "summary", "src/leaky_shop/repositories/stock.py")
    assert "commit self.session if commit, itself (certain)" in said


def test_debug_types_tells_the_type_of_an_inherited_session() -> None:
    said = _said("debug", "types", "src/leaky_shop/reports/sales.py")
    assert "session: sqlalchemy.orm.Session" in said


def test_debug_layers_gives_the_evidence() -> None:
    said = _said("debug", "layers", "src/leaky_shop/repositories/base.py")
    assert "BaseRepository.save is repository" in said
    assert "takes a session" in said
