"""The audit for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.engine.audit import advice
from sqla_lint.engine.audited import Audit
from sqla_lint.model import Severity
from sqla_lint.report.json import as_object

VERSION = 1
"""Grows when a reader of the old shape would misread the new one."""


def render(audit: Audit) -> str:
    """The whole audit as JSON, the same bytes for the same audit."""
    return json.dumps(whole(audit), indent=2) + "\n"


def counts(audit: Audit) -> dict[str, object]:
    """The figures that stand for a run among others."""
    by = {severity.value: 0 for severity in Severity}
    for finding in audit.findings:
        by[finding.severity.value] += 1
    return {
        "files": audit.files,
        "lines": audit.lines,
        "findings": len(audit.findings),
        **by,
        "suppressed": audit.suppressed,
        "causes": len(audit.causes),
        "resolved": round(audit.unseen.resolved, 4),
    }


def _budget(audit: Audit) -> Mapping[str, object] | None:
    """What the deployment may open, with what comes of it; None where none is declared."""
    import msgspec

    if audit.budget is None:
        return None
    servers = [{**msgspec.to_builtins(one), "state": one.state} for one in audit.budget.servers]
    return {**msgspec.to_builtins(audit.budget), "servers": servers}


def whole(audit: Audit) -> Mapping[str, object]:
    """The audit as JSON has it."""
    import msgspec

    return {
        "version": VERSION,
        "tool": {"name": "sqla-lint", "distribution": DISTRIBUTION, "version": __version__},
        "project": audit.name,
        "requires": dict(audit.requires),
        "summary": counts(audit),
        **{
            key: msgspec.to_builtins(getattr(audit, key))
            for key in ("rules", "causes", "paths", "packages", "ownership", "unseen", "silenced", "errors")
        },
        "budget": _budget(audit),
        "next": [{"command": step.command, "why": step.why} for step in advice(audit)],
        "findings": [
            {**as_object(finding), "legs": list(finding.legs), "why": finding.why, "help": finding.help}
            for finding in audit.findings
        ],
    }
