"""SARIF 2.1.0, for code scanning and for viewers of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from sqla_lint import __version__
from sqla_lint.engine.catalogue import Rule
from sqla_lint.engine.run import load_catalogue, page
from sqla_lint.model import Confidence, Finding, Fix, Place, Report, RunError, Severity, Step
from sqla_lint.report.plain import encodable
from sqla_lint.report.ranked import weightiest_first

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
MOST_RESULTS = 25_000
MOST_STEPS = 10_000
LONGEST_TEXT = 1024
"""What GitHub takes: results in a run, places in a trace, characters in a description."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_PRECISIONS = {Confidence.CERTAIN: "very-high", Confidence.LIKELY: "high", Confidence.POSSIBLE: "medium"}
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
"""A link from one page to another, which leads nowhere outside of them."""


def render(report: Report) -> str:
    """One run: the rules that found something, what they found, and what went wrong in the run itself."""
    placed = [finding for finding in report.findings if finding.place.path != "."]
    shown = placed if len(placed) <= MOST_RESULTS else _heaviest(placed)
    rules = _rules(shown)
    index = {str(rule["id"]): at for at, rule in enumerate(rules)}
    notes = [_notification("error", error) for error in report.errors]
    if len(shown) < len(placed):
        left = f"{len(placed) - len(shown)} findings are left out, the least of all: a run holds {MOST_RESULTS}"
        notes.append(_notification("warning", RunError("", left)))
    run = {
        "tool": {"driver": {"name": "sqla-lint", "semanticVersion": __version__, "rules": rules}},
        "invocations": [{"executionSuccessful": not report.errors, "toolExecutionNotifications": notes}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.code]) for finding in shown],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _heaviest(findings: Sequence[Finding]) -> list[Finding]:
    kept = set(map(id, weightiest_first(findings)[:MOST_RESULTS]))
    return [finding for finding in findings if id(finding) in kept]


def _rules(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Those that found something, by code; each as precise as the least sure of its findings."""
    surety: dict[str, Confidence] = {}
    for finding in findings:
        surety[finding.code] = min(finding.confidence, surety.get(finding.code, Confidence.CERTAIN))
    catalogue = load_catalogue()
    return [_rule(catalogue[code], surety[code]) for code in sorted(surety)]


def _rule(rule: Rule, confidence: Confidence) -> dict[str, object]:
    """A rule with the prose of its page. The examples stay there: they are many times as long."""
    about, *sections = _LINK.sub(r"\1", page(rule.code)).split("\n## ")
    about = about.partition("\n")[2].strip()
    first = " ".join(about.split("\n\n")[0].split())
    exceptions = [f"## {text.strip()}" for text in sections if text.startswith("When to turn it off\n")]
    whole = f"`sqla-lint rule {rule.name}` shows the whole page, with examples."
    prose = "\n\n".join([about, *exceptions, whole])
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.name.replace("-", " ").capitalize()},
        "fullDescription": {"text": _clipped(first)},
        "help": {"text": prose, "markdown": prose},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["sqlalchemy", rule.chapter],
            "precision": _PRECISIONS[confidence],
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _result(finding: Finding, rule: int) -> dict[str, object]:
    steps = finding.trace[-MOST_STEPS:]
    text = [_unlinked(finding.message)]
    text += [f"why: {_unlinked(finding.why)}"] if finding.why else []
    text += [f"it starts here: [{_label(steps[0].text)}](1)"] if len(steps) > 1 else []
    text += [f"note: {_unlinked(premise)}" for premise in finding.because]
    text += [f"help: {_unlinked(finding.help)}"] if finding.help else []
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": encodable("\n".join(text))},
        "locations": [_location(finding.place, finding.symbol)],
        "partialFingerprints": {"sqlaLint/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence.word},
    }
    if len(steps) > 1:
        first = {"id": 1, **_location(steps[0].place, steps[0].symbol), "message": {"text": encodable(steps[0].text)}}
        result["relatedLocations"] = [first]
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": list(map(_step, steps))}]}]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _fix(fix: Fix) -> dict[str, object]:
    changes = [
        {
            "artifactLocation": _artifact(edit.place.path),
            "replacements": [{"deletedRegion": _region(edit.place), "insertedContent": {"text": encodable(edit.text)}}],
        }
        for edit in fix.edits
    ]
    says = fix.recipe.change.value
    return {"description": {"text": says if fix.safe else f"{says}, then look"}, "artifactChanges": changes}


def _step(step: Step) -> dict[str, object]:
    location = {**_location(step.place, step.symbol), "message": {"text": encodable(step.text)}}
    return {"location": location, "importance": "essential" if step.main else "important"}


def _location(place: Place, symbol: str) -> dict[str, object]:
    physical = {"physicalLocation": {"artifactLocation": _artifact(place.path), "region": _region(place)}}
    return {**physical, "logicalLocations": [{"fullyQualifiedName": encodable(symbol)}]} if symbol else {**physical}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    try:
        name = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # Windows has names that are no text
        name = path.encode("utf-8", "surrogatepass")
    return {"uri": quote(name), "uriBaseId": ROOT}


def _notification(level: str, error: RunError) -> dict[str, object]:
    note: dict[str, object] = {"level": level, "message": {"text": encodable(error.message)}}
    if error.path:
        note["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(error.path)}}]
    return note


def _label(text: str) -> str:
    """Text as that of a link."""
    return re.sub(r"([\\\[\]])", r"\\\1", text)


def _unlinked(text: str) -> str:
    """Text in which nothing reads as a link."""
    return re.sub(r"\[(?=[^\]]*\]\()", r"\\[", text)
