"""What is said of a library's version: which versions that allows."""

from __future__ import annotations

import re

Version = tuple[int, ...]
_CLAUSE = re.compile(r"^(===|==|>=|<=|!=|~=|>|<|\^|~|=)?\s*v?(\d+(?:\.\d+)*)((?:\.\*)?)")
NEVER: Version = (10**6,)
"""Above all versions."""
OUTERMOST: Version = (2, 0)
"""The SQLAlchemy since which `commit()` and `rollback()` of a `Session` always end the outermost transaction; an
`AsyncSession` has never done anything else."""


def allowed(said: str) -> tuple[Version, Version]:
    """The lowest version that is allowed, and the lowest above it that is not any more; `NEVER` when all are."""
    low: Version = (0,)
    high = NEVER
    for clause in said.split(","):
        match = _CLAUSE.match(clause.strip())
        if match is None:
            continue
        version = tuple(int(part) for part in match[2].split("."))
        match match[1]:
            case ">=" | ">":
                low = max(low, version)
            case "<":
                high = min(high, version)
            case "<=":
                high = min(high, _after(version, len(version)))
            case "~=":
                low, high = max(low, version), min(high, _after(version, len(version) - 1))
            case "~":
                low, high = max(low, version), min(high, _after(version, min(len(version), 2)))
            case "^":
                kept = next((place for place, part in enumerate(version) if part), len(version) - 1)
                low, high = max(low, version), min(high, _after(version, kept + 1))
            case "!=":
                pass
            case _:
                low, high = max(low, version), min(high, _after(version, len(version)))
    return low, high


def is_before(said: str | None, version: Version) -> bool:
    """Whether only lower versions are allowed; not where nothing is said."""
    return said is not None and allowed(said)[1] <= version


def is_from(said: str | None, version: Version) -> bool:
    """Whether only this version and higher ones are allowed; not where nothing is said."""
    return said is not None and allowed(said)[0] >= version


def _after(version: Version, length: int) -> Version:
    """The first version that begins differently in its first parts."""
    kept = version[: max(length, 1)]
    return (*kept[:-1], kept[-1] + 1)
