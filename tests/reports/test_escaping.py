"""Whatever stands in names and messages, a report stays what its readers can read."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.model import Finding, Place, Report, RunError, Severity, Step
from sqla_lint.report.formats import FORMATS, render
from sqla_lint.report.plain import printable
from tests.findings_by_hand import FINDING
from tests.reports.commands import parse
from tests.reports.test_hosts import CODE_QUALITY, DIAGNOSTIC_RESULT
from tests.reports.test_sarif import VALIDATOR

ODD = st.sampled_from("\x1b\r\n\t:,%=<>&\"'[](]\u2028\ufffe\udcff\ud800")
ANY = st.lists(st.characters(exclude_categories=()) | ODD, max_size=8).map("".join)
"""Of odd characters as many as of all others together, which `st.text` would not draw."""
SOME = ANY.filter(bool)
PATHS = SOME.filter(lambda path: path != "." and not path.startswith(("/", "./")))


@st.composite
def found(draw: st.DrawFn) -> Finding:
    place = Place(draw(PATHS), draw(st.integers(1, 9)), draw(st.integers(1, 9)), 9, draw(st.integers(1, 9)))
    trace = draw(st.lists(st.builds(Step, st.just(place), ANY, ANY), max_size=3))
    return replace(
        FINDING,
        place=place,
        symbol=draw(ANY),
        message=draw(SOME),
        severity=draw(st.sampled_from(Severity)),
        why=draw(ANY),
        help=draw(ANY),
        role=draw(ANY),
        label=draw(ANY),
        because=tuple(draw(st.lists(ANY, max_size=2))),
        trace=tuple(trace),
    )


REPORTS = st.builds(
    lambda findings, errors, text: Report(
        tuple(findings), tuple(errors), 3, sources={finding.place.path: text for finding in findings}
    ),
    st.lists(found(), max_size=3),
    st.lists(st.builds(RunError, ANY, ANY), max_size=2),
    ANY,
)


@given(REPORTS)
def test_what_people_read_has_no_control_character(report: Report) -> None:
    for name, format_ in FORMATS.items():
        if format_.for_people:
            assert all(printable(line) == line for line in render(report, name).split("\n"))


@given(REPORTS)
def test_json_is_plain_ascii_that_parses(report: Report) -> None:
    for name in ("json", "sarif", "gitlab", "rdjson"):
        text = render(report, name)
        text.encode("ascii")
        json.loads(text)
    for line in render(report, "jsonl").splitlines():
        assert isinstance(json.loads(line), dict)


@given(REPORTS)
def test_what_others_read_is_valid_and_has_no_lone_surrogates(report: Report) -> None:
    for name, schema in (("gitlab", CODE_QUALITY), ("rdjson", DIAGNOSTIC_RESULT), ("sarif", None)):
        whole = json.loads(render(report, name))
        json.dumps(whole, ensure_ascii=False).encode()
        if schema is None:
            VALIDATOR.validate(whole)
        else:
            VALIDATOR.evolve(schema=schema).validate(whole)


@given(REPORTS)
def test_a_finding_is_one_workflow_command(report: Report) -> None:
    lines = render(report, "github").split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(report.findings) + len(report.errors)
    commands = [parse(line) for line in lines]
    assert {command.name for command in commands} <= {"error", "warning", "notice"}
    places = sorted(printable(_returns(finding.place.path)) for finding in report.findings)
    assert sorted(printable(_returns(c.properties["file"])) for c in commands if "file" in c.properties) == places
    assert all(printable(line) == line for line in lines)


def _returns(path: str) -> str:
    """Line ends reach the runner as they are; all else that is not printable does not."""
    return path.replace("\r", "CR").replace("\n", "LF")


@given(REPORTS)
def test_xml_parses_and_says_what_was_said(report: Report) -> None:
    text = render(report, "junit")
    whole = ElementTree.fromstring(text.encode())
    assert len(list(whole.iter("error"))) == len(report.errors)
    messages = [failure.get("message") for failure in whole.iter("failure")]
    said = [printable(finding.message) for finding in report.findings]
    assert messages == [text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff") for text in said]
