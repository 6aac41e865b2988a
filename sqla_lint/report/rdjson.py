"""The Diagnostic Format of reviewdog, which comments on pull requests of any host."""

from __future__ import annotations

import json
import re

from sqla_lint.model import Finding, Place, Report, Severity
from sqla_lint.report.plain import encodable
from sqla_lint.report.traces import details

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report) -> str:
    """A `DiagnosticResult` in one object."""
    lines = _Lines(report.sources)
    whole = {
        "source": {"name": "sqla-lint"},
        "diagnostics": [_diagnostic(finding, lines) for finding in report.findings],
    }
    return json.dumps(whole, indent=1) + "\n"


class _Lines:
    """The lines of the sources, split when they are first asked for."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources
        self._lines: dict[str, list[str]] = {}

    def position(self, path: str, line: int, column: int) -> dict[str, int]:
        """A position as reviewdog counts: columns in bytes of UTF-8."""
        if path not in self._lines:
            self._lines[path] = re.split(r"\r\n|\r|\n", self._sources.get(path, ""))
        lines = self._lines[path]
        before = lines[line - 1][: column - 1] if line <= len(lines) else ""
        if not before.isascii():
            column += len(before.encode("utf-8", "surrogatepass")) - len(before)
        return {"line": line, "column": column}


def _diagnostic(finding: Finding, lines: _Lines) -> dict[str, object]:
    """The trace stands in the message: reviewdog refuses fields that its version does not know."""
    return {
        "message": encodable("\n".join([finding.message, *details(finding)])),
        "location": _location(finding.place, lines),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.name},
    }


def _location(place: Place, lines: _Lines) -> dict[str, object]:
    start = lines.position(place.path, place.line, place.column)
    end = lines.position(place.path, place.end_line, place.end_column)
    return {"path": encodable(place.path), "range": {"start": start, "end": end}}
