"""One line for each finding, for editors and for `grep`."""

from __future__ import annotations

from itertools import groupby

from sqla_lint.model import Finding, Report
from sqla_lint.report.plain import printable, short


def render(report: Report) -> str:
    """`path:line:col: name message [via a > b > c]`, a line for each finding."""
    return "".join(f"{_line(finding)}\n" for finding in report.findings)


def _line(finding: Finding) -> str:
    place = finding.place
    symbols = [symbol for symbol, _ in groupby(short(step.symbol, step.place.path) for step in finding.trace)]
    via = f" [via {' > '.join(symbols)}]" if symbols else ""
    return printable(f"{place.path}:{place.line}:{place.column}: {finding.name} {finding.message}{via}")
