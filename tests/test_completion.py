"""Completion in the real shells: what stands on the command line after a TAB."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.runs import write
from tests.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
LINES = {
    "sqla-lint chec": "sqla-lint check",
    "sqla-lint basel": "sqla-lint baseline",
    "sqla-lint baseline cre": "sqla-lint baseline create",
    "sqla-lint check --stdin-f": "sqla-lint check --stdin-filename",
    "sqla-lint check --format sar": "sqla-lint check --format sarif",
    "sqla-lint check --select commit-in-reposi": "sqla-lint check --select commit-in-repository",
    "sqla-lint --ignore SQA101,commit-in-reposi": "sqla-lint --ignore SQA101,commit-in-repository",
    "sqla-lint check --extend-select transac": "sqla-lint check --extend-select transactions",
    "sqla-lint rule commit-in-reposi": "sqla-lint rule commit-in-repository",
    "sqla-lint check servi": "sqla-lint check services.py",
}
"""What is typed before the TAB, and what it becomes."""
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
TO_THE_START, TO_THE_END = "\x01", "\x05"
PREPARE = {
    "bash": "bind 'set enable-bracketed-paste off'; eval \"$(sqla-lint completion bash)\"",
    "zsh": 'autoload -Uz compinit; compinit -u -D; bindkey -e; eval "$(sqla-lint completion zsh)"',
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which the command `sqla-lint` is this one, in a folder with a file."""
    command = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sqla_lint "$@"\n'
    write(tmp_path, {"bin/sqla-lint": command, "work/services.py": "", "work/other.txt": ""})
    (tmp_path / "bin/sqla-lint").chmod(0o755)
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tab_completes(shell: str, tmp_path: Path, environment: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    terminal = Terminal(START[shell], tmp_path / "work", environment)
    try:
        terminal.type(f"{PREPARE[shell]}; echo ready''now\n")
        terminal.hear("readynow\r\n")
        for number, typed in enumerate(LINES):
            terminal.type(f"{typed}\t{TO_THE_START}echo '{TO_THE_END}' >> ../lines; echo line''{number}done\n")
            terminal.hear(f"line{number}done\r\n")
    finally:
        terminal.close()
    assert [line.rstrip() for line in (tmp_path / "lines").read_text().splitlines()] == list(LINES.values())


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(tmp_path: Path, environment: dict[str, str]) -> None:
    asked = "".join(f"complete -C {shlex.quote(typed)}; " for typed in LINES)
    command = ["fish", "--no-config", "-c", f"sqla-lint completion fish | source; {asked}"]
    ran = subprocess.run(
        command, cwd=tmp_path / "work", env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    said = [line.partition("\t")[0] for line in ran.stdout.splitlines()]
    assert said == [line.rpartition(" ")[2] for line in LINES.values()]


def test_an_answer_for_a_shell_is_not_that_of_a_remembered_run(tmp_path: Path, environment: dict[str, str]) -> None:
    for _ in range(2):
        subprocess.run(["sqla-lint"], cwd=tmp_path / "work", env=environment, capture_output=True, check=True)
    asking = {**environment, "_SQLA_LINT_COMPLETE": "bash_complete", "COMP_WORDS": "sqla-lint chec", "COMP_CWORD": "1"}
    ran = subprocess.run(["sqla-lint"], cwd=tmp_path / "work", env=asking, capture_output=True, text=True, check=True)
    assert ran.stdout == "plain,check\n"


def test_a_shell_that_is_not_known_is_refused(shell: Shell) -> None:
    assert shell("completion", "tcsh").code == 2
