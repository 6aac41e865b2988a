"""The tables beside this file: which packages, what must be found in them, what was read by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import click

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Package:
    """A pinned distribution."""

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Expected:
    """A defect that somebody found by reading, and why it is one."""

    package: str
    symbol: str
    rule: str
    why: str


class Verdict(Enum):
    """What a maintainer says who has read the finding in the source."""

    TRUE = "true"
    FALSE = "false"
    DEBATABLE = "debatable"


@dataclass(frozen=True)
class Judged:
    """A finding that was read by hand. The place helps the reader; the fingerprint is what counts."""

    fingerprint: str
    package: str
    rule: str
    symbol: str
    place: str
    verdict: Verdict
    sentence: str


def packages() -> tuple[Package, ...]:
    """All packages, in the order of the table."""
    return tuple(Package(*row) for row in _rows("packages.tsv", 4))


def chosen(names: Sequence[str]) -> tuple[Package, ...]:
    """The packages called `names`, or all when none is named."""
    known = {package.name: package for package in packages()}
    if strange := [name for name in names if name not in known]:
        raise click.BadParameter(f"not in packages.tsv: {', '.join(strange)}", param_hint="NAME")
    return tuple(known[name] for name in names) if names else tuple(known.values())


def expected() -> tuple[Expected, ...]:
    """The defects a run must find."""
    return tuple(Expected(*row) for row in _rows("expected.tsv", 4))


def verdicts() -> dict[str, Judged]:
    """What was read, by package and fingerprint: the fingerprint alone is only unique within a package."""
    known: dict[str, Judged] = {}
    for fingerprint, package, rule, symbol, place, verdict, sentence in _rows("verdicts.tsv", 7):
        known[f"{package} {fingerprint}"] = Judged(
            fingerprint, package, rule, symbol, place, Verdict(verdict), sentence
        )
    return known


def _rows(name: str, columns: int) -> Iterator[list[str]]:
    """The rows below the headline, without comments (lines that begin with `#`)."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if line.strip() and not line.startswith("#"))
        for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
            if len(row) != columns:
                raise click.ClickException(f"{name}: a row has {len(row)} columns instead of {columns}: {row[:3]}")
            if number:
                yield row
