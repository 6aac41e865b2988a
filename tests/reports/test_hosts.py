"""What GitHub, GitLab, reviewdog and build servers are given."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import jsonschema

from sqla_lint.model import Confidence, Place, Report, RunError, Severity
from sqla_lint.report.formats import render
from tests.findings_by_hand import FINDING, REPORT
from tests.reports.commands import parse

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!/|\./)[\s\S]"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}
"""The fields that GitLab documents, and the one more that it takes from Code Climate's format."""

POSITION = {
    "type": "object",
    "required": ["line", "column"],
    "additionalProperties": False,
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
}
DIAGNOSTIC_RESULT = {
    "type": "object",
    "required": ["source", "diagnostics"],
    "additionalProperties": False,
    "properties": {
        "source": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}},
        },
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message", "location", "severity", "code"],
                "additionalProperties": False,
                "properties": {
                    "message": {"type": "string", "minLength": 1},
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": {
                        "type": "object",
                        "required": ["value"],
                        "additionalProperties": False,
                        "properties": {"value": {"type": "string"}},
                    },
                    "location": {
                        "type": "object",
                        "required": ["path", "range"],
                        "additionalProperties": False,
                        "properties": {
                            "path": {"type": "string", "minLength": 1},
                            "range": {
                                "type": "object",
                                "required": ["start", "end"],
                                "additionalProperties": False,
                                "properties": {"start": POSITION, "end": POSITION},
                            },
                        },
                    },
                },
            },
        },
    },
}
"""The fields of reviewdog's messages that all of its versions know: it refuses others."""


class TestGitHub:
    def test_a_command_says_where_and_what(self) -> None:
        assert render(REPORT, "github") == (
            "::error file=app/repositories.py,line=8,endLine=8,col=15,endColumn=36,title=commit-in-repository (SQA201)"
            "::`self.session.commit()` ends a transaction that the caller opened"
            "%0Awhy: the order is kept even when the rest of the request fails"
            "%0A1 app/deps.py:3:20 `session.begin()` opens the transaction"
            "%0A2 app/handlers.py:12:19 `create_order` calls `OrderService.place`"
            "%0A3 app/services.py:9:23 `OrderService.place` calls `OrderRepository.add`"
            "%0A4 app/repositories.py:8:15 commits"
            "%0Anote: `OrderService.orders` is declared, not seen to be made"
            "%0Ahelp: flush here, commit in `OrderService.place`\n"
        )

    def test_the_worst_and_surest_come_first_and_all_are_there(self) -> None:
        kinds = [(severity, sure) for severity in Severity for sure in Confidence]
        findings = [replace(FINDING, severity=s, confidence=c, message=f"{s.value} {c}") for s, c in reversed(kinds)]
        commands = [parse(line) for line in render(Report((*findings, *findings)), "github").splitlines()]
        order = [(command.name, command.message.split("\n")[0]) for command in commands]
        expected = [
            (name, f"{word} {sure}")
            for name, word in (("error", "error"), ("warning", "warning"), ("notice", "info"))
            for sure in (3, 3, 2, 2, 1, 1)
        ]
        assert order == expected

    def test_what_spans_lines_has_no_columns(self) -> None:
        """The runner refuses them there, and the annotation with them."""
        report = Report((replace(FINDING, place=Place("a.py", 3, 5, 4, 2)),))
        properties = parse(render(report, "github").rstrip("\n")).properties
        assert properties == {"file": "a.py", "line": "3", "endLine": "4", "title": "commit-in-repository (SQA201)"}

    def test_what_is_about_the_run_has_no_file(self) -> None:
        own = replace(FINDING, place=Place(".", 1, 1, 1, 1), name="internal-error", code="SQA002", trace=())
        report = Report((own,), errors=(RunError("", "crashed"), RunError("a.py", "cannot be read")))
        commands = [parse(line) for line in render(report, "github").splitlines()]
        assert [command.properties for command in commands] == [
            {"title": "sqla-lint"},
            {"title": "sqla-lint"},
            {"title": "internal-error (SQA002)"},
        ]
        assert [command.message for command in commands[:2]] == ["crashed", "a.py: cannot be read"]

    def test_names_with_marks_of_commands_survive(self) -> None:
        odd = "a,b:c=d%2C::e%.py"
        line = render(Report((replace(FINDING, place=replace(FINDING.place, path=odd)),)), "github").rstrip("\n")
        assert parse(line).properties["file"] == odd


class TestGitLab:
    def test_a_report_is_valid(self) -> None:
        rows = json.loads(render(REPORT, "gitlab"))
        jsonschema.validate(rows, CODE_QUALITY)
        assert rows == [
            {
                "description": (
                    "commit-in-repository: `self.session.commit()` ends a transaction that the caller opened"
                ),
                "check_name": "commit-in-repository",
                "fingerprint": FINDING.fingerprint,
                "severity": "critical",
                "location": {"path": "app/repositories.py", "lines": {"begin": 8, "end": 8}},
            }
        ]

    def test_nothing_is_an_empty_list(self) -> None:
        assert json.loads(render(Report((), files=1), "gitlab")) == []

    def test_no_fingerprint_stands_there_twice(self) -> None:
        twice = [replace(FINDING, place=replace(FINDING.place, path=path)) for path in ("a.py", "a.py", "b.py")]
        rows = json.loads(render(Report(tuple(twice)), "gitlab"))
        marks = [row["fingerprint"] for row in rows]
        assert len(set(marks)) == 3
        assert marks[0] == FINDING.fingerprint
        assert all(mark.startswith(FINDING.fingerprint) for mark in marks)

    def test_severities_are_told_apart(self) -> None:
        rows = json.loads(render(Report(tuple(replace(FINDING, severity=s) for s in Severity)), "gitlab"))
        assert [row["severity"] for row in rows] == ["critical", "major", "info"]


class TestReviewdog:
    def test_a_report_is_valid(self) -> None:
        whole = json.loads(render(REPORT, "rdjson"))
        jsonschema.validate(whole, DIAGNOSTIC_RESULT)
        row = whole["diagnostics"][0]
        assert row["location"] == {
            "path": "app/repositories.py",
            "range": {"start": {"line": 8, "column": 15}, "end": {"line": 8, "column": 36}},
        }
        assert row["message"].splitlines()[2] == "1 app/deps.py:3:20 `session.begin()` opens the transaction"

    def test_nothing_is_an_empty_list(self) -> None:
        jsonschema.validate(json.loads(render(Report(()), "rdjson")), DIAGNOSTIC_RESULT)

    def test_columns_count_bytes(self) -> None:
        """`a𐐀b` is the example of reviewdog's own page: its columns are 1, 2 and 6."""
        finding = replace(FINDING, place=Place("a.py", 2, 3, 2, 4), trace=())
        report = Report((finding,), sources={"a.py": "x\r\na\U00010400b\n"})
        where = json.loads(render(report, "rdjson"))["diagnostics"][0]["location"]["range"]
        assert (where["start"]["column"], where["end"]["column"]) == (6, 7)

    def test_a_file_without_text_keeps_its_columns(self) -> None:
        finding = replace(FINDING, place=Place("gone.py", 9, 3, 9, 4), trace=())
        where = json.loads(render(Report((finding,)), "rdjson"))["diagnostics"][0]["location"]["range"]
        assert where == {"start": {"line": 9, "column": 3}, "end": {"line": 9, "column": 4}}


class TestJUnit:
    def test_a_finding_is_a_failed_test_and_an_error_a_broken_one(self) -> None:
        report = replace(REPORT, errors=(RunError("", "a rule crashed"), RunError("gone.py", "no such file")))
        whole = ElementTree.fromstring(render(report, "junit").encode())
        suite = whole.find("testsuite")
        assert suite is not None
        assert whole.tag == "testsuites"
        for one in (whole, suite):
            assert (one.get("tests"), one.get("failures"), one.get("errors")) == ("3", "1", "2")
        cases = list(suite)
        assert [(case.get("classname"), case.get("name")) for case in cases] == [
            ("app/repositories.py", "commit-in-repository:8:15"),
            ("sqla-lint", "run"),
            ("gone.py", "run"),
        ]
        failure = cases[0].find("failure")
        assert failure is not None
        assert failure.get("message") == FINDING.message
        assert failure.get("type") == "error"
        assert failure.text is not None
        assert failure.text.splitlines()[:3] == [
            "app/repositories.py:8:15",
            "in app.repositories.OrderRepository.add",
            "confidence: likely",
        ]
        assert [case.find("error") is not None for case in cases] == [False, True, True]

    def test_a_clean_run_has_one_test_that_passes(self) -> None:
        whole = ElementTree.fromstring(render(Report((), files=2), "junit").encode())
        assert whole.get("tests") == "1"
        assert [list(case) for case in whole.iter("testcase")] == [[]]
