"""The first settings of a project: what was found in it, as TOML, added to a file that keeps every other byte."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqla_lint.config import NEWEST_EDITION, OWN_FILE, OWNERS, TABLE, ConfigError
from sqla_lint.project.layers import REPOSITORY
from sqla_lint.project.survey import Package, Survey

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LIBRARIES = {
    "sqlmodel": "SQLModel",
    "advanced_alchemy": "Advanced Alchemy",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "litestar": "Litestar",
    "flask": "Flask",
    "flask_sqlalchemy": "Flask-SQLAlchemy",
    "aiohttp": "aiohttp",
    "tornado": "Tornado",
    "pyramid": "Pyramid",
    "strawberry": "Strawberry",
    "graphene": "Graphene",
    "ariadne": "Ariadne",
    "celery": "Celery",
    "rq": "RQ",
    "arq": "arq",
    "dramatiq": "dramatiq",
    "taskiq": "taskiq",
    "apscheduler": "APScheduler",
    "click": "click",
    "typer": "typer",
    "dependency_injector": "dependency-injector",
    "dishka": "dishka",
    "injector": "injector",
}
"""What is worth telling of what a project imports, by its package."""
_MOSTLY = 0.6
"""The share of commits from which who makes them is taken for their owner."""


class Edit(NamedTuple):
    """A file as it is (None when it is not there yet) and as it shall be."""

    file: Path
    before: bytes | None
    after: bytes


def tools(survey: Survey, requires: Mapping[str, str]) -> list[str]:
    """The libraries a project uses, for people; SQLAlchemy first, with the version that is asked for."""
    version = requires.get("sqlalchemy", "")
    found = [f"SQLAlchemy {version}".rstrip()] if "sqlalchemy" in survey.imports or "sqlalchemy" in requires else []
    found += [name for package, name in _LIBRARIES.items() if package in survey.imports]
    if survey.migrations or "alembic" in requires:
        folders = ", ".join(f"{folder}/" for folder in survey.migrations)
        found.append(f"Alembic in {folders}" if folders else "Alembic")
    return found


def evidence(package: Package) -> str:
    """Why a package is taken for what it is: `12 of 14 functions: class OrderRepository`."""
    return f"{package.found} of {package.of} functions: {', '.join(package.because)}"


def section(survey: Survey, requires: Mapping[str, str], prefix: Sequence[str]) -> str:
    """The settings as TOML below a table of this name; below none for a file of our own.

    Declared is only what declaring makes surer and nothing else: repositories, which are found by names, where no
    function of the package is anything else. Handlers, tasks and commands are known by their decorators.
    """
    lines = [f"[{'.'.join(prefix)}]"] if prefix else []
    if found := tools(survey, requires):
        lines.append(_comment(f"Found: {', '.join(found)}."))
    if survey.commits:
        counted = ", ".join(f"{who} {count}" for who, count in survey.commits)
        lines.append(_comment(f"Who commits: {counted}."))
        who, count = survey.commits[0]
        if who in OWNERS and count >= _MOSTLY * sum(count for _, count in survey.commits):
            lines.append(_comment("Declared, it is what `commit-in-handler` holds handlers to:"))
            lines.append(_comment(f"transactions.owner = {json.dumps(who)}"))
    lines += ["# Rules that come later are no findings here until this is raised:", f'edition = "{NEWEST_EDITION}"']
    declared = [package for package in survey.packages if package.layer == REPOSITORY and package.pure]
    if declared:
        lines += ["", f"[{'.'.join((*prefix, 'layers'))}]"]
        lines += [_comment(f"{package.name}: {evidence(package)}") for package in declared]
        patterns = ", ".join(json.dumps(package.pattern, ensure_ascii=False) for package in declared)
        lines.append(f"{REPOSITORY} = [{patterns}]")
    return "".join(f"{line}\n" for line in lines)


def edit(root: Path, survey: Survey, requires: Mapping[str, str]) -> Edit:
    """Where the settings go, and the file with them at its end. Raises `ConfigError` where that cannot be."""
    file = root / "pyproject.toml"
    if not file.exists():
        text = section(survey, requires, ())
        return Edit(root / OWN_FILE, None, text.encode())
    try:
        before = file.read_bytes()
        text = before.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file.name) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", file.name) from error
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith(("\n", "\r")) else end * 2
    added = gap + section(survey, requires, TABLE).replace("\n", end)
    try:
        was = _loaded(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not TOML: {error}", file.name) from error
    if not _only_adds(was, text + added):
        message = f"cannot take a table `{'.'.join(TABLE)}` at its end: write the settings to {OWN_FILE} instead"
        raise ConfigError(message, file.name)
    return Edit(file, before, before + added.encode())


def _comment(text: str) -> str:
    return "# " + "".join(char if char.isprintable() else "?" for char in text)


def _loaded(text: str) -> dict[str, Any]:
    return tomllib.loads(text.replace("\r\n", "\n"))


def _only_adds(was: dict[str, Any], after: str) -> bool:
    """Whether a text is TOML, and says what it said before, and our table."""
    try:
        now = _loaded(after)
    except tomllib.TOMLDecodeError:
        return False
    tool, name = TABLE
    if not isinstance(now.get(tool), dict) or now[tool].pop(name, None) is None:
        return False
    if not now[tool] and tool not in was:
        del now[tool]
    return was == now
