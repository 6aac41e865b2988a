"""The schema of `sqla-lint audit --format json`, from the types that it is made of and the schema of findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from sqla_lint.engine.audited import Audit
from sqla_lint.report.audit.json import VERSION

FINDINGS = Path(__file__).resolve().parent.parent.parent / "docs/findings.schema.json"
MEANS = {
    "rules": "Each rule that has findings: the worst first.",
    "causes": "Places where several findings, or several callers, go wrong; `findings` are indexes of the list below.",
    "paths": "Files with findings, the worst first.",
    "packages": "Folders with findings, the worst first.",
    "ownership": "Who opens, ends and holds transactions.",
    "unseen": "What the run could not see.",
    "silenced": "Suppressions that are at work.",
    "errors": "What makes the run itself untrustworthy; the exit code is then 2.",
    "budget": "How many connections the declared deployment may open; null where none is declared.",
}
"""The parts of an audit that are printed as they are."""
_COUNTS = ("files", "lines", "findings", "error", "warning", "info", "suppressed", "causes")


def audit_schema() -> dict[str, Any]:
    """What an audit prints for programs."""
    of_findings = json.loads(FINDINGS.read_text("utf-8"))
    hints = get_type_hints(Audit)
    parts, types = msgspec.json.schema_components([hints[key] for key in MEANS], ref_template="#/$defs/{name}")
    _with_state(types["Server"])
    finding = of_findings["$defs"]["finding"]
    text = {"type": "string"}
    texts = {"legs": {"type": "array", "items": text}, "why": text, "help": text}
    finding = {
        **finding,
        "required": [*finding["required"], *texts],
        "properties": {**finding["properties"], **texts},
    }
    properties = {
        "version": {"description": "The version of this shape.", "const": VERSION},
        "tool": of_findings["properties"]["tool"],
        "project": {"description": "The folder's name.", "type": "string"},
        "requires": {
            "description": "What the project says of the versions of its libraries.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "summary": _strict(
            {
                **{key: {"$ref": "#/$defs/count"} for key in _COUNTS},
                "resolved": {
                    "description": "The share of calls on sessions that are known as such.",
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                },
            }
        ),
        **{key: {"description": means, **part} for (key, means), part in zip(MEANS.items(), parts, strict=True)},
        "next": {
            "description": "Commands to go on with.",
            "type": "array",
            "items": _strict({"command": {"type": "string"}, "why": {"type": "string"}}),
        },
        "findings": {
            "description": "As `check --format json` has them, with the callers that reach each.",
            "type": "array",
            "items": {"$ref": "#/$defs/finding"},
        },
    }
    return {
        "$schema": of_findings["$schema"],
        "title": "Audit of sqla-lint",
        "description": "What `sqla-lint audit --format json` prints. " + of_findings["description"].partition(". ")[2],
        **_strict(properties),
        "$defs": {
            **{name: _bare(one) for name, one in sorted(types.items())},
            **of_findings["$defs"],
            "finding": finding,
        },
    }


def _with_state(server: dict[str, Any]) -> None:
    """A server is printed with what comes of its figures."""
    server["properties"]["state"] = {"description": "How they compare.", "type": "string"}


def schema_text() -> str:
    """The schema as it is stored."""
    return json.dumps(audit_schema(), indent=2) + "\n"


def _strict(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


def _bare(one: dict[str, Any]) -> dict[str, Any]:
    """A type as the audit prints it: all of its fields, and no others."""
    if "properties" not in one:
        return {key: value for key, value in one.items() if key != "title"}
    properties = {
        name: {key: value for key, value in inner.items() if key != "default"}
        for name, inner in one["properties"].items()
    }
    told = " ".join(one.get("description", "").split())
    return {**({"description": told} if told.endswith(".") else {}), **_strict(properties)}
