"""The code quality report of GitLab, for the widget of merge requests."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import blake2b

from sqla_lint.model import Finding, Report, Severity
from sqla_lint.report.plain import encodable

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report) -> str:
    """A list of findings, each with a fingerprint of its own: GitLab takes those with the same for one."""
    seen: Counter[str] = Counter()
    rows = []
    for finding in report.findings:
        rows.append(_row(finding, seen[finding.fingerprint]))
        seen[finding.fingerprint] += 1
    return json.dumps(rows, indent=1) + "\n"


def _row(finding: Finding, before: int) -> dict[str, object]:
    place = finding.place
    return {
        "description": encodable(f"{finding.name}: {finding.message}"),
        "check_name": finding.name,
        "fingerprint": _again(finding, before) if before else finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": encodable(place.path), "lines": {"begin": place.line, "end": place.end_line}},
    }


def _again(finding: Finding, before: int) -> str:
    """The fingerprint of a finding whose own stands in the report already, `before` times."""
    whole = "\0".join((finding.fingerprint, finding.place.path, str(before)))
    return f"{finding.fingerprint}:{blake2b(whole.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"
