"""Bytes to facts: one file or all of them, in this process or several, with the same result."""

from __future__ import annotations

import gc
import os
import signal
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_lint.engine.discover import SourceFile
from sqla_lint.model import RunError

if TYPE_CHECKING:
    from sqla_lint.facts.schema import FileFacts

LARGEST = 8_000_000
"""Bytes above which a file is refused: nobody wrote it by hand, and parsing it takes minutes."""

SMALL = 400_000
"""Bytes in all below which other processes are not worth starting: each imports the parser first."""

Progress = Callable[[int, int], None]


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, by path: the bytes and the facts, or why there are none."""

    data: dict[str, bytes]
    facts: dict[str, FileFacts]
    broken: dict[str, Broken]
    crashed: dict[str, Crash]
    errors: tuple[RunError, ...]


def read_files(root: Path, files: Sequence[SourceFile], jobs: int, progress: Progress) -> Reading:
    """Reads every file; the result does not depend on `jobs`."""
    data: dict[str, bytes] = {}
    errors: list[RunError] = []
    for file in files:
        got = _bytes(root / file.path)
        if isinstance(got, bytes):
            data[file.path] = got
        else:
            errors.append(RunError(file.path, got))
    reading = Reading(data, {}, {}, {}, tuple(errors))
    readable = [file for file in files if file.path in data]
    alone = jobs == 1 or len(readable) < 2 or sum(map(len, data.values())) < SMALL
    outcomes = _serial(readable, data) if alone else _parallel(readable, data, jobs)
    for done, (path, outcome) in enumerate(outcomes, 1):
        if isinstance(outcome, Broken):
            reading.broken[path] = outcome
        elif isinstance(outcome, Crash):
            reading.crashed[path] = outcome
        else:
            reading.facts[path] = outcome
        progress(done, len(readable))
    return reading


def _bytes(path: Path) -> bytes | str:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return "is not a regular file"
        if about.st_size > LARGEST:
            return f"is larger than {LARGEST // 1_000_000} MB and was not read; add it to `exclude`"
        return path.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def read_one(data: bytes, package: bool) -> FileFacts | Broken | Crash:
    """The facts of one file. Raises nothing: whatever goes wrong is a value."""
    from sqla_lint.facts.read import read
    from sqla_lint.syntax.source import Unparsed

    try:
        return read(data, package)
    except Unparsed as error:
        return Broken(error.message, error.line, error.column)
    except Exception as error:  # the boundary: one file must not end the run
        return Crash(f"{type(error).__name__}: {error}")


def _serial(files: Sequence[SourceFile], data: dict[str, bytes]) -> Iterator[tuple[str, FileFacts | Broken | Crash]]:
    with _paused_collector():
        for file in files:
            yield file.path, read_one(data[file.path], file.package)


@contextmanager
def _paused_collector() -> Iterator[None]:
    """No garbage collection inside, and what was read is never looked through again: it lives as long as the run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _parallel(
    files: Sequence[SourceFile], data: dict[str, bytes], jobs: int
) -> Iterator[tuple[str, FileFacts | Broken | Crash]]:
    from sqla_lint.facts.store import decode

    jobs = jobs if jobs > 0 else available_cores()
    pool = ProcessPoolExecutor(min(jobs, len(files)), initializer=_start_worker)
    try:
        chunks = [(chunk, pool.submit(_read_chunk, _loads(chunk, data))) for chunk in _chunks(files, data, jobs)]
        for chunk, future in chunks:
            for file, outcome in zip(chunk, _outcomes(future, len(chunk)), strict=True):
                yield file.path, decode(outcome) if isinstance(outcome, bytes) else outcome
    except BaseException:
        for worker in active_children():
            worker.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _chunks(files: Sequence[SourceFile], data: dict[str, bytes], jobs: int) -> list[list[SourceFile]]:
    """Runs of files of about equal size, several for each worker, so that none waits long for another."""
    target = max(20_000, sum(len(data[file.path]) for file in files) // (jobs * 8))
    chunks: list[list[SourceFile]] = [[]]
    size = 0
    for file in files:
        if chunks[-1] and size + len(data[file.path]) > target:
            chunks.append([])
            size = 0
        chunks[-1].append(file)
        size += len(data[file.path])
    return chunks


def _loads(chunk: Sequence[SourceFile], data: dict[str, bytes]) -> list[tuple[bytes, bool]]:
    return [(data[file.path], file.package) for file in chunk]


def _outcomes(future: Future[list[bytes | Broken | Crash]], count: int) -> list[bytes | Broken | Crash]:
    try:
        return future.result()
    except BrokenProcessPool:
        return [Crash("the process that read this file ended without a word")] * count


def _start_worker() -> None:
    """Ctrl-C ends a worker at once and without a traceback: the main process says what there is to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read_chunk(loads: list[tuple[bytes, bool]]) -> list[bytes | Broken | Crash]:
    from sqla_lint.facts.store import encode

    outcomes: list[bytes | Broken | Crash] = []
    for data, package in loads:
        facts = read_one(data, package)
        if isinstance(facts, (Broken, Crash)):
            outcomes.append(facts)
            continue
        try:
            outcomes.append(encode(facts))
        except Exception as error:  # the boundary: one file must not end the run
            outcomes.append(Crash(f"{type(error).__name__}: {error}"))
    return outcomes


def available_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
