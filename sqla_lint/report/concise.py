"""One line for each finding, for editors and for `grep`."""

from __future__ import annotations

from sqla_lint.model import Finding, Report
from sqla_lint.report.plain import printable
from sqla_lint.report.theme import Theme, theme
from sqla_lint.report.traces import via


def render(report: Report, *, colour: bool = False) -> str:
    """`path:line:col: name message [via a > b > c]`, a line for each finding."""
    paint = theme(colour)
    return "".join(f"{_line(finding, paint)}\n" for finding in report.findings)


def _line(finding: Finding, paint: Theme) -> str:
    place = finding.place
    where = f"{paint.strong}{printable(place.path)}{paint.off}:{place.line}:{place.column}:"
    name = f"{paint.of(finding.severity)}{finding.name}{paint.off}"
    return f"{where} {name} {printable(finding.message)}{via(finding)}"
