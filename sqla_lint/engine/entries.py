"""Which entry points the project says that it has: by its `pyproject.toml`, its `setup.cfg`, or what is installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Any

from sqla_lint.engine.requirements import table_in

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_INSTALLED = ("*.egg-info/entry_points.txt", "src/*.egg-info/entry_points.txt", "*.dist-info/entry_points.txt")
_SECTIONS = ("options.entry_points", "entry_points")
"""Of `setup.cfg`: what setuptools reads, and what pbr does."""
_LINE = re.compile(r"^\s*([^#=\s][^=]*?)\s*=\s*([\w.]+:[\w.]+)", re.MULTILINE)
Entries = dict[str, dict[str, str]]


def entry_points(root: Path) -> Mapping[str, Mapping[str, str]]:
    """By group and name what is loaded: `package.module:Name`."""
    found: Entries = {}
    for group, name, target in (*_of_pyproject(root), *_of_setup(root), *_of_installed(root)):
        found.setdefault(group, {}).setdefault(name, target)
    return found


def files(root: Path) -> list[Path]:
    """The files that an installation has left, in which entry points are looked for."""
    return sorted(file for pattern in _INSTALLED for file in root.glob(pattern))


def _of_pyproject(root: Path) -> Iterator[tuple[str, str, str]]:
    try:
        table: Any = tomllib.loads((root / "pyproject.toml").read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return
    for keys in (("project", "entry-points"), ("tool", "poetry", "plugins")):
        for group, entries in table_in(table, *keys).items():
            for name, target in table_in(entries).items():
                if isinstance(target, str) and ":" in target:
                    yield group, name, target.partition("[")[0].strip()


def _of_setup(root: Path) -> Iterator[tuple[str, str, str]]:
    sections = _sections(root / "setup.cfg")
    for section in _SECTIONS:
        for group, text in sections.get(section, {}).items():
            for name, target in _LINE.findall(text):
                yield group, name, target


def _of_installed(root: Path) -> Iterator[tuple[str, str, str]]:
    for file in files(root):
        for group, entries in _sections(file).items():
            for name, target in _LINE.findall("\n".join(f"{name} = {text}" for name, text in entries.items())):
                yield group, name, target


def _sections(file: Path) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(delimiters=("=",), strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names keep their case
    try:
        parser.read_string(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, Error):
        return {}
    return {section: {name: text or "" for name, text in parser.items(section)} for section in parser.sections()}
