"""JUnit's XML, which most build servers show as tests that have failed."""

from __future__ import annotations

import re

from sqla_lint.model import Finding, Report, RunError
from sqla_lint.report.plain import printable
from sqla_lint.report.traces import details

_NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that XML does not know and that are printable."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def render(report: Report) -> str:
    """One suite for the run: a failed test for each finding, a broken one for each error, a passed one for nothing."""
    cases = [*map(_finding, report.findings), *map(_error, report.errors)]
    counts = f'tests="{len(cases) or 1}" failures="{len(report.findings)}" errors="{len(report.errors)}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="sqla-lint" {counts}>',
        f'  <testsuite name="sqla-lint" {counts}>',
        *(cases or ['    <testcase classname="sqla-lint" name="no findings" time="0"/>']),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    place = finding.place
    name = f"{finding.name}:{place.line}:{place.column}"
    text = [f"{place.path}:{place.line}:{place.column}"]
    text += [f"in {finding.symbol}"] if finding.symbol else []
    text += [f"confidence: {finding.confidence.word}"]
    text += details(finding)
    return _case(place.path, name, "failure", finding.severity.value, finding.message, text)


def _error(error: RunError) -> str:
    return _case(error.path or "sqla-lint", "run", "error", "error", error.message, [])


def _case(where: str, name: str, kind: str, type_: str, message: str, text: list[str]) -> str:
    body = "\n".join(_xml(line) for part in text for line in part.split("\n"))
    return (
        f'    <testcase classname="{_xml(where)}" name="{_xml(name)}" time="0">\n'
        f'      <{kind} type="{_xml(type_)}" message="{_xml(message)}">{body}</{kind}>\n'
        "    </testcase>"
    )


def _xml(text: str) -> str:
    """Text as XML: what may not stand there is written as an escape of Python."""
    shown = _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(text))
    return re.sub('[&<>"]', lambda found: _ENTITIES[found[0]], shown)
