"""The last line of a report for readers."""

from __future__ import annotations

from collections import Counter

from sqla_lint.model import Report, Severity


def summary(report: Report) -> str:
    """How many findings of which severity, in how many files."""
    files = counted(report.files, "file")
    hidden = f", {report.suppressed} suppressed" if report.suppressed else ""
    if not report.findings:
        return f"no findings in {files}{hidden}"
    by = Counter(finding.severity for finding in report.findings)
    kinds = ", ".join(counted(by[s], s.value) if s is not Severity.INFO else f"{by[s]} info" for s in Severity if by[s])
    places = len({finding.place.path for finding in report.findings})
    return f"{counted(len(report.findings), 'finding')} ({kinds}) in {places} of {files}{hidden}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
