"""Imports point down only. Read from the source, so that nothing has to be imported to know it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "sqla_lint"
FLOORS = (
    "model",
    "config",
    "syntax",
    "facts",
    "knowledge",
    "project",
    "rules",
    "plugin",
    "engine",
    "fixes",
    "report",
    "commands",
    "cli",
)
FILES = sorted(PACKAGE.rglob("*.py"))


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Every `sqla_lint.x...` a file imports, relative imports too, wherever in the file it does so."""
    package = ("sqla_lint", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                base = ".".join(package[: len(package) - level + 1]) if level else ""
                whole = ".".join(filter(None, (base, module or "")))
                yield from ((node.lineno, f"{whole}.{alias.name}") for alias in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    own = floor_of(path)
    if own in ("__init__", "__main__"):
        return
    wrong = []
    for line, name in imported(path):
        parts = name.split(".")
        if parts[0] != "sqla_lint" or len(parts) < 2 or parts[1] not in FLOORS:
            continue
        if FLOORS.index(parts[1]) > FLOORS.index(own):
            wrong.append(f"line {line}: {own} imports {name}")
    assert not wrong


def test_every_floor_is_known() -> None:
    assert {floor_of(path) for path in FILES} <= {*FLOORS, "__init__", "__main__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libcst_stays_below_facts_and_in_fixes(path: Path) -> None:
    if floor_of(path) in ("syntax", "facts", "fixes"):
        return
    assert not [name for _, name in imported(path) if name.split(".")[0] == "libcst"]


def test_the_package_itself_imports_no_floor() -> None:
    assert not [name for _, name in imported(PACKAGE / "__init__.py") if name.startswith("sqla_lint")]
