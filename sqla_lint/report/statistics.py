"""Findings counted by rule instead of listed."""

from __future__ import annotations

import json
from collections import Counter

from sqla_lint.model import Report
from sqla_lint.report.json import about, errors
from sqla_lint.report.summary import summary


def as_text(report: Report) -> str:
    """A line for each rule, the most frequent first, and the summary."""
    lines = [f"{count:>6}  {code}  {name}" for code, name, count in _counts(report)]
    return "\n".join([*lines, summary(report)]) + "\n"


def as_json(report: Report) -> str:
    """The same for programs, beside what every JSON report begins with."""
    rules = [{"code": code, "name": name, "findings": count} for code, name, count in _counts(report)]
    return json.dumps({**about(report), "statistics": rules, "errors": errors(report)}, indent=2) + "\n"


def _counts(report: Report) -> list[tuple[str, str, int]]:
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    return [(*rule, count) for rule, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))]
