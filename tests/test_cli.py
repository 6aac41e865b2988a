from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.config import Settings
from sqla_lint.engine import outcome, read, run
from sqla_lint.engine.catalogue import Catalogue
from sqla_lint.engine.record import AGENTS
from sqla_lint.model import Severity
from sqla_lint.report.formats import FORMATS
from sqla_lint.rules import registry
from tests.commands import Shell
from tests.runs import Said, check, write

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "docs/findings.schema.json").read_text("utf-8"))

LEAKY = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
session = Session(engine)
""",
    "app/clean.py": "x = 1\n",
}


@pytest.fixture
def lint(shell: Shell) -> Shell:
    """The command, in an empty folder."""
    return shell


def process(*args: str, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sqla_lint", *args]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def on_terminal(cwd: Path, **environment: str) -> str:
    """What a check prints on a terminal."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sqla_lint", "check"]
    ran = subprocess.run(
        command, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stdout=theirs, check=False
    )
    os.close(theirs)
    data = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            data += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert ran.returncode == 1
    return data.decode()


class TestCheck:
    def test_findings_exit_1(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        said = lint("check", ".")
        assert said.code == 1
        assert "error[global-session]" in said.out
        assert "--> app/db.py:5:" in said.out
        assert said.err == ""

    def test_nothing_to_report_exits_0(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"pyproject.toml": "", "app.py": "x = 1\n"})
        said = lint("check")
        assert (said.code, said.out) == (0, "no findings in 1 file\n")

    @pytest.mark.parametrize("args", [("app",), ("check", "app"), ("check",), (), ("--format", "full", "app")])
    def test_check_may_be_left_out(self, lint: Shell, tmp_path: Path, args: tuple[str, ...]) -> None:
        write(tmp_path, LEAKY)
        assert lint(*args) == lint("check", "app")

    def test_paths_filter_what_is_reported(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert lint("app/clean.py").out == "no findings in 1 file\n"

    def test_severity_decides_the_exit_code(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert lint("--config", "severity.global-session=info").code == 0
        assert lint("--config", "severity.global-session=info", "--fail-on", "info").code == 1

    def test_selection(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert lint("--ignore", "global-session").code == 0
        assert lint("--select", "SQA2,SQA3").code == 0
        assert lint("--select", "SQA2", "--extend-select", "SQA101").code == 1

    def test_json_is_valid_and_deterministic(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        one = lint("--format", "json", "-j", "1")
        assert one == lint("--format", "json", "-j", "2")
        whole = json.loads(one.out)
        jsonschema.validate(whole, SCHEMA, jsonschema.Draft202012Validator)
        assert [finding["name"] for finding in whole["findings"]] == ["global-session"]

    def test_output_goes_to_files_too(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        said = lint("-o", "json:report.json", "-o", "plain.txt")
        assert json.loads((tmp_path / "report.json").read_text())["summary"]["findings"] == 1
        assert (tmp_path / "plain.txt").read_text() == said.out
        assert lint("-o", "no/such/folder.txt").code == 2

    def test_several_reports_in_one_run(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        files = [f"{name}:report.{name}" for name in FORMATS]
        said = lint("--format", "concise", *(word for file in files for word in ("-o", file)))
        assert (said.code, said.out.count("\n"), said.err) == (1, 1, "")
        for name in FORMATS:
            assert lint("--format", name).out.encode() == (tmp_path / f"report.{name}").read_bytes()

    def test_a_dash_is_standard_output(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        full, github = lint("--format", "full").out, lint("--format", "github").out
        assert lint("-o", "github:-").out == github
        assert lint("--format", "full", "-o", "github:-").out == full + github
        assert lint("-o", "github:-", "-o", "full:-").out == github + full
        assert lint("--statistics", "-o", "github:-").out.endswith(github)

    def test_a_format_that_is_none_is_told_before_anything_is_read(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"bad.py": "def f(:\n"})
        said = lint("-o", "sarf:report")
        assert (said.code, said.out) == (2, "")
        assert "no format is called `sarf`, did you mean `sarif`? (a file of that name: `full:sarf:report`)" in said.err
        assert lint("--format", "sarf").code == 2

    def test_a_file_may_have_a_colon_in_its_name(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        out = lint("-o", "json:a:b", "-o", "2026:report").out
        assert json.loads((tmp_path / "a:b").read_text())["summary"]["findings"] == 1
        assert (tmp_path / "2026:report").read_text() == out

    def test_hosts_of_code_get_paths_from_the_top_of_the_repository(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", **{f"services/shop/{path}": text for path, text in LEAKY.items()}})
        assert json.loads(lint("--format", "json", "services/shop").out)["findings"][0]["path"] == "app/db.py"
        assert lint("--format", "github").out.startswith("::error file=services/shop/app/db.py,")
        (row,) = json.loads(lint("--format", "gitlab", "services/shop").out)
        assert row["location"]["path"] == "services/shop/app/db.py"

    @pytest.mark.parametrize("name", FORMATS)
    def test_what_went_wrong_is_said_once(self, lint: Shell, tmp_path: Path, name: str) -> None:
        write(tmp_path, LEAKY)
        said = lint("check", "gone.py", "app", "--format", name)
        assert said.code == 2
        assert ("no such file or folder" in said.out) != ("no such file or folder" in said.err)

    def test_one_module_name_in_two_projects_of_a_repository(self, lint: Shell, tmp_path: Path) -> None:
        twice = {f"{name}/{path}": text for name in ("one", "two") for path, text in LEAKY.items()}
        write(tmp_path, {".git/HEAD": "", **twice})
        said = lint("--format", "concise")
        assert [line.split(":")[0] for line in said.out.splitlines()] == ["one/app/db.py", "two/app/db.py"]

    def test_statistics_count_by_rule(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert lint("--statistics").out.startswith("     1  SQA101  global-session\n")
        assert "which sarif is not" in lint("--statistics", "--format", "sarif").err

    def test_colour_is_for_terminals_and_for_who_asks(
        self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, LEAKY)
        assert "\x1b" not in lint().out
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b" in lint().out
        assert "\x1b" in lint("--format", "concise").out
        assert "\x1b" not in lint("--format", "agent").out
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in lint().out

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudoterminal")
    def test_a_terminal_gets_colour_and_the_report_for_people(self, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert on_terminal(tmp_path, CLAUDECODE="1").startswith("\x1b[1;31merror[global-session]\x1b[0m")
        assert on_terminal(tmp_path, NO_COLOR="1", FORCE_COLOR="1").startswith("error[global-session]: ")

    @pytest.mark.parametrize("name", AGENTS)
    def test_a_coding_agent_gets_the_report_for_it_unless_it_asks_for_another(
        self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        write(tmp_path, LEAKY)
        people, agents = lint("--format", "full").out, lint("--format", "agent").out
        assert lint().out == people
        monkeypatch.setenv(name, "")
        assert lint().out == people
        monkeypatch.setenv(name, "1")
        assert lint().out == agents
        assert lint("--format", "full").out == people

    def test_the_variables_of_coding_agents_are_those_that_are_documented(self) -> None:
        page = (ROOT / "docs/formats.md").read_text("utf-8")
        assert AGENTS == ("AI_AGENT", "AGENT", "CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "CURSOR_AGENT", "OPENCODE")
        assert all(f"`{name}`" in page for name in AGENTS)


class TestUntrusted:
    """Exit code 2: the run itself is not to be trusted."""

    def test_a_missing_path(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        said = lint("check", "app/db.py", "gone.py")
        assert said.code == 2
        assert "gone.py: no such file or folder" in said.err
        assert "global-session" in said.out

    def test_a_word_that_is_no_command(self, lint: Shell) -> None:
        said = lint("chekc")
        assert said.code == 2
        assert "did you mean `check`?" in said.err

    def test_an_unknown_rule(self, lint: Shell) -> None:
        said = lint("--select", "global-sesion")
        assert said.code == 2
        assert "no rule is called `global-sesion`, did you mean `global-session`?" in said.err

    def test_an_unknown_key(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"sqla-lint.toml": "selct = []\n"})
        said = lint()
        assert said.code == 2
        assert "did you mean `select`?" in said.err
        assert "sqla-lint.toml:1:1" in said.err

    def test_an_unknown_option(self, lint: Shell) -> None:
        assert lint("check", "--nonsense").code == 2

    def test_a_rule_that_crashes(self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, LEAKY)
        monkeypatch.setattr(run, "judge", lambda project, rules: ([], [("global-session", "KeyError: 'x'")]))
        said = lint("--format", "json")
        whole = json.loads(said.out)
        jsonschema.validate(whole, SCHEMA, jsonschema.Draft202012Validator)
        assert said.code == 2
        assert [finding["code"] for finding in whole["findings"]] == ["SQA002"]
        assert whole["errors"][0]["message"] == "the rule `global-session` crashed: KeyError: 'x'"

    def test_a_bug_of_ours(self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, LEAKY)
        monkeypatch.setattr(run, "link", lambda whole, settings, cache=None: 1 // 0)
        said = lint()
        assert (said.code, said.out) == (2, "")
        assert "ZeroDivisionError" in said.err
        assert said.err.splitlines()[-1].startswith("sqla-lint: error: this is a bug")

    def test_a_file_that_cannot_be_read_even_if_others_can(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        (tmp_path / "app/broken.py").symlink_to(tmp_path / "nowhere.py")
        said = lint()
        assert said.code == 2
        assert "app/broken.py: cannot be read" in said.err
        assert "global-session" in said.out

    def test_an_exception_while_reading_one_file(
        self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, LEAKY)
        whole = outcome.read_one

        def fail(data: bytes, package: bool) -> object:
            return outcome.Crash("KeyError: 1") if data == b"x = 1\n" else whole(data, package)

        monkeypatch.setattr(read, "read_one", fail)
        said = lint("-j", "1")
        assert said.code == 2
        assert "error[internal-error]: could not be read: KeyError: 1" in said.out
        assert "global-session" in said.out

    def test_a_huge_file(self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, LEAKY)
        monkeypatch.setattr(read, "LARGEST", 20)
        said = lint()
        assert said.code == 2
        assert "app/db.py: is larger than" in said.err


class TestUnparsed:
    """A file that does not parse is a finding, and the rest goes on."""

    @pytest.mark.parametrize(
        "data", [b"def f(:\n", b"x = 1\0\n", b"# coding: nonsense\n", b"x = '\xff'\n", b"print 'x'\n"]
    )
    def test_it_is_a_finding(self, lint: Shell, tmp_path: Path, data: bytes) -> None:
        write(tmp_path, LEAKY)
        (tmp_path / "app/bad.py").write_bytes(data)
        said = lint("--format", "concise")
        assert said.code == 1
        assert [line.split(" ")[1] for line in said.out.splitlines()] == ["syntax-error", "global-session"]

    def test_it_is_told_whatever_is_selected(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"bad.py": "def f(:\n"})
        assert lint("--select", "SQA201").code == 1
        assert lint("--ignore", "syntax-error").code == 0

    def test_it_has_its_source(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"bad.py": "x = 1\ndef f(:\n"})
        assert " 2 | def f(:" in lint().out


class TestRuns:
    def test_the_surest_claim_of_a_place_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        said = [Said("a", "commit", via=(("a", "place"),)), Said("a", "commit"), Said("a", "commit", "SQA202")]
        report = check(monkeypatch, tmp_path, {"a.py": "place()\ns.commit()\n"}, said)
        assert [(finding.code, len(finding.trace)) for finding in report.findings] == [("SQA201", 0), ("SQA202", 0)]

    def test_the_step_at_the_finding_is_the_main_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        said = [Said("a", "commit", via=(("b", "place"),))]
        report = check(monkeypatch, tmp_path, {"a.py": "s.commit()\n", "b.py": "place()\n"}, said)
        assert [(s.place.path, s.main) for s in report.findings[0].trace] == [("b.py", False), ("a.py", True)]
        assert set(report.sources) == {"a.py", "b.py"}

    def test_equal_nodes_of_a_symbol_are_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = {"a.py": "s.commit()\ns.other()\ns.commit\n"}
        one = check(monkeypatch, tmp_path, files, [Said("a", "commit"), Said("a", "other")])
        assert len({finding.fingerprint for finding in one.findings}) == 2

    def test_a_line_above_changes_no_fingerprint(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = check(monkeypatch, tmp_path, {"a.py": "s.commit()\n"}, [Said("a", "commit")])
        after = check(monkeypatch, tmp_path, {"a.py": "# more\nx = 1\ns.commit()\n"}, [Said("a", "commit")])
        assert before.findings[0].fingerprint == after.findings[0].fingerprint

    def test_files_can_ignore_rules(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(per_file_ignores=(("a*.py", ("SQA2",)),))
        said = [Said("a", "commit"), Said("b", "commit")]
        report = check(monkeypatch, tmp_path, {"a.py": "commit\n", "b.py": "commit\n"}, said, settings)
        assert [finding.place.path for finding in report.findings] == ["b.py"]

    def test_severity_can_be_changed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(severity=(("SQA201", Severity.INFO), ("SQA2", Severity.ERROR)))
        report = check(monkeypatch, tmp_path, {"a.py": "commit\n"}, [Said("a", "commit")], settings)
        assert report.findings[0].severity is Severity.INFO

    @pytest.mark.parametrize("jobs", [2, 3])
    def test_processes_change_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
        files = {f"m{n:02}.py": f"s.commit()  # {'x' * 2000}\n" for n in range(40)} | {"bad.py": "def f(:\n"}
        said = [Said(f"m{n:02}", "commit") for n in range(40)]
        monkeypatch.setattr(read, "SMALL", 0)
        serial = check(monkeypatch, tmp_path, files, said)
        assert check(monkeypatch, tmp_path, files, said, jobs=jobs) == serial
        assert len(serial.findings) == 41


class TestRulePages:
    def test_a_page_by_name_or_code(self, lint: Shell) -> None:
        info = registry.load()[0]
        assert lint("rule", info.name).out == lint("explain", info.code).out == registry.page(info)

    def test_every_rule_has_a_page(self, lint: Shell) -> None:
        rows = json.loads(lint("rule", "--all", "--format", "json").out)
        assert [row["code"] for row in rows] == [rule.code for rule in Catalogue(registry.load()).rules]
        assert all(row["name"] in row["page"] for row in rows)

    def test_the_list_has_a_line_for_each(self, lint: Shell) -> None:
        assert "SQA101  global-session" in lint("rule", "--all").out

    def test_an_unknown_rule_is_told(self, lint: Shell) -> None:
        assert lint("rule", "global-sesion").code == 2
        assert lint("rule").code == 2


class TestOthers:
    def test_version_names_the_distribution(self, lint: Shell) -> None:
        said = lint("version")
        assert said.code == 0
        assert said.out.startswith(f"sqla-lint {__version__}\ndistribution {DISTRIBUTION}\n")
        assert DISTRIBUTION in lint("--version").out

    def test_help_exits_0(self, lint: Shell) -> None:
        assert lint("--help").code == 0
        assert lint("check", "--help").code == 0

    def test_config_says_where_everything_came_from(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"pyproject.toml": '[tool.sqla-lint]\nignore = ["global-session"]\n'})
        said = lint("config", "--config", "fail-on=error")
        assert said.code == 0
        assert 'ignore = ["global-session"]  (pyproject.toml:2)' in said.out
        assert 'fail-on = "error"  (--config)' in said.out
        assert 'select = ["default"]  (default)' in said.out
        assert "off  ignore `global-session`" in said.out
        whole = json.loads(lint("config", "--format", "json").out)
        assert whole["settings"]["ignore"] == {"value": ["global-session"], "from": "pyproject.toml:2"}

    def test_facts_of_a_file(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert "create_engine" in lint("debug", "facts", "app/db.py").out
        assert json.loads(lint("debug", "facts", "app/db.py", "--format", "json").out)["is"] == "FileFacts"
        assert lint("debug", "facts", "gone.py").code == 2

    @pytest.mark.parametrize("what", ["layers", "types", "summary"])
    def test_what_the_linter_sees(self, lint: Shell, tmp_path: Path, what: str) -> None:
        write(tmp_path, LEAKY)
        assert lint("debug", what, ".").code == 0
        json.loads(lint("debug", what, ".", "--format", "json").out)

    def test_trace_of_a_line(self, lint: Shell, tmp_path: Path) -> None:
        write(tmp_path, LEAKY)
        assert lint("trace", "app/db.py:5").code == 0
        assert lint("trace", "app/db.py:50").code == 2
        assert lint("trace", "app/gone.py:5").code == 2
        assert lint("trace", "app/db.py").code == 2

    def test_a_module_run_is_the_command(self, tmp_path: Path) -> None:
        ran = process("version", cwd=tmp_path)
        out, _ = ran.communicate(timeout=60)
        assert (ran.returncode, out.splitlines()[0]) == (0, f"sqla-lint {__version__}".encode())

    @pytest.mark.parametrize("name", ["full", "sarif", "junit"])
    def test_a_closed_pipe_is_quiet(self, tmp_path: Path, name: str) -> None:
        many = {f"m{n}.py": LEAKY["app/db.py"] for n in range(200)}
        write(tmp_path, {"pyproject.toml": "", **many})
        ran = process("check", ".", "--format", name, cwd=tmp_path)
        assert ran.stdout is not None
        assert ran.stderr is not None
        assert len(ran.stdout.read(5)) == 5
        ran.stdout.close()
        assert ran.stderr.read() == b""
        assert ran.wait(60) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
    def test_an_interrupt_is_one_line(self, tmp_path: Path) -> None:
        lines = "".join(f"x{n} = f(a.b.c, [1, 2, 3], key={n})\n" for n in range(8000))
        write(tmp_path, {"pyproject.toml": "", **{f"m{n}.py": lines for n in range(8)}})
        ran = process("check", ".", "-j", "2", cwd=tmp_path)
        time.sleep(2)
        ran.send_signal(signal.SIGINT)
        out, err = ran.communicate(timeout=60)
        assert (ran.returncode, out, err.strip()) == (2, b"", b"sqla-lint: interrupted")

    def test_heavy_imports_wait_until_they_are_needed(self, tmp_path: Path) -> None:
        code = (
            "import sys, sqla_lint.cli\n"
            "try: sqla_lint.cli.main(['version'])\n"
            "except SystemExit: pass\n"
            "sys.exit(any(name in sys.modules for name in ('libcst', 'rich', 'msgspec', 'pathspec')))"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        assert subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=False).returncode == 0
