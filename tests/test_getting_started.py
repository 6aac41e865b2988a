"""`docs/getting-started.md` and `docs/adopting.md`: their commands are run, and print what is shown."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from sqla_lint import DISTRIBUTION
from sqla_lint.commands.init import HOOK
from tests.hooked import INDEX, ROOT

PAGE = (ROOT / "docs/getting-started.md").read_text("utf-8")
HOME = "/home/you"
INSTALL = f"pip install --quiet {DISTRIBUTION}\n"
_BLOCK = re.compile(r"(?:^`(?P<path>[^`\s]+)`:\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Shown(NamedTuple):
    """Commands of the page, the files that stand before them, and what they shall print."""

    files: dict[str, str]
    commands: str
    printed: str


def shown() -> Iterator[Shown]:
    files: dict[str, str] = {}
    blocks = list(_BLOCK.finditer(PAGE))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block["path"]:
            files[block["path"]] = block["text"]
        elif block["language"] == "sh":
            assert after is not None
            assert after["language"] == "text", "commands are followed by what they print"
            yield Shown(files, block["text"], after["text"])
            files = {}


SHOWN = list(shown())


def install() -> str:
    """What installs this source, or without a package index makes the command that of the tests."""
    try:
        with urlopen(INDEX, timeout=10):
            return INSTALL.replace(DISTRIBUTION, shlex.quote(str(ROOT)))
    except (URLError, TimeoutError):
        command = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m sqla_lint "$@"'
        return f"echo {shlex.quote(command)} >.venv/bin/sqla-lint; chmod +x .venv/bin/sqla-lint\n"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the commands print, block by block, all typed into one shell."""
    home = tmp_path_factory.mktemp("home")
    script = ""
    for number, one in enumerate(SHOWN):
        for path, text in one.files.items():
            script += f"mkdir -p {Path(path).parent}\nprintf %s {shlex.quote(text)} >{path}\n"
        script += f"exec >{home}/{number} 2>&1\n{one.commands.replace(INSTALL, install())}"
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV", "CI")}
    subprocess.run(["bash", "-c", script], cwd=home, env={**kept, "HOME": str(home)}, timeout=900, check=True)
    return [(home / str(number)).read_text("utf-8").replace(str(home), HOME) for number in range(len(SHOWN))]


@pytest.mark.parametrize("number", range(len(SHOWN)), ids=[one.commands.splitlines()[-1] for one in SHOWN])
def test_commands_print_what_is_shown(number: int, printed: list[str]) -> None:
    assert printed[number] == SHOWN[number].printed


def test_every_python_file_has_a_name_and_comes_before_commands() -> None:
    assert sum(len(one.files) for one in SHOWN) == PAGE.count("```python") >= 5
    assert INSTALL in SHOWN[0].commands


def test_the_hook_shown_is_the_one_that_init_prints() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert yaml.safe_load(block) == yaml.safe_load(HOOK)


def test_the_commands_of_adopting_run_in_an_old_code_base(tmp_path: Path) -> None:
    """One after the other, each with the exit code of a command that did what it was asked."""
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "fixtures/projects/leaky_shop", shop, ignore=shutil.ignore_patterns(".sqla-lint*"))
    page = (ROOT / "docs/adopting.md").read_text("utf-8")
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)).splitlines()
    codes = {}
    for command in commands:
        name, *words = shlex.split(command)
        assert name == "sqla-lint"
        run = [sys.executable, "-m", "sqla_lint", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        codes[command] = subprocess.run(run, cwd=shop, env=environment, capture_output=True, timeout=120).returncode
    reporting = "sqla-lint check --no-baseline --select commit-inside-begin"
    assert codes == {command: int(command == reporting) for command in commands}
    assert len(commands) >= 8
