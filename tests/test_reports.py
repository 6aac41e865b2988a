from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.model import Confidence, Finding, Place, Report, RunError, Severity
from sqla_lint.report import concise, full
from sqla_lint.report import json as json_report
from sqla_lint.report.plain import printable, short
from tests.findings_by_hand import FINDING, REPORT, step

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "docs/findings.schema.json").read_text("utf-8"))


def test_full_is_what_it_is_meant_to_be() -> None:
    assert (
        full.render(REPORT)
        == """\
error[commit-in-repository]: `self.session.commit()` ends a transaction that the caller opened  (SQA201)
 --> app/repositories.py:8:15 in OrderRepository.add
   |
 7 |         self.session.add(order)
 8 |         await self.session.commit()
   |               ^^^^^^^^^^^^^^^^^^^^^ commits the transaction opened in `get_session`
   |
 why: the order is kept even when the rest of the request fails
 trace: POST /orders
   1 app/deps.py:3:20        `session.begin()` opens the transaction
   2 app/handlers.py:12:19   `create_order` calls `OrderService.place`
   3 app/services.py:9:23    `OrderService.place` calls `OrderRepository.add`
  *4 app/repositories.py:8   commits
   + 2 more callers
 note: `OrderService.orders` is declared, not seen to be made
 layer: repository (class name, module app.repositories, takes a session)
 help: flush here, commit in `OrderService.place`

1 finding (1 error) in 1 of 4 files, 1 suppressed
"""
    )


def test_a_finding_with_nothing_to_add_is_short() -> None:
    bare = Finding(
        "SQA101", "global-session", Place("a.py", 1, 1, 1, 8), "", "one", Severity.INFO, Confidence.CERTAIN, "1:0"
    )
    assert (
        full.render(Report((bare,), files=1, sources={"a.py": "session = 1\n"}))
        == """\
info[global-session]: one  (SQA101)
 --> a.py:1:1
   |
 1 | session = 1
   | ^^^^^^^
   |

1 finding (1 info) in 1 of 1 file
"""
    )


def test_no_findings_is_said() -> None:
    assert full.render(Report((), files=2)) == "no findings in 2 files\n"
    assert concise.render(Report((), files=2)) == ""


def test_concise_is_a_line_a_finding() -> None:
    assert concise.render(REPORT) == (
        "app/repositories.py:8:15: commit-in-repository "
        "`self.session.commit()` ends a transaction that the caller opened "
        "[via get_session > create_order > OrderService.place > OrderRepository.add]\n"
    )


def test_a_long_trace_folds_and_keeps_its_main_step() -> None:
    steps = tuple(step("a.py", n, 1, f"step {n}", f"f{n}", main=n == 6) for n in range(1, 13))
    text = full.render(replace(REPORT, findings=(replace(FINDING, trace=steps),)))
    shown = re.findall(r"^  [ *] ?\d+ a.py.*$|^ +… .*$", text, re.MULTILINE)
    assert shown == [
        "    1 a.py:1:1    step 1",
        "    2 a.py:2:1    step 2",
        "    3 a.py:3:1    step 3",
        "    4 a.py:4:1    step 4",
        "     … 4 more steps",
        "  * 6 a.py:6      step 6",
        "   10 a.py:10:1   step 10",
        "   11 a.py:11:1   step 11",
        "   12 a.py:12:1   step 12",
    ]


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "under"),
    [
        ("\tx = f()", 6, 9, "    x = f()", "        ^^^"),
        ("é = '日本'; f()", 11, 14, "é = '日本'; f()", "            ^^^"),
        ("x = '\x1b[31m'; f()", 14, 17, "x = '\\x1b[31m'; f()", "                ^^^"),
        ("x = '\u202e'; f()", 10, 13, "x = '\\u202e'; f()", "              ^^^"),
        ("f()", 1, 1, "f()", "^"),
    ],
)
def test_carets_stand_under_what_is_meant(line: str, column: int, end: int, shown: str, under: str) -> None:
    finding = replace(FINDING, place=Place("a.py", 1, column, 1, end), label="", trace=())
    rows = full.render(Report((finding,), files=1, sources={"a.py": f"{line}\n"})).splitlines()
    assert rows[3:5] == [f" 1 | {shown}", f"   | {under}"]


def test_carets_end_with_the_line_when_the_place_does_not() -> None:
    finding = replace(FINDING, place=Place("a.py", 1, 1, 3, 2), label="", trace=())
    rows = full.render(Report((finding,), files=1, sources={"a.py": "f(\n  1,\n)\n"})).splitlines()
    assert rows[4] == "   | ^^"


def test_a_very_long_line_is_cut_around_the_place() -> None:
    line = "x = [" + "1, " * 500 + "f()" + ", 1" * 500 + "]"
    at = line.index("f()")
    finding = replace(FINDING, place=Place("a.py", 1, at + 1, 1, at + 4), label="")
    rows = full.render(Report((finding,), files=1, sources={"a.py": line})).splitlines()
    assert len(rows[3]) < 180
    assert rows[3][rows[4].index("^") :].startswith("f()")


def test_no_text_of_the_source_reaches_the_terminal_as_a_control() -> None:
    evil = "\x1b]0;title\x07\r\u202e"
    finding = replace(FINDING, message=evil, label=evil, why=evil, help=evil, symbol=evil, because=(evil,), role=evil)
    finding = replace(finding, place=replace(finding.place, path=f"a{evil}.py"), entry=evil)
    report = Report((finding,), files=1, sources={f"a{evil}.py": f"x\n{evil}\n" * 8})
    for text in (full.render(report), concise.render(report), json_report.render(report)):
        assert not set(text) & set("\x1b\x07\r\u202e")


def test_colour_changes_nothing_else() -> None:
    coloured = full.render(REPORT, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == full.render(REPORT)


@given(st.text())
def test_printable_text_is_printable_and_stays(text: str) -> None:
    once = printable(text)
    assert printable(once) == once
    assert "\n" not in once
    once.encode()


def test_a_symbol_is_shown_without_its_module() -> None:
    assert short("app.repositories.Repo.add", "src/app/repositories.py") == "Repo.add"
    assert short("app.Repo.add", "src/app/__init__.py") == "Repo.add"
    assert short("app.db", "app/db.py") == "app.db"
    assert short("Repo.add", "app/db.py") == "Repo.add"
    assert short("app.db@two/src.Repo.add", "two/src/app/db.py") == "Repo.add"


class TestJson:
    def test_the_schema_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_a_report_is_valid(self) -> None:
        report = replace(REPORT, errors=(RunError("gone.py", "no such file or folder"), RunError("", "broken")))
        jsonschema.validate(json.loads(json_report.render(report)), SCHEMA, jsonschema.Draft202012Validator)

    def test_an_empty_report_is_valid(self) -> None:
        jsonschema.validate(json.loads(json_report.render(Report(()))), SCHEMA, jsonschema.Draft202012Validator)

    def test_a_finding_has_these_keys_in_this_order(self) -> None:
        whole = json.loads(json_report.render(REPORT))
        assert list(whole) == ["version", "tool", "summary", "findings", "errors"]
        finding = whole["findings"][0]
        assert list(finding) == SCHEMA["$defs"]["finding"]["required"]
        assert finding["trace"][3] == {"path": "app/repositories.py", "line": 8, "column": 15, "message": "commits"}
        assert finding["because"] == ["`OrderService.orders` is declared, not seen to be made"]
        severities = {"error": 1, "warning": 0, "info": 0}
        assert whole["summary"] == {"files": 4, "findings": 1, "suppressed": 1, "known": 0, "fixed": 0, **severities}

    def test_odd_names_of_files_survive(self) -> None:
        odd = "a\udcff\u202e.py"
        finding = replace(FINDING, place=replace(FINDING.place, path=odd))
        text = json_report.render(Report((finding,)))
        text.encode("ascii")
        assert json.loads(text)["findings"][0]["path"] == odd
