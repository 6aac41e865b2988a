"""The findings of each file under its name, for a look over a whole project."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqla_lint.model import Finding, Report
from sqla_lint.report.plain import printable
from sqla_lint.report.summary import summary
from sqla_lint.report.theme import Theme, theme
from sqla_lint.report.traces import via


def render(report: Report, *, colour: bool = False) -> str:
    """A path, `line:col severity name message [via a > b > c]` for each finding in it, and one line that sums up."""
    paint = theme(colour)
    blocks = [
        _file(path, list(findings), paint) for path, findings in groupby(report.findings, lambda one: one.place.path)
    ]
    return "\n".join([*blocks, f"{summary(report)}\n"])


def _file(path: str, findings: Sequence[Finding], paint: Theme) -> str:
    lines = max(len(str(finding.place.line)) for finding in findings)
    columns = max(len(str(finding.place.column)) for finding in findings)
    rows = []
    for finding in findings:
        place = finding.place
        where = f"{place.line:>{lines}}:{place.column:<{columns}}"
        severity = f"{paint.of(finding.severity)}{finding.severity.value:<7}{paint.off}"
        text = f"{finding.name} {printable(finding.message)}{via(finding)}"
        rows.append(f"  {paint.frame}{where}{paint.off} {severity} {text}\n")
    return "".join([f"{paint.strong}{printable(path)}{paint.off}\n", *rows])
