"""Workflow commands, which GitHub Actions shows as annotations beside the code."""

from __future__ import annotations

from sqla_lint.model import Finding, Report, Severity
from sqla_lint.report.plain import printable
from sqla_lint.report.ranked import weightiest_first
from sqla_lint.report.traces import details

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """A command on each line, what matters most first: of each kind GitHub shows ten for a step."""
    errors = [f"::error title=sqla-lint::{_data([_told(error.path, error.message)])}\n" for error in report.errors]
    return "".join([*errors, *map(_command, weightiest_first(report.findings))])


def _told(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def _command(finding: Finding) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(finding).items())
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data([finding.message, *details(finding)])}\n"


def _properties(finding: Finding) -> dict[str, str]:
    """Where and what. The runner takes columns only of what stands in one line."""
    place = finding.place
    title = {"title": f"{finding.name} ({finding.code})"}
    if place.path == ".":
        return title
    lines = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
    if place.line != place.end_line:
        return lines | title
    return lines | {"col": str(place.column), "endColumn": str(place.end_column)} | title


def _data(texts: list[str]) -> str:
    lines = [printable(line) for text in texts for line in text.split("\n")]
    return _escaped("\n".join(lines))


def _property(text: str) -> str:
    return printable(_escaped(text).replace(":", "%3A").replace(",", "%2C"))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
