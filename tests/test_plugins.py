"""Rules of others: the examples of the documentation as they are written there, and what can be wrong with a plugin."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from sqla_lint import plugin
from sqla_lint.config import LAYERS
from sqla_lint.engine import plugins
from sqla_lint.engine.catalogue import SYNTAX_ERROR
from sqla_lint.report.formats import FORMATS
from sqla_lint.rules import registry
from tests.commands import Printed
from tests.runs import write
from tests.test_reports import SCHEMA

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/writing-a-rule.md").read_text("utf-8")
FILES = dict(re.findall(r"^`([^`\n]+)`:\n```[a-z]+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
LOCAL, INSTALLED = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SAID = "is code of the project; say --trust-project to run it"
RULE = '''
from sqla_lint.plugin import Claim, Confidence, Event, rule


@rule("{code}", on=Event{more})
def {name}(unit, event, project):
    """{name} of {code}."""
    {body}
'''
CLAIM = 'yield Claim(unit.spot(event.at), unit.symbol, "`x` does something", Confidence.CERTAIN)'


EVERYTHING = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")
everybodys = Session(engine)


def provide():
    with Session(engine) as session:
        yield session


@app.get("/")
def handle(session: Session = Depends(provide)):
    session.execute("select 1")


def leave_open():
    session = Session(engine)
    session.execute("select 1")


def commit_each(session: Session, rows):
    for row in rows:
        session.add(row)
        session.commit()
"""


def a_rule(code: str = "SHOP101", name: str = "some_rule", more: str = "", body: str = CLAIM) -> str:
    return RULE.format(code=code, name=name, more=more, body=body)


def run(folder: Path, *args: str, path: str = "") -> Printed:
    """The command in a process of its own; `path` is one more folder with what is installed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "PYTHONPATH")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), path)))
    command = [sys.executable, "-m", "sqla_lint", *args]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return Printed(done.returncode, done.stdout, done.stderr)


def transcript(text: str) -> Iterator[tuple[list[str], str]]:
    """Each command of a console block, without its name, and what it prints."""
    for part in re.split(r"^\$ sqla-lint ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command.split(), printed


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project of the documentation's first example."""
    root = tmp_path / "shop"
    write(root, {path: text for path, text in FILES.items() if path.startswith(("app/", "tools/", "sqla-lint"))})
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one commit, and a plugin that is yet to be written."""
    root = tmp_path / "project"
    write(root, {"sqla-lint.toml": "plugins = ['rules_here']\n", "app/orders.py": FILES["app/orders.py"]})
    return root


def offer(folder: Path, name: str, text: str, value: str = "") -> None:
    """Lays a module out as an installed distribution that offers it."""
    entry = f"[console_scripts]\nx = y:z\n\n[sqla_lint.rules]\n# ours\n{name} = {value or name}\n"
    write(folder, {f"{name}.py": text, f"{name}-1.0.dist-info/entry_points.txt": entry})


def rules_found(printed: Printed) -> list[str]:
    found: list[str] = [finding["code"] for finding in json.loads(printed.out)["findings"]]
    return found


class TestDocumentation:
    def test_the_rule_in_the_project(self, shop: Path) -> None:
        codes = []
        for command, printed in transcript(LOCAL):
            said = run(shop, *command)
            assert said.out + said.err == printed
            codes.append(said.code)
        assert codes == [2, 1, 0]

    def test_the_rule_in_a_distribution(self, tmp_path: Path) -> None:
        project = tmp_path / "project"
        write(tmp_path, {path: text for path, text in FILES.items() if path.startswith("acme_rules/")})
        write(project, {path: text for path, text in FILES.items() if path.startswith("service/")})
        target = tmp_path / "installed"
        install = ["install", "-q", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
        pip = [sys.executable, "-m", "pip", *install, str(tmp_path / "acme_rules")]
        done = subprocess.run(pip, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        codes = []
        for command, printed in transcript(INSTALLED):
            said = run(project, *command, path=str(target))
            assert said.out + said.err == printed
            codes.append(said.code)
        assert codes == [1, 0]

    def test_nothing_else_of_the_linter_is_needed(self) -> None:
        named: set[str] = set()
        for text in (text for path, text in FILES.items() if path.endswith(".py")):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqla_lint"):
                    assert node.module == "sqla_lint.plugin"
                    named.update(alias.name for alias in node.names)
        assert {"rule", "Claim", "Event"} <= named <= set(plugin.__all__)

    def test_every_answer_it_lists_is_one(self) -> None:
        listed = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)
        assert len(listed) == 7
        assert set(listed) <= set(plugin.__all__)
        asked = {kind.__name__ for info in registry.load() for kind in info.on}
        assert set(listed) <= asked | {"Handler", "Provider", "Defined"}

    def test_every_question_it_lists_has_an_answer(self, project: Path) -> None:
        (table,) = re.findall(r"^\| question \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
        asked = re.findall(r"`((?:unit|project|short)[.(][^`]*)`", table)
        assert len(asked) >= 10
        body = "key = Key(event.verb, event.path, event.guard)\n    leg = project.traces.legs(unit, key)[0]\n    "
        text = a_rule(body=f"{body}print({', '.join(asked)}, file=sys.stderr)\n    {CLAIM}")
        write(project, {"rules_here.py": f"import sys\nfrom sqla_lint.plugin import *\n{text}"})
        said = run(project, "check", "--trust-project")
        assert (said.code, "app.orders.place" in said.err) == (1, True)

    def test_a_rule_gets_every_answer_it_lists(self, project: Path) -> None:
        answers = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)
        spot = "unit.spot(getattr(event, 'at', OWN_NAME), Extent.NAME)"
        claim = f"yield Claim({spot}, unit.symbol, 'here', Confidence.CERTAIN)"
        text = a_rule(body=f"print(type(event).__name__, file=sys.stderr)\n    {claim}").replace(
            "on=Event", f"on=({', '.join(answers)})"
        )
        write(
            project, {"rules_here.py": f"import sys\nfrom sqla_lint.plugin import *\n{text}", "app/all.py": EVERYTHING}
        )
        said = run(project, "check", "--trust-project", "--select", "SHOP", "--format", "concise")
        assert set(said.err.split()) == set(answers)
        for line in ("all.py:7:14", "all.py:10:5", "all.py:16:5"):  # a call, the provider's name, the handler's
            assert f"app/{line}" in said.out

    def test_every_layer_that_can_be_declared_has_a_name(self) -> None:
        assert set(LAYERS) <= {getattr(plugin, name) for name in plugin.__all__ if name.isupper() and name != "OUTSIDE"}

    def test_every_public_name_says_what_it_is(self) -> None:
        for name in plugin.__all__:
            value = getattr(plugin, name)
            assert isinstance(value, (str, frozenset)) or value.__doc__


class TestTrust:
    @pytest.mark.parametrize(
        "command",
        [
            ["check"],
            ["ci"],
            ["baseline", "create"],
            ["config"],
            ["rule", "--all"],
            ["rule", "SHOP101"],
            ["check", "--config", "plugins=['rules_here']"],
            ["check", "--select", "SHOP101"],
        ],
    )
    def test_no_command_runs_code_of_the_project_unasked(self, project: Path, command: list[str]) -> None:
        write(project, {"rules_here.py": "open('was_run', 'w').close()\n" + a_rule()})
        said = run(project, *command)
        assert (said.code, said.out) == (2, "")
        assert SAID in said.err
        assert not (project / "was_run").exists()
        run(project, *command, "--trust-project")
        assert (project / "was_run").exists()

    def test_no_setting_can_trust(self, project: Path) -> None:
        write(project, {"rules_here.py": a_rule(), "sqla-lint.toml": "plugins = ['rules_here']\ntrust-project = true"})
        assert "unknown key `trust-project`" in run(project, "check").err

    def test_what_lies_about_in_the_project_offers_nothing(self, project: Path) -> None:
        write(project, {"sqla-lint.toml": ""})
        offer(project, "evil", "open('was_run', 'w').close()\n")
        assert run(project, "check").code == 0
        assert run(project / "app", "check").code == 0
        assert run(project, "check", path=str(project)).code == 0
        assert not (project / "was_run").exists()

    def test_an_entry_point_that_leads_into_the_project_is_code_of_it(self, project: Path, tmp_path: Path) -> None:
        write(project, {"sqla-lint.toml": "", "rules_here.py": a_rule()})
        offer(tmp_path / "installed", "other", "", "rules_here")
        said = run(project, "check", path=str(tmp_path / "installed"))
        assert (said.code, said.err) == (2, f"sqla-lint: error: plugin `rules_here` {SAID}\n")
        assert run(project, "check", "--trust-project", path=str(tmp_path / "installed")).code == 1

    def test_completion_runs_nothing_of_the_project(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sqla_lint.commands.completion import _catalogue

        write(project, {"rules_here.py": "raise SystemExit(7)\n"})
        offer(tmp_path / "installed", "offered_for_completion", a_rule("TAB101", "tab_rule"))
        monkeypatch.chdir(project)
        monkeypatch.syspath_prepend(tmp_path / "installed")
        try:
            known = _catalogue()
            assert plugins.used().troubles == ()
        finally:
            plugins.forget()
        assert known.find("tab-rule").code == "TAB101"
        assert "offered_for_completion" in known.chapters


class TestLikeOurs:
    @pytest.fixture
    def ours(self, project: Path) -> Path:
        write(project, {"rules_here.py": a_rule() + a_rule("SHOP201", "other_rule", ", default=False")})
        return project

    def check(self, folder: Path, *args: str) -> Printed:
        return run(folder, "check", "--trust-project", *args)

    @pytest.mark.parametrize(
        ("select", "found"),
        [
            ("default", ["SHOP101"] * 2),
            ("all", ["SHOP101", "SHOP201"] * 2),
            ("plugins", ["SHOP101", "SHOP201"] * 2),
            ("rules_here", ["SHOP101", "SHOP201"] * 2),
            ("SHOP", ["SHOP101", "SHOP201"] * 2),
            ("SHOP2", ["SHOP201"] * 2),
            ("other-rule", ["SHOP201"] * 2),
            ("SHOP101", ["SHOP101"] * 2),
            ("SQA", []),
        ],
    )
    def test_selected(self, ours: Path, select: str, found: list[str]) -> None:
        said = self.check(ours, "--select", select, "--format", "json", "--min-confidence", "certain")
        assert [code for code in rules_found(said) if code.startswith("SHOP")] == found

    def test_half_the_letters_of_a_code_select_nothing(self, ours: Path) -> None:
        assert "no rule is called `SH`" in self.check(ours, "--select", "SH").err

    @pytest.mark.parametrize("comment", ["# sqla: ignore[some-rule] so", "# noqa: SHOP101", "# noqa: E501, SHOP101"])
    def test_suppressed(self, ours: Path, comment: str) -> None:
        text = FILES["app/orders.py"].replace("session.commit()", f"session.commit()  {comment}")
        write(ours, {"app/orders.py": text.replace("session.add(order)", f"session.add(order)  {comment}")})
        assert self.check(ours).code == 0
        write(ours, {"app/orders.py": f"x = 1  {comment}\n"})
        assert "unused-suppression" in self.check(ours).out

    def test_known_to_a_baseline(self, ours: Path) -> None:
        assert run(ours, "baseline", "create", "--trust-project").code == 0
        assert (self.check(ours).code, self.check(ours, "--no-baseline").code) == (0, 1)

    def test_given_another_severity(self, ours: Path) -> None:
        said = self.check(ours, "--config", "severity.SHOP=info")
        assert said.code == 0
        assert "info[some-rule]" in said.out

    def test_in_json_as_the_schema_has_it(self, ours: Path) -> None:
        jsonschema.validate(json.loads(self.check(ours, "--format", "json").out), SCHEMA)

    def test_silenced_by_name(self, ours: Path) -> None:
        assert self.check(ours, "--add-ignore", "we know").code == 0
        assert (ours / "app/orders.py").read_text("utf-8").count("# sqla: ignore[some-rule] we know") == 2

    @pytest.mark.parametrize("format_", [name for name in FORMATS if name not in ("json", "sarif")])
    def test_in_every_other_format(self, ours: Path, format_: str) -> None:
        said = self.check(ours, "--format", format_)
        assert (said.code, "some-rule" in said.out or "SHOP101" in said.out) == (1, True)

    def test_in_sarif_with_what_the_function_says(self, ours: Path) -> None:
        sarif = json.loads(self.check(ours, "--format", "sarif").out)
        (found,) = sarif["runs"][0]["tool"]["driver"]["rules"]
        assert (found["id"], found["fullDescription"]["text"]) == ("SHOP101", "some_rule of SHOP101.")

    def test_a_page_beside_the_module_is_shown(self, ours: Path) -> None:
        write(ours, {"some_rule.md": "# some-rule (SHOP101)\n\nWritten at length.\n"})
        assert run(ours, "rule", "some-rule", "--trust-project").out.endswith("Written at length.\n")
        assert run(ours, "rule", "SHOP201", "--trust-project").out.endswith("other_rule of SHOP201.\n")

    def test_listed(self, ours: Path) -> None:
        assert re.search(r"SHOP201 +other-rule +error +off", run(ours, "rule", "--all", "--trust-project").out)
        assert re.search(r"SHOP201 +other-rule +off +not selected", run(ours, "config", "--trust-project").out)

    def test_a_rule_of_ours_is_shown_whatever_the_settings_say(self, project: Path) -> None:
        write(project, {"sqla-lint.toml": "nonsense"})
        assert run(project, "rule", "commit-in-repository").code == 0


BROKEN = {
    "no such module": (None, "No module named"),
    "syntax": ("def", "SyntaxError"),
    "leaves": ("raise SystemExit(0)", "SystemExit: 0"),
    "raises": ("1 / 0", "ZeroDivisionError"),
    "no rules": ("x = 1", "it has no rules"),
    "a code of ours": (a_rule("SQA999"), "letters of your own"),
    "a code that is none": (a_rule("Shop1"), "letters of your own"),
    "a name of ours": (a_rule(name="commit_in_repository"), "clashes with sqla_lint.rules"),
    "a name of the engine": (a_rule(name="syntax_error"), "means something else"),
    "a word that selects": (a_rule(name="plugins"), "means something else"),
    "a name that is none": (a_rule(name="SomeRule"), "cannot be the name of a rule"),
    "twice": (a_rule() + a_rule(name="other"), "clashes with"),
    "no answer": (a_rule().replace("on=Event", "on=str"), "no answer that a rule can get"),
}
CRASHES = {
    "raises": ("raise KeyError('x')", "KeyError: 'x' (in app.orders.place)"),
    "leaves": ("raise SystemExit(0)", "SystemExit: 0"),
    "no generator": ("return None", "TypeError"),
    "no claim": ("yield 'x'", "a rule yields claims"),
    "no text": (CLAIM.replace('"`x` does something"', "None"), "a claim has None"),
    "no confidence": (CLAIM.replace("Confidence.CERTAIN", "3"), "a claim has 3"),
    "a spot elsewhere": (CLAIM.replace("unit.spot(event.at)", "type(unit.spot(0))('no', 1)"), "KeyError"),
}


class TestBroken:
    @pytest.mark.parametrize("case", BROKEN)
    def test_a_plugin_that_cannot_be_used_costs_no_other_finding(self, project: Path, case: str) -> None:
        text, said = BROKEN[case]
        write(project, {"sqla-lint.toml": "plugins = ['good_rules', 'rules_here']\n"})
        write(project, {"good_rules.py": a_rule("GOOD101", "good_rule")})
        if text is not None:
            write(project, {"rules_here.py": text + "\n"})
        printed = run(project, "check", "--trust-project", "--format", "json")
        assert printed.code == 2
        assert [code for code in rules_found(printed) if code != SYNTAX_ERROR] == ["GOOD101"] * 2
        (error,) = json.loads(printed.out)["errors"]
        assert error["message"].startswith("plugin `rules_here` cannot be used: ")
        assert said in error["message"]
        assert run(project, "check", "--trust-project").code == 2

    @pytest.mark.parametrize("case", CRASHES)
    def test_a_rule_that_crashes_costs_no_other_finding(self, project: Path, case: str) -> None:
        body, said = CRASHES[case]
        write(project, {"rules_here.py": a_rule(body=body) + a_rule("GOOD101", "good_rule")})
        printed = run(project, "check", "--trust-project", "--format", "json")
        assert printed.code == 2
        assert rules_found(printed).count("GOOD101") == 2
        assert said in printed.out.replace("\\", "")

    def test_what_a_plugin_prints_is_no_part_of_a_report(self, project: Path) -> None:
        write(project, {"rules_here.py": "print('hello')\n" + a_rule(body=f"print('there')\n    {CLAIM}")})
        said = run(project, "check", "--trust-project", "--format", "json")
        assert rules_found(said) == ["SHOP101"] * 2
        assert said.err == "hello\nthere\nthere\n"

    def test_a_selector_that_it_should_have_had_is_not_blamed(self, project: Path) -> None:
        write(project, {"rules_here.py": "1 / 0"})
        said = run(project, "check", "--trust-project", "--select", "SHOP101")
        assert (said.code, "cannot be used: ZeroDivisionError" in said.err) == (2, True)
        for command in (["rule", "--all"], ["rule", "SHOP101"], ["config"]):
            said = run(project, *command, "--trust-project")
            assert (said.code, "cannot be used: ZeroDivisionError" in said.err) == (2, True)


class TestRecord:
    """What is answered from before holds only as long as the plugins are the same."""

    def test_a_changed_plugin_or_helper_is_noticed(self, project: Path) -> None:
        helped = a_rule().replace("`x` does something", "`x` {help}").replace('"`x`', 'f"`x`')
        lazily = helped.replace("    yield", "    from helping import help\n    yield")
        write(project, {"rules_here.py": lazily, "helping.py": "help = 'first'\n", "sqla-lint.toml": ""})
        write(project, {"sqla-lint.toml": "plugins = ['rules_here']\nexclude = ['*.py', '!app/**']\n"})
        for word in ("first", "second"):
            write(project, {"helping.py": f"help = '{word}'\n"})
            assert [word in run(project, "check", "--trust-project").out for _ in range(2)] == [True, True]

    def test_a_plugin_that_is_installed_later_is_noticed(self, project: Path, tmp_path: Path) -> None:
        installed = tmp_path / "installed"
        write(project, {"sqla-lint.toml": ""})
        write(installed, {"other-1.0.dist-info/METADATA": ""})
        assert [run(project, "check", path=str(installed)).code for _ in range(2)] == [0, 0]
        offer(installed, "offered", a_rule())
        assert [run(project, "check", path=str(installed)).code for _ in range(2)] == [1, 1]
        assert run(project, "check").code == 0
        write(installed, {"offered.py": a_rule(body="yield from ()")})
        assert run(project, "check", path=str(installed)).code == 0

    def test_an_entry_point_that_changes_is_noticed(self, project: Path, tmp_path: Path) -> None:
        installed = tmp_path / "installed"
        write(project, {"sqla-lint.toml": ""})
        offer(installed, "offered", a_rule())
        write(installed, {"silent.py": a_rule(body="yield from ()")})
        assert [run(project, "check", path=str(installed)).code for _ in range(2)] == [1, 1]
        offer(installed, "offered", a_rule(), "silent")
        assert run(project, "check", path=str(installed)).code == 0
