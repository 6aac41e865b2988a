from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sqla_lint import cli
from sqla_lint.engine import run
from sqla_lint.engine.audit import advice, start_with
from sqla_lint.engine.audited import Audit
from sqla_lint.engine.trend import TrendError, read
from sqla_lint.model import RunError
from sqla_lint.report.audit import badge, text
from sqla_lint.report.audit import json as as_json
from tests.audit.by_hand import APP, audited
from tests.commands import Shell
from tests.runs import write

SHOP = Path(__file__).resolve().parents[2] / "fixtures/projects/leaky_shop"


@pytest.fixture
def made(tmp_path: Path) -> Audit:
    return audited(tmp_path)


class TestWhatIsCounted:
    def test_one_helper_with_two_callers_is_one_cause(self, made: Audit) -> None:
        (cause,) = made.causes
        assert (cause.place.path, cause.place.line, cause.callers) == ("app/base.py", 10, 2)
        assert "commit-in-repository" in cause.rules

    def test_every_finding_is_counted_once_by_rule_file_and_package(self, made: Audit) -> None:
        many = len(made.findings)
        assert sum(one.findings for one in made.rules) == many
        assert sum(one.findings for one in made.paths) == sum(one.findings for one in made.packages) == many

    def test_it_says_who_ends_transactions_and_for_whom(self, made: Audit) -> None:
        ends = {one.symbol: one for one in made.ownership.endings}
        save, nightly = ends["app.base.BaseRepository.save"], ends["app.jobs.nightly"]
        assert (save.layer, save.origin, save.owner_layers) == ("repository", "received", ("handler",))
        assert set(save.owners) == {"app.api.place", "app.api.refund"}
        assert (nightly.how, nightly.origin, nightly.owners) == ("block", "opened", ("app.jobs.nightly",))

    def test_the_map_leads_from_entries_to_the_commit(self, made: Audit) -> None:
        drawn = made.ownership.map
        names = [node.name for node in drawn.nodes]
        assert [drawn.nodes[entry].entry for entry in drawn.entries] == ["POST /orders", "POST /refunds"]
        ways = {(names[link.caller], names[link.callee], link.how) for link in drawn.links}
        assert ways == {("place", "BaseRepository.save", "commits"), ("refund", "BaseRepository.save", "commits")}

    def test_tests_end_no_transaction_of_the_project(self, tmp_path: Path) -> None:
        code = APP["app/jobs.py"]
        made = audited(tmp_path, {**APP, "tests/test_jobs.py": code})
        assert not [one for one in made.ownership.endings if one.place.path.startswith("tests/")]

    def test_a_rule_without_anything_to_judge_is_told(self, made: Audit) -> None:
        assert "session-in-streaming-response" in made.unseen.idle
        assert "commit-in-repository" not in made.unseen.idle

    def test_no_rule_that_has_found_something_was_idle(self) -> None:
        made = audited(SHOP, {})
        assert not {one.name for one in made.rules} & set(made.unseen.idle)

    def test_calls_that_are_not_known_are_counted_by_reason(self, tmp_path: Path) -> None:
        unknown = "import sqlalchemy\n\n\ndef go(session):\n    session.commit()\n"
        made = audited(tmp_path, {**APP, "app/odd.py": unknown})
        assert sum(count for _, count in made.unseen.unknown) == 1
        assert made.unseen.resolved < 1

    def test_a_file_that_does_not_parse_is_told(self, tmp_path: Path) -> None:
        assert audited(tmp_path, {**APP, "app/bad.py": "def f(:\n"}).unseen.unparsed == ("app/bad.py",)

    def test_a_comment_is_told_with_how_much_it_hides(self, tmp_path: Path) -> None:
        silent = APP["app/base.py"].replace(
            "self.session.commit()", "self.session.commit()  # sqla: ignore[commit-in-repository] for a while"
        )
        made = audited(tmp_path, {**APP, "app/base.py": silent})
        (one,) = made.silenced
        assert (one.name, one.kind, one.reason, one.findings) == ("commit-in-repository", "ignore", "for a while", 1)
        assert made.suppressed == 1


class TestAdvice:
    def test_every_command_that_is_advised_is_there(self, made: Audit) -> None:
        words = [step.command.split()[1] for step in advice(made)]
        assert words
        assert set(words) <= set(cli._MODULES)

    def test_the_rule_to_start_with_is_on_by_default(self, made: Audit) -> None:
        first = start_with(made)
        assert first is not None
        assert first.default

    def test_nothing_is_advised_where_nothing_is_found(self, made: Audit) -> None:
        clean = replace(made, findings=(), rules=(), configured=True)
        assert advice(clean) == ()


class TestText:
    def test_no_line_is_wider_than_the_screen(self, made: Audit) -> None:
        for columns in (80, 120):
            assert max(map(len, text.render(made, columns=columns).splitlines())) <= columns

    def test_colour_changes_nothing_else(self, made: Audit) -> None:
        coloured = text.render(made, colour=True)
        assert "\x1b[" in coloured
        plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [line.rstrip() for line in plain.splitlines()] == text.render(made).splitlines()

    def test_no_name_of_a_file_moves_the_cursor(self, tmp_path: Path) -> None:
        made = audited(tmp_path, {**APP, "app/\x1b[31m\u202e.py": "def f(:\n"})
        assert not set(text.render(made)) & set("\x1b\u202e")


class TestCommand:
    def test_findings_are_no_failure(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        said = shell("audit")
        assert (said.code, said.err) == (0, "")
        assert "commit-in-repository" in said.out

    def test_it_prints_the_same_bytes_again(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        for arguments in ((), ("--format", "json"), ("--no-cache", "-j", "2")):
            assert shell("audit", *arguments).out == shell("audit", *arguments).out

    def test_a_run_that_is_not_to_be_trusted_exits_2(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        said = shell("audit", "app", "gone.py")
        assert said.code == 2
        assert "gone.py" in said.out

    def test_strict_rules_and_doubtful_findings_are_counted_unless_told_otherwise(
        self, shell: Shell, tmp_path: Path
    ) -> None:
        borrowed = "from sqlalchemy.orm import Session\n\n\ndef end(session: Session) -> None:\n    session.commit()\n"
        write(tmp_path, {**APP, "app/end.py": borrowed})
        every = json.loads(shell("audit", "--format", "json").out)["rules"]
        some = json.loads(shell("audit", "--format", "json", "--select", "global-session").out)["rules"]
        assert [one["name"] for one in some] == ["global-session"]
        assert not all(one["default"] for one in every)

    def test_json_says_what_the_audit_knows(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        whole = json.loads(shell("audit", "--format", "json").out)
        assert whole["summary"]["findings"] == len(whole["findings"])
        assert whole["ownership"]["map"]["entries"]
        assert whole["causes"][0]["findings"]

    def test_each_run_is_a_line_of_the_trend(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        for _ in range(2):
            shell("audit", "--trend", "trend.jsonl")
        runs = read((tmp_path / "trend.jsonl").read_text())
        assert len(runs) == 2
        assert runs[0].findings == json.loads(shell("audit", "--format", "json").out)["summary"]["findings"]

    def test_the_trend_knows_the_commit(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run([*git, *words], check=True)
        head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        shell("audit", "--trend", "trend.jsonl")
        assert read((tmp_path / "trend.jsonl").read_text())[0].commit == head

    def test_a_file_that_is_no_trend_is_not_touched(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, {**APP, "notes.txt": "remember the milk\n"})
        said = shell("audit", "--trend", "notes.txt")
        assert said.code == 2
        assert "line 1 is no run of an audit" in said.err
        assert (tmp_path / "notes.txt").read_text() == "remember the milk\n"

    def test_what_cannot_be_written_is_told(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, APP)
        assert shell("audit", "--html", "no/such/folder.html").code == 2

    def test_a_bug_of_ours_is_not_an_audit(self, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, APP)
        monkeypatch.setattr(run, "judge", lambda project, rules: ([], [("global-session", "KeyError: 'x'")]))
        assert shell("audit").code == 2


class TestBadge:
    def test_it_is_a_picture_with_a_name(self, made: Audit) -> None:
        whole = ElementTree.fromstring(badge.render(made))
        assert whole.attrib["aria-label"].startswith("sqla-lint: ")
        assert "error" in whole.attrib["aria-label"]

    def test_it_does_not_call_a_failed_run_clean(self, made: Audit) -> None:
        assert "run failed" in badge.render(replace(made, findings=(), errors=(RunError("", "broken"),)))
        assert "no findings" in badge.render(replace(made, findings=()))


@pytest.mark.parametrize("row", ["[]", "{}", "1", '{"date": "x", "findings": "many"}', "{"])
def test_what_is_no_run_is_no_trend(row: str) -> None:
    with pytest.raises(TrendError):
        read(f"{row}\n")


def test_json_is_the_same_for_the_same_audit(made: Audit) -> None:
    assert as_json.render(made) == as_json.render(made)
