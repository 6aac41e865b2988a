"""`check - --stdin-filename FILE`: a text that is not yet, or no longer, what is on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine import read
from sqla_lint.engine.discover import discover
from sqla_lint.engine.run import unheard
from tests.commands import Printed, Shell
from tests.runs import write

ROOT = Path(__file__).resolve().parent.parent
HANDLER = """\
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_session
from app.repositories import OrderRepository

router = APIRouter()


@router.post("/orders")
def create_order(session: Session = Depends(get_session)) -> None:
    OrderRepository(session).add()
"""
REPOSITORY = """\
from sqlalchemy.orm import Session


class OrderRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self) -> None:
        order = object()
        self.session.add(order)
        self.session.{end}()
        self.session.refresh(order)
"""
SHOP = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/db.py": """\
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

make = sessionmaker(create_engine("sqlite://"))


def get_session() -> Iterator[Session]:
    with make() as session, session.begin():
        yield session
""",
    "app/handlers.py": HANDLER,
    "app/repositories.py": REPOSITORY.format(end="flush"),
}
COMMITS = REPOSITORY.format(end="commit")
NAMED = ("-", "--stdin-filename", "app/repositories.py")


def names(said: Printed) -> list[tuple[str, str, int]]:
    found = json.loads(said.out)["findings"]
    return [(finding["name"], finding["path"], len(finding["trace"])) for finding in found]


def test_the_text_is_judged_in_the_project_it_is_to_stand_in(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("check", *NAMED, "--format", "json", stdin=COMMITS)
    assert said.code == 1
    assert names(said) == [("commit-inside-begin", "app/repositories.py", 3)]
    assert (tmp_path / "app/repositories.py").read_text() == SHOP["app/repositories.py"]


def test_what_it_shows_is_the_text_that_was_given(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("check", *NAMED, stdin=f"# not saved yet\n{COMMITS}")
    assert "12 |         self.session.commit()" in said.out


def test_a_repair_that_is_not_saved_yet_is_seen(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "app/repositories.py": COMMITS})
    assert shell("check", "app").code == 1
    assert shell("check", *NAMED, stdin=SHOP["app/repositories.py"]).code == 0


def test_other_files_are_context_only(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "app/repositories.py": COMMITS})
    said = shell("check", "-", "--stdin-filename", "app/handlers.py", stdin=HANDLER)
    assert (said.code, said.out) == (0, "no findings in 1 file\n")


@pytest.mark.parametrize("missing", ["app/repositories.py", "app"])
def test_the_file_need_not_be_there(shell: Shell, tmp_path: Path, missing: str) -> None:
    kept = {path: text for path, text in SHOP.items() if not path.startswith(missing)}
    write(tmp_path, kept)
    said = shell("check", *NAMED, "--format", "json", stdin=COMMITS)
    assert said.code == 1
    assert [name for name, _, _ in names(said)] == [
        "commit-inside-begin" if missing != "app" else "commit-in-repository"
    ]
    assert not (tmp_path / "app/repositories.py").exists()


def test_a_package_that_is_not_there_yet_has_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "lib/app/db.py": "x = 1\n"})
    new = "lib/app/__init__.py"
    found = discover(tmp_path, [tmp_path / new], Settings(), unheard, {new: b""})
    assert [(file.root, file.module) for file in found.files] == [("lib", "app"), ("lib", "app.db")]


def test_no_run_is_answered_from_what_a_text_was(tmp_path: Path) -> None:
    write(tmp_path, SHOP)

    def run(*args: str, stdin: str = "") -> int:
        command = [sys.executable, "-m", "sqla_lint", "check", *args]
        environment = {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, input=stdin, text=True, capture_output=True, timeout=60
        ).returncode

    assert [run(*NAMED, stdin=COMMITS), run(*NAMED, stdin=SHOP["app/repositories.py"])] == [1, 0]
    assert [run("."), run(*NAMED, stdin=COMMITS), run(".")] == [0, 1, 0]


def test_what_it_leaves_in_the_cache_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "app/repositories.py": COMMITS})
    cold = shell("check", ".", "--no-cache").out
    assert shell("check", *NAMED, stdin=SHOP["app/repositories.py"]).code == 0
    assert shell("check", ".").out == cold
    assert shell("check", *NAMED, stdin="x = (\n").code == 1
    assert shell("check", ".").out == cold


def test_a_baseline_does_not_forget_what_only_a_text_has_mended(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "app/repositories.py": COMMITS})
    assert shell("baseline", "create").code == 0
    before = (tmp_path / ".sqla-lint-baseline.json").read_bytes()
    assert shell("check", *NAMED, stdin=SHOP["app/repositories.py"]).code == 0
    assert (tmp_path / ".sqla-lint-baseline.json").read_bytes() == before


def test_a_text_that_does_not_parse_is_a_finding(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("check", *NAMED, "--format", "concise", stdin="def f(:\n")
    assert said.code == 1
    assert said.out.startswith("app/repositories.py:1:8: syntax-error ")


def test_an_excluded_file_is_not_checked_as_a_text_either(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "sqla-lint.toml": 'exclude = ["app/repositories.py"]\n'})
    said = shell("check", *NAMED, stdin=COMMITS)
    assert (said.code, said.err) == (0, "sqla-lint: warning: no Python files there\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-",), "- needs --stdin-filename: where would this text stand?"),
        (("-", "app"), "- needs --stdin-filename: where would this text stand?"),
        (("--stdin-filename", "app/x.py"), "--stdin-filename needs - as the only path"),
        (("-", "app", "--stdin-filename", "app/x.py"), "--stdin-filename needs - as the only path"),
        (("-", "--stdin-filename", "app"), "app is a folder, not a file"),
        (
            (*NAMED, "--fix"),
            "a text on standard input has no file to change; --diff shows what fixes would change in it",
        ),
        (("-", "--stdin-filename", "app/x.txt"), "app/x.txt: is not a Python source file"),
    ],
)
def test_half_a_request_is_refused(shell: Shell, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    write(tmp_path, SHOP)
    said = shell("check", *args, stdin=COMMITS)
    assert (said.code, said.err) == (2, f"sqla-lint: error: {message}\n")


def test_a_diff_of_fixes_is_one_of_the_text(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    unused = "x = 1  # sqla: ignore[commit-in-repository] gone\n"
    said = shell("check", *NAMED, "--diff", stdin=unused)
    assert said.code == 1
    assert f"-{unused}+x = 1\n" in said.out
    assert (tmp_path / "app/repositories.py").read_text() == SHOP["app/repositories.py"]


def test_a_huge_text_is_refused_like_a_huge_file(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("check", *NAMED, stdin=b"#" * (read.LARGEST + 1))
    assert said.code == 2
    assert "app/repositories.py: is larger than 8 MB" in said.err
