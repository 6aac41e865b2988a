"""The pipelines of `docs/ci.md`: their commands are run, in a project with a finding and in one without."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from sqla_lint import DISTRIBUTION
from sqla_lint.commands.init import HOOK
from tests.hooked import INDEX, ROOT
from tests.runs import write
from tests.test_cli import LEAKY

CLEAN = {path: text for path, text in LEAKY.items() if path != "app/db.py"}
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
GITHUB, GITLAB, HOOKS = (
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
STEPS: list[dict[str, Any]] = GITHUB["jobs"]["sqla-lint"]["steps"]
SCRIPTS: dict[str, list[str]] = {
    "github": [step["run"] for step in STEPS if "run" in step],
    "gitlab": GITLAB["sqla-lint"]["script"],
}
INSTALL = f"pip install {DISTRIBUTION}"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which the pipelines' first command was run: this source installed where nothing else is. Without a package
    index, one in which the command is that of the tests."""
    folder = tmp_path_factory.mktemp("pipeline")
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    installed = {**plain, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    try:
        with urlopen(INDEX, timeout=10):
            pass
    except (URLError, TimeoutError):
        command = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sqla_lint "$@"\n'
        write(folder, {"bin/sqla-lint": command})
        (folder / "bin/sqla-lint").chmod(0o755)
        return {**installed, "PYTHONPATH": str(ROOT)}
    venv.create(folder, with_pip=True)
    command = INSTALL.replace(DISTRIBUTION, shlex.quote(str(ROOT)))
    subprocess.run(command, shell=True, env=installed, cwd=folder, check=True, capture_output=True, timeout=300)
    return installed


def run(script: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a host does with the commands of a job, the installation apart: one after the other until one fails."""
    lines = "\n".join(["set -e", *(line for line in script if line != INSTALL)])
    return subprocess.run(
        ["bash", "-c", lines], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("host", SCRIPTS)
def test_the_commands_install_and_check(host: str) -> None:
    first, *others = SCRIPTS[host]
    assert first == INSTALL
    assert others
    assert all(line.startswith("sqla-lint check ") for line in others)


@pytest.mark.parametrize("host", SCRIPTS)
def test_a_finding_fails_the_job_and_is_reported(host: str, tmp_path: Path, environment: dict[str, str]) -> None:
    write(tmp_path, {**LEAKY, ".git/HEAD": ""})
    ran = run(SCRIPTS[host], tmp_path, environment)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "error[global-session]" in ran.stdout
    if host == "github":
        assert "::error file=app/db.py,line=5," in ran.stdout
        (upload,) = (step for step in STEPS if "upload-sarif" in step.get("uses", ""))
        sarif = json.loads((tmp_path / upload["with"]["sarif_file"]).read_text("utf-8"))
        assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["SQA101"]
        assert upload["if"] == "always()"
    else:
        artifacts = GITLAB["sqla-lint"]["artifacts"]
        report = json.loads((tmp_path / artifacts["reports"]["codequality"]).read_text("utf-8"))
        assert [one["location"]["path"] for one in report] == ["app/db.py"]
        assert artifacts["when"] == "always"


@pytest.mark.parametrize("host", SCRIPTS)
def test_without_findings_the_job_passes(host: str, tmp_path: Path, environment: dict[str, str]) -> None:
    write(tmp_path, {**CLEAN, ".git/HEAD": ""})
    ran = run(SCRIPTS[host], tmp_path, environment)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_cache_of_the_pipelines_is_where_runs_leave_it(tmp_path: Path, environment: dict[str, str]) -> None:
    write(tmp_path, {**CLEAN, ".git/HEAD": ""})
    assert run(SCRIPTS["gitlab"], tmp_path, environment).returncode == 0
    (step,) = (step for step in STEPS if "actions/cache" in step.get("uses", ""))
    for path in (step["with"]["path"], *GITLAB["sqla-lint"]["cache"]["paths"]):
        assert (tmp_path / path / "CACHEDIR.TAG").is_file()


def test_the_hook_shown_is_the_one_that_init_prints() -> None:
    assert yaml.safe_load(HOOK) == HOOKS
