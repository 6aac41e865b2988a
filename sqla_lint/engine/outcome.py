"""The facts of one file, or why there are none, in whatever process they are read."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqla_lint.engine.discover import SourceFile
    from sqla_lint.facts.schema import FileFacts


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that does not parse."""

    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Crash:
    """An exception that reading a file must not raise."""

    message: str


Outcome = bytes | Broken | Crash
"""What another process sends back: encoded facts, or why there are none."""


def read_one(data: bytes, package: bool) -> FileFacts | Broken | Crash:
    """The facts of one file. Raises nothing: whatever goes wrong is a value."""
    from sqla_lint.facts.read import read
    from sqla_lint.syntax.decoding import Unparsed

    try:
        return read(data, package)
    except Unparsed as error:
        return Broken(error.message, error.line, error.column)
    except Exception as error:  # the boundary: one file must not end the run
        return Crash(f"{type(error).__name__}: {error}")


def loads(files: Sequence[SourceFile], data: Mapping[str, bytes]) -> list[tuple[bytes, bool]]:
    return [(data[file.path], file.package) for file in files]


def start_worker() -> None:
    """Ctrl-C ends a worker at once and without a traceback: the main process says what there is to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_chunk(loads: list[tuple[bytes, bool]]) -> list[bytes | Broken | Crash]:
    from sqla_lint.syntax.unchecked import unchecked

    with unchecked(many=True):
        return [_read_load(data, package) for data, package in loads]


def _read_load(data: bytes, package: bool) -> bytes | Broken | Crash:
    from sqla_lint.facts.store import encode

    facts = read_one(data, package)
    if isinstance(facts, (Broken, Crash)):
        return facts
    try:
        return encode(facts)
    except Exception as error:  # the boundary: one file must not end the run
        return Crash(f"{type(error).__name__}: {error}")
