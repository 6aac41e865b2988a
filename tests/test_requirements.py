"""Which versions of its libraries a project asks for, and which versions that allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.engine.requirements import declared
from sqla_lint.project.versions import NEVER, Version, allowed

PROJECT = """\
[project]
dependencies = ["FastAPI[standard] >= 0.115, < 1 ; python_version > '3.9'", "sql_alchemy", "x @ git+https://x"]
"""
POETRY = '[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = {version = "^0.115", extras = ["all"]}\n'
LOCK = 'version = 1\n\n[[package]]\nname = "fastapi"\nversion = "0.120.1"\nsource = { registry = "x" }\n'


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pyproject.toml", PROJECT, {"fastapi": ">= 0.115, < 1", "sql-alchemy": "", "x": ""}),
        ("pyproject.toml", POETRY, {"python": "^3.11", "fastapi": "^0.115"}),
        ("pyproject.toml", "[project]\ndependencies = 3\n", {}),
        ("pyproject.toml", "[project", {}),
        ("uv.lock", LOCK, {"fastapi": "==0.120.1"}),
        ("requirements.txt", "# web\nfastapi==0.118.3  # fast\n-r other.txt\n", {"fastapi": "==0.118.3"}),
        ("other.txt", "fastapi==1", {}),
    ],
)
def test_a_project_says_which_versions_it_asks_for(tmp_path: Path, name: str, text: str, found: dict[str, str]) -> None:
    (tmp_path / name).write_text(text, "utf-8")

    assert declared(tmp_path) == found


def test_a_lock_file_knows_better(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "uv.lock").write_text(LOCK, "utf-8")

    assert declared(tmp_path)["fastapi"] == "==0.120.1"


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("", (0,), NEVER),
        ("*", (0,), NEVER),
        (">=0.106,<0.118", (0, 106), (0, 118)),
        (">= 0.100 , <= 0.117", (0, 100), (0, 118)),
        ("==0.115.2", (0, 115, 2), (0, 115, 3)),
        ("==0.115.*", (0, 115), (0, 116)),
        ("0.115", (0, 115), (0, 116)),
        ("~=0.110", (0, 110), (1,)),
        ("~=0.110.4", (0, 110, 4), (0, 111)),
        ("^0.110.4", (0, 110, 4), (0, 111)),
        ("^1.2", (1, 2), (2,)),
        ("~0.110", (0, 110), (0, 111)),
        (">0.110,!=0.112", (0, 110), NEVER),
    ],
)
def test_what_is_said_allows_versions(said: str, low: Version, high: Version) -> None:
    assert allowed(said) == (low, high)
