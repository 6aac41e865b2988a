"""The report for programs. Its shape is a contract: `docs/findings.schema.json`."""

from __future__ import annotations

import json
from collections import Counter

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.model import Edit, Finding, Fix, Place, Report, Severity, Step

VERSION = 1
"""Grows when a reader of the old shape would misread the new one."""


def render(report: Report) -> str:
    """The whole report as JSON, the same bytes for the same report."""
    whole = {**about(report), "findings": [as_object(finding) for finding in report.findings], "errors": errors(report)}
    return json.dumps(whole, indent=2) + "\n"


def about(report: Report) -> dict[str, object]:
    """What every JSON report begins with."""
    by = Counter(finding.severity for finding in report.findings)
    return {
        "version": VERSION,
        "tool": {"name": "sqla-lint", "distribution": DISTRIBUTION, "version": __version__},
        "summary": {
            "files": report.files,
            "findings": len(report.findings),
            "suppressed": report.suppressed,
            "known": report.known,
            "fixed": report.fixed,
            **{severity.value: by[severity] for severity in Severity},
        },
    }


def errors(report: Report) -> list[dict[str, str]]:
    """What makes the run itself untrustworthy."""
    return [{"path": error.path, "message": error.message} for error in report.errors]


def as_object(finding: Finding) -> dict[str, object]:
    """A finding as the schema describes it."""
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        **_range(finding.place),
        "severity": finding.severity.value,
        "confidence": finding.confidence.word,
        "symbol": finding.symbol,
        "because": list(finding.because),
        "trace": [_step(step) for step in finding.trace],
        "fix": _fix(finding.fix) if finding.fix is not None else None,
        "fingerprint": finding.fingerprint,
    }


def _step(step: Step) -> dict[str, object]:
    place = step.place
    return {"path": place.path, "line": place.line, "column": place.column, "message": step.text}


def _fix(fix: Fix) -> dict[str, object]:
    return {"safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, object]:
    return {**_range(edit.place), "text": edit.text}


def _range(place: Place) -> dict[str, object]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
