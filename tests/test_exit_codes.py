"""`docs/exit-codes.md`: each row is run, and says and leaves what it is said to."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sqla_lint import config
from tests.commands import Printed, Shell
from tests.hooked import ROOT
from tests.runs import write
from tests.test_cli import LEAKY

PAGE = (ROOT / "docs/exit-codes.md").read_text("utf-8")
OPEN_END = " ..."


class Row(NamedTuple):
    """A row of the page: what is typed, the exit code, and the first line that is said."""

    command: str
    code: int
    says: str


ROWS = [
    Row(command, int(code), says)
    for code, command, says in re.findall(r"^\| (\d) \| `(.+?)` \| `` (.+) `` \|$", PAGE, re.MULTILINE)
]


def in_a_shell(command: str, folder: Path) -> Printed:
    """For what needs more than one command."""
    write(folder.parent / "bin", {"sqla-lint": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sqla_lint "$@"\n'})
    (folder.parent / "bin/sqla-lint").chmod(0o755)
    environment = {"PATH": f"{folder.parent / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    return Printed(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.command)
def test_a_row_is_true(row: Row, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    write(folder, LEAKY)
    monkeypatch.chdir(folder)
    said = in_a_shell(row.command, folder) if "&&" in row.command else shell(*shlex.split(row.command)[1:])
    first = (said.err or said.out).splitlines()[0].replace(f"{folder}{os.sep}", "")
    assert said.code == row.code
    if row.says.endswith(OPEN_END):
        assert first.startswith(row.says.removesuffix(OPEN_END))
    else:
        assert first == row.says
    assert (row.code == 2) <= bool(said.err)


def test_all_rows_were_read() -> None:
    assert len(ROWS) == len(re.findall(r"^\| \d \| `", PAGE, re.MULTILINE))
    assert {row.code for row in ROWS} == {0, 1, 2}


def messages() -> list[str]:
    """Every message that the settings are refused with, as a pattern."""
    found = []
    for node in ast.walk(ast.parse(Path(config.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("ConfigError", "_at_key", "_at_value") and node.args:
                pattern = _pattern(node.args[0])
                if pattern:
                    found.append(pattern)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "message":
            found.append(_pattern(node.value))
    return [pattern for pattern in found if pattern]


def _pattern(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".*" for p in parts)
    return ""


@pytest.mark.parametrize("pattern", messages())
def test_every_mistake_in_settings_has_a_row(pattern: str) -> None:
    """If not: add a row to `docs/exit-codes.md` that shows it."""
    assert any(re.search(pattern, row.says) for row in ROWS)


def test_the_messages_were_found() -> None:
    assert len(messages()) >= 20
