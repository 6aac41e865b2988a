"""How findings went from run to run: a file of JSON lines, one for each run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple


class Run(NamedTuple):
    """An earlier run: its day, its commit ("" when not known), and how many findings there were."""

    date: str
    commit: str
    findings: int
    errors: int
    warnings: int


class TrendError(Exception):
    """A file that is no trend: what is wrong with it."""


def line(date: str, commit: str, counts: Mapping[str, object]) -> str:
    """One run as a line of the file."""
    return json.dumps({"date": date, "commit": commit, **counts}) + "\n"


def read(text: str) -> tuple[Run, ...]:
    """The runs in the order of the file. Raises `TrendError`."""
    runs = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip():
            continue
        try:
            said = json.loads(row)
            figures = [int(said[key]) for key in ("findings", "error", "warning")]
            runs.append(Run(str(said["date"]), str(said.get("commit", "")), *figures))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise TrendError(f"line {number} is no run of an audit") from error
    return tuple(runs)
