"""A file that is given by itself, where nothing marks a project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_lint.config import find_root
from tests.commands import Shell
from tests.runs import write

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "lib/shop/__init__.py": "",
    "lib/shop/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

make = sessionmaker(create_engine("sqlite://"))
""",
    "lib/shop/api/__init__.py": "",
    "lib/shop/api/orders.py": "from ..db import make\n\nsession = make()\n",
}


@pytest.fixture(autouse=True)
def bare(tmp_path: Path) -> None:
    """Nothing above the temporary folder marks a project, or these tests prove nothing."""
    assert find_root([tmp_path]) == tmp_path


@pytest.mark.parametrize("path", ["lib/shop/api/orders.py", "lib/shop/api", "lib/shop"])
def test_what_it_imports_above_is_known(shell: Shell, tmp_path: Path, path: str) -> None:
    write(tmp_path, FILES)
    ran = shell("check", path, "--no-cache", "--format", "concise")
    assert (ran.code, ran.out.partition(" ")[0]) == (1, "shop/api/orders.py:3:11:"), ran


def test_only_the_file_is_reported(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "lib/shop/db.py": FILES["lib/shop/db.py"] + "\nother = make()\n"})
    ran = shell("check", "lib/shop/api/orders.py", "--no-cache", "--format", "concise")
    assert "orders.py" in ran.out
    assert "db.py:" not in ran.out


def test_a_run_is_not_answered_from_before_an_import_was_there(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "from db.make import make\n\nsession = make()\n", "db/readme": ""})

    def run() -> int:
        command = [sys.executable, "-m", "sqla_lint", "check", "main.py"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60).returncode

    assert [run(), run()] == [0, 0]
    write(tmp_path, {"db/make.py": FILES["lib/shop/db.py"]})
    assert run() == 1
