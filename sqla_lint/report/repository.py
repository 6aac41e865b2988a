"""Paths as hosts of code count them: from the top of the repository, wherever in it the project is."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.model import Finding, Fix, Place, Report


def from_top(report: Report, root: str) -> Report:
    """The report with `root`, the project's folder in its repository, before every path."""
    return replace(
        report,
        findings=tuple(_finding(finding, root) for finding in report.findings),
        errors=tuple(replace(error, path=error.path and f"{root}/{error.path}") for error in report.errors),
        sources={f"{root}/{path}": text for path, text in report.sources.items()},
    )


def _finding(finding: Finding, root: str) -> Finding:
    trace = tuple(replace(step, place=_place(step.place, root)) for step in finding.trace)
    return replace(finding, place=_place(finding.place, root), trace=trace, fix=_fix(finding.fix, root))


def _fix(fix: Fix | None, root: str) -> Fix | None:
    if fix is None:
        return None
    return replace(fix, edits=tuple(replace(edit, place=_place(edit.place, root)) for edit in fix.edits))


def _place(place: Place, root: str) -> Place:
    """`.` is the run itself, and stays."""
    return place if place.path == "." else replace(place, path=f"{root}/{place.path}")
