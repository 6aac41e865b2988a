"""The schema of the settings, and what the documentation says of them, against the settings themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sqla_lint.config import NOT_YET, ConfigError, Deployed, Library, Settings, Transactions, load
from sqla_lint.report.reference import schema_text, settings_schema
from tests.commands import Shell
from tests.reference import PAGE, SCHEMA, current_page
from tests.runs import write
from tests.test_cli import LEAKY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
GOOD = [
    "",
    "src = ['lib', 'packages/*/src']",
    "include = ['*.py', '*.pyi']\nexclude = ['old/']",
    "select = ['all']\nextend-select = ['SQA2']\nignore = ['global-session']",
    "[per-file-ignores]\n'tests/**' = ['SQA201']",
    "severity.commit-in-repository = 'info'",
    "fail-on = 'error'\nmin-confidence = 'possible'",
    "require-reason = true\nunsafe-fixes = true",
    "baseline = 'known.json'",
    "executor = 'ci.pools:make'",
    "plugins = ['tools.lint_rules', 'shop_rules']",
    "layers = { repository = ['app.store.**'], domain = [] }",
    "transactions.owner = 'unit-of-work'",
    "[library]\nsession-factories = ['app.db.make']\nhandler-decorators = []",
    "[deployment.web]\ntarget = 'kubernetes'\nreplicas = 6\nprocesses = 4\nmax-connections = 100",
    "deployment = { web = { threads = 8, pgbouncer = 'session' }, 'a worker' = {} }",
]
BAD = [
    "selct = []",
    "src = 'lib'",
    "select = [1]",
    "ignore = 'all'",
    "require-reason = 'yes'",
    "require-reason = 1",
    "fail-on = 'bad'",
    "min-confidence = 3",
    "severity = 'info'",
    "severity.x = 'fatal'",
    "per-file-ignores = []",
    "[per-file-ignores]\nx = 'SQA201'",
    "layers.repositry = []",
    "layers.repository = 'app'",
    "transactions.owner = 'me'",
    "transactions.ownr = 'service'",
    "library.session-factory = []",
    "library.session-factories = 'app.db.make'",
    "deployment = 'kubernetes'",
    "deployment.replicas = 3",
    "deployment.web.replica = 3",
    "deployment.web.replicas = 0",
    "deployment.web.processes = 2.5",
    "deployment.web.threads = '8'",
    "deployment.web.max-connections = true",
    "deployment.web.target = 'moon'",
    "deployment.web.pgbouncer = true",
    "executor = 'not a name'",
    "plugins = 'tools.lint_rules'",
    "plugins = ['tools/lint_rules.py']",
    "baseline = ''",
    "baseline = 1",
    "extend = 1",
    *(f"{key} = true" for key in NOT_YET),
]


def schema_accepts(text: str) -> bool:
    table: dict[str, Any] = tomllib.loads(text)
    return bool(jsonschema.Draft202012Validator(settings_schema()).is_valid(table))


def loader_accepts(root: Path, text: str) -> bool:
    write(root, {"sqla-lint.toml": text})
    try:
        load([root])
    except ConfigError:
        return False
    return True


def test_what_is_generated_is_current() -> None:
    """If not: `python -m tests.reference` writes it."""
    assert SCHEMA.read_text("utf-8") == schema_text()
    assert PAGE.read_text("utf-8") == current_page()


def test_a_declared_process_is_shown_as_it_is_written(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {"sqla-lint.toml": "[deployment.web]\ntarget = 'lambda'\nmax-connections = 9\n"})
    said = json.loads(shell("config", str(tmp_path), "--format", "json").out)["settings"]["deployment"]
    web = {"target": "lambda", "replicas": 1, "processes": 1, "max-connections": 9}
    assert said == {"value": {"web": web}, "from": "sqla-lint.toml:1"}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(settings_schema())


@pytest.mark.parametrize("text", GOOD)
def test_the_schema_and_the_loader_accept(tmp_path: Path, text: str) -> None:
    assert schema_accepts(text)
    assert loader_accepts(tmp_path, text)


@pytest.mark.parametrize("text", BAD)
def test_the_schema_and_the_loader_refuse(tmp_path: Path, text: str) -> None:
    assert not schema_accepts(text)
    assert not loader_accepts(tmp_path, text)


def test_every_key_is_in_an_example() -> None:
    """So that a new key gets one."""
    used = {key for text in GOOD for key in tomllib.loads(text)}
    assert used == {one.name.replace("_", "-") for one in fields(Settings)}


@pytest.mark.parametrize("kind", [Settings, Transactions, Library, Deployed])
def test_every_key_says_what_it_means(kind: type) -> None:
    for one in fields(kind):
        assert one.metadata["means"][0].islower() or one.metadata["means"][0] == "`"
        assert not one.metadata["means"].endswith(".")


def test_defaults_of_the_schema_are_the_defaults(tmp_path: Path) -> None:
    keys = settings_schema()["properties"]
    lines = [f"{key} = {json.dumps(one['default'])}" for key, one in keys.items() if "default" in one]
    write(tmp_path, {"sqla-lint.toml": "\n".join(lines)})
    assert load([tmp_path]).settings == Settings()
    assert len(lines) >= 10


def test_a_command_prints_the_schema(shell: Shell) -> None:
    assert shell("config", "--schema").out == SCHEMA.read_text("utf-8")


class TestExtend:
    def test_the_file_itself_has_the_last_word(self, tmp_path: Path) -> None:
        base = "fail-on = 'info'\nignore = ['SQA101']\n[layers]\ntask = ['a']\nhandler = ['b']\n"
        own = "extend = 'ci/base.toml'\nfail-on = 'error'\n[layers]\ntask = ['c']\n"
        write(tmp_path, {"ci/base.toml": base, "sqla-lint.toml": own})
        configuration = load([tmp_path])
        assert configuration.settings.fail_on.value == "error"
        assert configuration.settings.ignore == ("SQA101",)
        assert dict(configuration.settings.layers) == {"task": ("c",), "handler": ("b",)}
        assert configuration.origin("ignore") == "ci/base.toml:2"
        assert configuration.origin("fail-on") == "sqla-lint.toml:2"

    def test_of_several_the_later_wins_and_each_may_extend(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            {
                "far.toml": "require-reason = true\nfail-on = 'info'",
                "one.toml": "extend = ['far.toml']\nmin-confidence = 'certain'",
                "two.toml": "min-confidence = 'possible'",
                "pyproject.toml": "[tool.sqla-lint]\nextend = ['one.toml', 'two.toml']\n",
            },
        )
        settings = load([tmp_path]).settings
        assert (settings.require_reason, settings.fail_on.value, settings.min_confidence.word) == (
            True,
            "info",
            "possible",
        )

    def test_a_pyproject_can_be_extended(self, tmp_path: Path) -> None:
        write(tmp_path, {"lib/pyproject.toml": "[tool.sqla-lint]\nrequire-reason = true\n", "app/x.py": ""})
        write(tmp_path, {"app/sqla-lint.toml": "extend = '../lib/pyproject.toml'"})
        assert load([tmp_path / "app"]).settings.require_reason

    def test_a_mistake_in_it_has_its_place_there(self, tmp_path: Path) -> None:
        write(tmp_path, {"base.toml": "\nselct = []", "sqla-lint.toml": "extend = 'base.toml'"})
        with pytest.raises(ConfigError) as caught:
            load([tmp_path])
        assert (caught.value.file, caught.value.line) == ("base.toml", 2)

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({"sqla-lint.toml": "extend = 'gone.toml'"}, "`gone.toml` is not there"),
            ({"sqla-lint.toml": "extend = 'sqla-lint.toml'"}, "`sqla-lint.toml` extends itself"),
            (
                {"sqla-lint.toml": "extend = 'a.toml'", "a.toml": "extend = 'sqla-lint.toml'"},
                "`sqla-lint.toml` extends itself",
            ),
            (
                {"sqla-lint.toml": "extend = 'pyproject.toml'", "pyproject.toml": "[project]"},
                "`pyproject.toml` has no table `tool.sqla-lint`",
            ),
            ({"sqla-lint.toml": "extend = 1"}, "`extend` must be a list of strings, not a number"),
            ({"sqla-lint.toml": "extnd = 'x'"}, "unknown key `extnd`, did you mean `extend`?"),
        ],
    )
    def test_what_cannot_be_extended(self, tmp_path: Path, files: dict[str, str], message: str) -> None:
        write(tmp_path, files)
        with pytest.raises(ConfigError) as caught:
            load([tmp_path])
        assert caught.value.message == message
        assert (caught.value.line, bool(caught.value.file)) == (1, True)

    def test_it_stands_in_files_only(self, tmp_path: Path) -> None:
        write(tmp_path, {"base.toml": ""})
        with pytest.raises(ConfigError, match="`extend` stands in files only"):
            load([tmp_path], ["extend=base.toml"])

    def test_a_run_is_not_answered_from_before_it_changed(self, tmp_path: Path) -> None:
        leaky = LEAKY["app/db.py"]
        write(tmp_path, {"base.toml": "", "sqla-lint.toml": "extend = 'base.toml'", "x.py": leaky})

        def run() -> int:
            command = [sys.executable, "-m", "sqla_lint", "check"]
            environment = {"PYTHONPATH": str(ROOT)}
            return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60).returncode

        assert [run(), run()] == [1, 1]
        write(tmp_path, {"base.toml": "ignore = ['global-session']"})
        assert run() == 0
