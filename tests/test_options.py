"""What rules can be told by the settings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sqla_lint.config import ConfigError, load
from sqla_lint.engine.run import load_catalogue
from sqla_lint.rules import registry
from tests.commands import Shell
from tests.runs import write
from tests.test_plugins import rules_found, run

PAGE = (Path(__file__).parent.parent / "docs/writing-a-rule.md").read_text("utf-8")
EXAMPLE = re.search(r"^## Options\n.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TWICE = "def f(session: Session):\n    session.commit()\n    session.commit()\n"
COMMITS = f"from sqlalchemy.orm import Session\n\n\n{TWICE}"


def error(root: Path, text: str) -> ConfigError:
    write(root, {"sqla-lint.toml": text})
    with pytest.raises(ConfigError) as caught:
        load_catalogue().check(load([root]))
    return caught.value


@pytest.mark.parametrize("rule", [rule for rule in registry.load() if rule.options], ids=lambda rule: str(rule.name))
def test_the_page_of_a_rule_lists_its_options(rule: registry.RuleInfo) -> None:
    assert f"\n## Options\n\n{registry.listed(rule)}" in registry.page(rule)
    assert all(one.means and not one.means.endswith(".") for one in rule.options)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (
            "[rules.query-in-hander]\nreads = true",
            "no rule is called `query-in-hander`, did you mean `query-in-handler`?",
            1,
            2,
        ),
        ("rules.SQA417.read = true", "`query-in-handler` has no option `read`, did you mean `reads`?", 1, 1),
        ("[rules.SQA101]\n\nx = true", "`global-session` has no option `x`; it has none", 3, 1),
        (
            "[rules]\nquery-in-handler = { reads = 1 }",
            "`rules.query-in-handler.reads` must be true or false, not a number",
            2,
            22,
        ),
        (
            "[rules.publish-before-commit]\nbuffered = 'x'",
            "`rules.publish-before-commit.buffered` must be a list of strings, not a string",
            2,
            1,
        ),
        ("[rules.SQA211]\nbuffered = [1]", "`rules.SQA211.buffered` cannot be a list with other things in it", 2, 1),
        ("rules.SQA211 = 1", "`rules.SQA211` must be a table, not a number", 1, 1),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, text: str, message: str, line: int, column: int) -> None:
    caught = error(tmp_path, text)
    assert (caught.message, caught.line, caught.column) == (message, line, column)


def test_the_last_word_counts_option_by_option(shell: Shell, tmp_path: Path) -> None:
    base = "[rules.SQA211]\nbuffered = ['a']\n[rules.SQA417]\nreads = true\n"
    write(tmp_path, {"base.toml": base, "sqla-lint.toml": "extend = 'base.toml'\n[rules.SQA211]\nbuffered = ['b']"})
    said = 'rules = { SQA211 = { buffered = ["b"] }, SQA417 = { reads = true } }  (sqla-lint.toml:2)'
    assert said in shell("config").out.splitlines()
    found = json.loads(shell("config", "--format", "json", "--config", "rules.SQA417.reads=false").out)
    assert found["settings"]["rules"] == {
        "value": {"SQA211": {"buffered": ["b"]}, "SQA417": {"reads": False}},
        "from": "--config",
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (dict, "options must be a dataclass, not <class 'dict'>"),
        (dataclass(type("A", (), {"__annotations__": {"x": int}})), "option `x` must have a default"),
        (dataclass(type("B", (), {"__annotations__": {"x": float}, "x": 0.5})), "option `x` must have a default"),
    ],
)
def test_options_that_settings_could_not_state(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        registry.rule("SHOP101", on=registry.Defined, options=wrong)


class TestPlugins:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        assert EXAMPLE is not None
        write(tmp_path, {"sqla-lint.toml": "plugins = ['rules_here']\nselect = ['plugins']\n", "app/a.py": COMMITS})
        write(tmp_path, {"rules_here.py": EXAMPLE[1]})
        return tmp_path

    def found(self, project: Path, *options: str) -> list[str]:
        given = [part for option in options for part in ("--config", option)]
        return rules_found(run(project, "check", "--trust-project", "--format", "json", *given, "app"))

    def test_the_example_of_the_documentation_can_be_told(self, project: Path) -> None:
        assert self.found(project) == ["SHOP102"]
        assert self.found(project, "rules.too-many-commits.at-most=2") == []
        assert self.found(project, "rules.SHOP102.at-most=2") == []

    def test_a_run_is_not_answered_from_before_it_was_told(self, project: Path) -> None:
        assert self.found(project) == self.found(project) == ["SHOP102"]
        file = project / "sqla-lint.toml"
        file.write_text(file.read_text() + "rules.SHOP102.at-most = 2\n")
        assert self.found(project) == []

    def test_a_mistake_is_one_of_theirs_too(self, project: Path) -> None:
        ran = run(project, "check", "--trust-project", "--config", "rules.SHOP102.at_most=2", "app")
        said = "`too-many-commits` has no option `at_most`, did you mean `at-most`?"
        assert (ran.code, said in ran.err) == (2, True)

    def test_without_a_page_they_are_listed_all_the_same(self, project: Path) -> None:
        said = run(project, "rule", "SHOP102", "--trust-project").out
        assert said.endswith("| `at-most` | `1` | how many commits a function may do |\n")
