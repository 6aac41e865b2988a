"""Fixes that are asked about, one by one, on a real terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.runs import write
from tests.terminal import Terminal
from tests.test_cli import lint  # noqa: F401  the fixture
from tests.test_fixing import AWAITED, HEAD, PROJECT, SURE, UNAWAITED, UNSURE

COMMAND = [sys.executable, "-m", "sqla_lint", "check", "--fix", "--interactive"]
ROOT = Path(__file__).resolve().parent.parent
ASKED = "[y,n,a,q,?]? "
TWICE = f"""\
{HEAD}async def save(session: AsyncSession, other: AsyncSession) -> None:
    session.commit()
    print("between")
    print("and between")
    print("and more")
    print("and more still")
    print("so that no diff shows both")
    session.commit()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, PROJECT)
    return tmp_path


@contextmanager
def review(folder: Path, *args: str, **variables: str) -> Iterator[Terminal]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "dumb", "NO_COLOR": "1", **variables}
    terminal = Terminal([*COMMAND, *args], folder, environment)
    try:
        yield terminal
    finally:
        terminal.close()


def without_progress(said: str) -> str:
    return re.sub(r"\r[^\n\x1b]*\x1b\[K", "", said)


def answered(terminal: Terminal, keys: str) -> list[str]:
    """What is shown before each question, when these are the answers."""
    shown = []
    for key in keys:
        shown.append(without_progress(terminal.hear(ASKED)).replace("\r\n", "\n"))
        terminal.type(f"{key}\n" if key != "\x04" else key)
    return shown


def test_each_fix_is_shown_with_what_it_mends(project: Path) -> None:
    with review(project, "--unsafe-fixes", "app") as terminal:
        first, second = answered(terminal, "yy")
        code, rest = terminal.end()
    assert (
        first
        == """\
error[missing-await]: `session.commit()` is never awaited, so it is never run  (SQA303)
 --> app/a.py:5:5 in save
@@ -2,4 +2,4 @@
 
 
 async def save(session: AsyncSession) -> None:
-    session.commit()  # at last
+    await session.commit()  # at last
(1/2) Make this fix """
    )
    assert second.startswith("y\nerror[missing-await]: ")
    assert second.endswith("\n(2/2) Make this fix and look at it afterwards ")
    assert (code, rest) == (0, "y\n2 fixed; no findings in 2 files\n")
    assert (project / "app/a.py").read_text() == AWAITED
    assert (project / "app/b.py").read_text() == SURE


def test_the_documentation_shows_what_is_seen(project: Path) -> None:
    (project / "app/a.py").write_text(UNAWAITED.replace("  # at last", ""))
    with review(project, "app/a.py") as terminal:
        (shown,) = answered(terminal, "y")
        rest = terminal.end()[1]
    assert f"```text\n{shown}{ASKED}{rest}```" in (ROOT / "docs/fixes.md").read_text("utf-8")


def test_what_is_left_is_reported_and_stays(project: Path) -> None:
    with review(project, "--unsafe-fixes", "app") as terminal:
        answered(terminal, "ny")
        code, rest = terminal.end()
    assert code == 1
    assert rest.splitlines()[-1] == "1 fixed; 1 finding (1 error) in 1 of 2 files; fixable: 1 by --fix"
    assert (project / "app/a.py").read_text() == UNAWAITED
    assert (project / "app/b.py").read_text() == SURE


def test_one_answer_can_hold_for_all_that_follow(project: Path) -> None:
    with review(project, "--unsafe-fixes", ".") as terminal:
        answered(terminal, "na")
        assert terminal.end()[0] == 1
    assert (project / "app/a.py").read_text() == UNAWAITED
    assert (project / "app/b.py").read_text() == SURE
    assert (project / "other/c.py").read_text() == AWAITED


@pytest.mark.parametrize("leaving", ["q", "\x04"])
def test_leaving_keeps_what_was_wanted_before(project: Path, leaving: str) -> None:
    with review(project, "--unsafe-fixes", ".") as terminal:
        answered(terminal, f"y{leaving}")
        assert terminal.end()[0] == 1
    assert (project / "app/a.py").read_text() == AWAITED
    assert (project / "app/b.py").read_text() == UNSURE
    assert (project / "other/c.py").read_text() == UNAWAITED


def test_an_interrupted_review_changes_nothing(project: Path) -> None:
    with review(project, ".") as terminal:
        answered(terminal, "y")
        terminal.hear(ASKED)
        terminal.interrupt()
        code, rest = terminal.end()
    assert (code, rest.splitlines()[-1]) == (2, "sqla-lint: interrupted")
    assert (project / "app/a.py").read_text() == UNAWAITED


@pytest.mark.parametrize("unclear", ["?", "x", ""])
def test_whoever_is_unsure_is_told_what_the_keys_do(project: Path, unclear: str) -> None:
    with review(project, "app") as terminal:
        terminal.hear(ASKED)
        terminal.type(f"{unclear}\n")
        (told,) = answered(terminal, "n")
        terminal.end()
    assert "\na - make this fix and all that follow\n" in told
    assert told.endswith("\n(1/1) Make this fix ")


def test_of_two_that_read_alike_the_one_that_was_left_is_not_asked_about_again(project: Path) -> None:
    (project / "app/a.py").write_text(TWICE)
    with review(project, "app/a.py") as terminal:
        answered(terminal, "ny")
        code, rest = terminal.end()
    assert (code, ASKED in rest) == (1, False)
    assert (project / "app/a.py").read_text() == TWICE[::-1].replace("\n    ses"[::-1], "\n    await ses"[::-1], 1)[
        ::-1
    ]


def test_what_is_shown_cannot_move_the_cursor(project: Path) -> None:
    (project / "app/a.py").write_text(UNAWAITED.replace("at last", "\x1b[2J at last"))
    with review(project, "app") as terminal:
        (shown,) = answered(terminal, "y")
        terminal.end()
    assert "# \\x1b[2J at last\n" in shown
    assert (project / "app/a.py").read_text() == AWAITED.replace("at last", "\x1b[2J at last")


def test_a_diff_has_colours_where_the_terminal_does(project: Path) -> None:
    with review(project, "app", NO_COLOR="") as terminal:
        (shown,) = answered(terminal, "n")
        terminal.end()
    assert "\n\x1b[32m+    await session.commit()  # at last\x1b[0m\n" in shown


def test_an_answer_is_not_remembered(project: Path) -> None:
    for _ in range(2):
        with review(project, "app") as terminal:
            answered(terminal, "n")
            assert terminal.end()[0] == 1


def test_without_a_terminal_nobody_is_asked(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*COMMAND, "."], cwd=project, env=environment, input="y\n", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sqla-lint: error: --interactive asks on a terminal, and standard input or output is none\n"
    assert (project / "app/a.py").read_text() == UNAWAITED


@pytest.mark.parametrize("options", [("-i",), ("-i", "--diff"), ("-i", "--fix", "--diff")])
def test_there_must_be_something_to_ask(lint: Shell, project: Path, options: tuple[str, ...]) -> None:  # noqa: F811
    said = lint("check", *options, ".")
    assert said.code == 2
    assert "--interactive asks which fixes are made" in said.err
