"""Functions that the settings name for a rule."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_named(symbol: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern stands for a function, by its dotted name."""
    return any(fnmatchcase(symbol, pattern) for pattern in patterns)
