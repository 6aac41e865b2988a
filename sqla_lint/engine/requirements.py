"""Which versions of its libraries a project asks for: by its lock file, its `pyproject.toml`, or its requirements."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqla_lint.config import AUTO, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LOCKS = ("uv.lock", "poetry.lock")
FILES = (*LOCKS, "pyproject.toml", "requirements.txt")
"""Where it is looked for, the most exact first."""
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;#@)]*)")
_LOCKED = re.compile(r'^name = "([^"]+)"\s*^version = "([^"]+)"', re.MULTILINE)


def declared(root: Path) -> Mapping[str, str]:
    """What is said of the version of each library, by its normalized name: `>=0.100,<0.118`, "" for any."""
    found: dict[str, str] = {}
    for name in FILES:
        try:
            text = (root / name).read_text("utf-8-sig")
            table = tomllib.loads(text) if name == "pyproject.toml" else {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue
        pairs = _locked(text) if name in LOCKS else _asked(table) if table else _listed(text.splitlines())
        for library, version in pairs:
            found.setdefault(re.sub(r"[-_.]+", "-", library).lower(), version)
    return found


def required(root: Path, settings: Settings) -> Mapping[str, str]:
    """The same, where the settings have the last word."""
    found = declared(root)
    said = settings.sqlalchemy_version
    return found if said == AUTO else {**found, "sqlalchemy": said}


def _locked(text: str) -> Iterator[tuple[str, str]]:
    """The packages of a lock file, which is too large to be parsed for this."""
    for library, version in _LOCKED.findall(text):
        yield library, f"=={version}"


def _asked(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _listed(_list(table_in(table, "project").get("dependencies")))
    for library, said in table_in(table, "tool", "poetry", "dependencies").items():
        version = said.get("version", "") if isinstance(said, dict) else said
        if isinstance(version, str):
            yield library, version


def _listed(lines: list[Any]) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = _REQUIREMENT.match(line) if isinstance(line, str) else None
        if match is not None:
            yield match[1], match[2].strip()


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def table_in(value: Any, *keys: str) -> dict[str, Any]:
    """The table under these keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
