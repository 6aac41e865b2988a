"""A JSON object on each line, for programs that read as they go: the findings, then what went wrong in the run."""

from __future__ import annotations

import json

from sqla_lint.model import Report
from sqla_lint.report.json import as_object


def render(report: Report) -> str:
    """Findings have the fields they have in the JSON report; a line with `error` is about the run itself."""
    rows: list[dict[str, object]] = [as_object(finding) for finding in report.findings]
    rows += [{"error": error.message, "path": error.path} for error in report.errors]
    return "".join(f"{json.dumps(row)}\n" for row in rows)
