"""The last line of a report for readers."""

from __future__ import annotations

from collections import Counter

from sqla_lint.model import Report, Severity


def summary(report: Report) -> str:
    """How many findings of which severity, in how many files."""
    files = counted(report.files, "file")
    hidden = f", {report.suppressed} suppressed" if report.suppressed else ""
    hidden += f", {report.known} known before" if report.known else ""
    fixed = f"{report.fixed} fixed; " if report.fixed else ""
    hidden += _fixable(report)
    if not report.findings:
        return f"{fixed}no findings in {files}{hidden}"
    by = Counter(finding.severity for finding in report.findings)
    kinds = ", ".join(counted(by[s], s.value) if s is not Severity.INFO else f"{by[s]} info" for s in Severity if by[s])
    places = len({finding.place.path for finding in report.findings})
    return f"{fixed}{counted(len(report.findings), 'finding')} ({kinds}) in {places} of {files}{hidden}"


def _fixable(report: Report) -> str:
    """What `--fix` could do, and what it could do with `--unsafe-fixes`."""
    safe = [one.fix.safe for one in report.findings if one.fix is not None]
    parts = [f"{safe.count(True)} by --fix"] if True in safe else []
    parts += [f"{safe.count(False)} by --fix --unsafe-fixes"] if False in safe else []
    return f"; fixable: {', '.join(parts)}" if parts else ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
