from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest

from sqla_lint.engine.run import load_catalogue
from sqla_lint.model import Confidence, Finding, Place, Report, RunError, Severity
from sqla_lint.report import sarif
from tests.findings_by_hand import FINDING, REPORT, step

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(report: Report) -> Any:
    """The one run of the valid file that a report becomes."""
    whole = json.loads(sarif.render(report))
    VALIDATOR.validate(whole)
    (run,) = whole["runs"]
    return run


def findings(*severities: Severity) -> tuple[Finding, ...]:
    return tuple(
        replace(FINDING, place=Place(f"m{n}.py", 1, 1, 1, 2), severity=severity, trace=())
        for n, severity in enumerate(severities)
    )


def test_a_finding_has_its_rule_its_place_and_its_trace() -> None:
    run = run_of(REPORT)
    (rule,) = run["tool"]["driver"]["rules"]
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert (rule["id"], rule["name"]) == ("SQA201", "commit-in-repository")
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("SQA201", 0, "error")
    assert result["partialFingerprints"] == {"sqlaLint/v1": FINDING.fingerprint}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "app/repositories.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 8, "startColumn": 15, "endLine": 8, "endColumn": 36},
            },
            "logicalLocations": [{"fullyQualifiedName": "app.repositories.OrderRepository.add"}],
        }
    ]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [one["location"]["message"]["text"] for one in steps] == [step.text for step in FINDING.trace]
    assert [one["importance"] for one in steps] == ["important", "important", "important", "essential"]
    assert [one["id"] for one in result["relatedLocations"]] == [1]
    assert result["message"]["text"].splitlines() == [
        FINDING.message,
        f"why: {FINDING.why}",
        "it starts here: [`session.begin()` opens the transaction](1)",
        f"note: {FINDING.because[0]}",
        f"help: {FINDING.help}",
    ]


def test_a_finding_with_nothing_to_add_is_valid() -> None:
    bare = Finding(
        "SQA101", "global-session", Place("a.py", 1, 1, 1, 8), "", "m", Severity.INFO, Confidence.LIKELY, "1:"
    )
    (result,) = run_of(Report((bare,)))["results"]
    assert "codeFlows" not in result
    assert result["level"] == "note"


@pytest.mark.parametrize("rule", load_catalogue().rules, ids=lambda rule: str(rule.name))
def test_every_rule_has_what_code_scanning_asks_for(rule: Any) -> None:
    run = run_of(Report((replace(FINDING, code=rule.code, name=rule.name),)))
    (shown,) = run["tool"]["driver"]["rules"]
    assert shown["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert 0 < len(shown["shortDescription"]["text"]) <= 100
    assert 60 < len(shown["fullDescription"]["text"]) <= 1024
    help_ = shown["help"]["markdown"]
    assert shown["help"]["text"] == help_
    assert help_.startswith(shown["fullDescription"]["text"][:40])
    assert "## When to turn it off\n" in help_
    assert ".md)" not in help_
    assert "# error:" not in help_
    assert len(help_) < 4000
    assert len(shown["properties"]["tags"]) <= 10


def test_a_rule_is_as_precise_as_the_least_sure_of_its_findings() -> None:
    sure = [replace(FINDING, confidence=confidence) for confidence in Confidence]
    precisions = [
        run_of(Report(tuple(chosen)))["tool"]["driver"]["rules"][0]["properties"]["precision"]
        for chosen in (sure, sure[1:], sure[2:])
    ]
    assert precisions == ["medium", "high", "very-high"]


def test_only_rules_that_found_something_are_listed_and_each_once() -> None:
    other = replace(FINDING, code="SQA101", name="global-session")
    run = run_of(Report((FINDING, other, FINDING)))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["SQA101", "SQA201"]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 1]


@pytest.mark.parametrize(("odd", "errors"), [("a b/ü%41#?:c\udcff.py", "surrogateescape"), ("\ud800", "surrogatepass")])
def test_paths_are_relative_references(odd: str, errors: str) -> None:
    run = run_of(Report((replace(FINDING, place=replace(FINDING.place, path=odd), trace=()),)))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote_to_bytes(uri) == odd.encode("utf-8", errors)


def test_errors_of_the_run_are_notifications() -> None:
    own = replace(FINDING, place=Place(".", 1, 1, 1, 1), code="SQA002", name="internal-error", trace=())
    report = Report((own,), errors=(RunError("", "a rule crashed"), RunError("gone.py", "no such file")))
    run = run_of(report)
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [note["message"]["text"] for note in invocation["toolExecutionNotifications"]] == [
        "a rule crashed",
        "no such file",
    ]
    assert run["results"] == []


def test_what_a_run_may_not_hold_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    info, warning, error = Severity.INFO, Severity.WARNING, Severity.ERROR
    run = run_of(Report(findings(info, warning, error, info, warning)))
    assert [result["level"] for result in run["results"]] == ["warning", "error", "warning"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "warning"
    assert note["message"]["text"].startswith("2 findings are left out")
    assert run["invocations"][0]["executionSuccessful"] is True


def test_the_end_of_an_endless_trace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_STEPS", 2)
    (result,) = run_of(REPORT)["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [one["location"]["message"]["text"] for one in steps] == [step.text for step in FINDING.trace[-2:]]


def test_brackets_in_a_message_make_no_link() -> None:
    trace = (step("a.py", 1, 1, "takes `x[0]`", "f"), FINDING.trace[-1])
    report = Report((replace(FINDING, message="`rows[0](1)` and `list[int]`", trace=trace),))
    text = run_of(report)["results"][0]["message"]["text"].splitlines()
    assert text[0] == r"`rows\[0](1)` and `list[int]`"
    assert text[2] == r"it starts here: [takes `x\[0\]`](1)"
