"""Bytes to facts: one file or all of them, in this process or several, with the same result."""

from __future__ import annotations

import gc
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from multiprocessing import active_children, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqla_lint.engine.ahead import Ahead, available_cores, copies_are_safe
from sqla_lint.engine.discover import SourceFile
from sqla_lint.engine.outcome import Broken, Crash, loads, read_chunk, read_one, start_worker
from sqla_lint.engine.record import Stamp, stamp
from sqla_lint.model import RunError

if TYPE_CHECKING:
    from sqla_lint.engine.cache import Cache
    from sqla_lint.facts.schema import FileFacts

LARGEST = 8_000_000
"""Bytes above which a file is refused: nobody wrote it by hand, and parsing it takes minutes."""

SMALL = 400_000
"""Bytes in all below which other processes are not worth starting: each imports the parser first."""

_SHARES = 8
"""How many workers an executor of the user's is taken to have, at least: it does not say."""

HUGE = 250_000
"""Bytes of one file above which its tree takes a tenth of a gigabyte, which is never given back: such a file is read in
a process of its own."""

FEW = 100_000
"""Bytes in all below which it is not worth preparing the parser for many files."""

Progress = Callable[[int, int], None]
_Future = Future[list[bytes | Broken | Crash]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, by path: the bytes and the facts, or why there are none. `stamps` are those of the files before
    they were read."""

    data: dict[str, bytes]
    stamps: dict[str, Stamp]
    facts: dict[str, FileFacts]
    broken: dict[str, Broken]
    crashed: dict[str, Crash]
    errors: tuple[RunError, ...]


def read_files(
    root: Path,
    files: Sequence[SourceFile],
    jobs: int,
    progress: Progress,
    cache: Cache | None = None,
    executor: Callable[[], Executor] | None = None,
    ahead: Ahead | None = None,
    unsaved: Mapping[str, bytes] = MappingProxyType({}),
) -> Reading:
    """Reads every file; the result does not depend on who reads them, nor on what `cache` remembers.

    What `unsaved` has for a path is read in place of the file.
    """
    data: dict[str, bytes] = {}
    stamps: dict[str, Stamp] = {}
    errors: list[RunError] = []
    for file in files:
        got = _given(unsaved[file.path]) if file.path in unsaved else _bytes(root / file.path)
        if isinstance(got, str):
            errors.append(RunError(file.path, got))
        else:
            stamps[file.path], data[file.path] = got
    reading = Reading(data, stamps, {}, {}, {}, tuple(errors))
    keys = _keys(files, data) if cache is not None else {}
    if cache is not None:
        reading.facts.update(_remembered(keys, cache))
    unknown = [file for file in files if file.path in data and file.path not in reading.facts]
    if executor is not None and unknown:
        outcomes = _parallel(unknown, data, executor(), max(jobs, _SHARES))
    elif jobs == 1 or len(unknown) < 2 or sum(len(data[file.path]) for file in unknown) < SMALL:
        outcomes = _ahead(unknown, data, ahead) if ahead is not None and unknown else _serial(unknown, data)
    else:
        jobs = jobs if jobs > 0 else available_cores()
        pool = ProcessPoolExecutor(min(jobs, len(unknown)), _processes(), initializer=start_worker)
        outcomes = _parallel(unknown, data, pool, jobs)
    for done, (path, outcome) in enumerate(outcomes, 1):
        if isinstance(outcome, Broken):
            reading.broken[path] = outcome
        elif isinstance(outcome, Crash):
            reading.crashed[path] = outcome
        else:
            reading.facts[path] = outcome
        progress(done, len(unknown))
    if cache is not None:
        _remember([file.path for file in unknown], reading, keys, cache)
    return reading


def _keys(files: Sequence[SourceFile], data: Mapping[str, bytes]) -> dict[str, bytes]:
    """By path, under what a cache keeps the facts of these bytes: nothing else decides what they are."""
    code = reader()
    kinds = {True: b"package", False: b"module"}
    return {
        file.path: blake2b(data[file.path], digest_size=20, key=code, person=kinds[file.package]).digest()
        for file in files
        if file.path in data
    }


def reader() -> bytes:
    """What stands for the code that makes facts: its own text and the version of the parser."""
    whole = blake2b(digest_size=20)
    package = Path(__file__).parent.parent
    for floor in ("syntax", "facts"):
        for path in sorted((package / floor).rglob("*.py")):
            whole.update(path.read_bytes())
    installed = Path(find_libcst()).parent.parent
    whole.update(repr(sorted(path.name for path in installed.glob("libcst-*"))).encode())
    return whole.digest()


def find_libcst() -> str:
    """The path of the parser's package, found without importing it."""
    found = find_spec("libcst")
    return found.origin if found is not None and found.origin else ""


def _remembered(keys: Mapping[str, bytes], cache: Cache) -> Iterator[tuple[str, FileFacts]]:
    from msgspec import MsgspecError

    from sqla_lint.facts.store import decode

    known = cache.facts(keys.values())
    for path, key in keys.items():
        if key in known:
            try:
                yield path, decode(known[key])
            except MsgspecError:
                continue


def _remember(paths: Iterable[str], reading: Reading, keys: Mapping[str, bytes], cache: Cache) -> None:
    from sqla_lint.facts.store import encode

    fresh: dict[bytes, bytes] = {}
    for path in paths:
        if path in reading.facts:
            try:
                fresh[keys[path]] = encode(reading.facts[path])
            except RecursionError:
                continue
    if fresh:
        cache.keep_facts(fresh)


_TOO_LARGE = f"is larger than {LARGEST // 1_000_000} MB and was not read; add it to `exclude`"
_NOWHERE: Stamp = (0, 0, 0, 0)


def _given(data: bytes) -> tuple[Stamp, bytes] | str:
    return (_NOWHERE, data) if len(data) <= LARGEST else _TOO_LARGE


def _bytes(path: Path) -> tuple[Stamp, bytes] | str:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return "is not a regular file"
        if about.st_size > LARGEST:
            return _TOO_LARGE
        return stamp(about), path.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _serial(files: Sequence[SourceFile], data: dict[str, bytes]) -> Iterator[tuple[str, FileFacts | Broken | Crash]]:
    few = sum(len(data[file.path]) for file in files) < FEW
    huge = [file for file in files if len(data[file.path]) > HUGE] if not few and copies_are_safe() else []
    for file in huge:  # first, while there is little to copy
        reader = Ahead()
        yield from _ahead([file], data, reader)
        reader.stop()
    with nullcontext() if few else _in_bulk():
        for file in files:
            if file not in huge:
                yield file.path, read_one(data[file.path], file.package)


@contextmanager
def _in_bulk() -> Iterator[None]:
    """For many files: no checks of what the parser builds, no garbage collection inside, and what was read is never
    looked through again: it lives as long as the run."""
    from sqla_lint.syntax.room import collector_paused
    from sqla_lint.syntax.unchecked import unchecked

    with collector_paused(), unchecked(many=True):
        try:
            yield
        finally:
            gc.freeze()


def _ahead(
    files: Sequence[SourceFile], data: dict[str, bytes], ahead: Ahead
) -> Iterator[tuple[str, FileFacts | Broken | Crash]]:
    """Has the files read by the process that was begun for that; here if it is gone."""
    from sqla_lint.facts.store import decode

    found = ahead.read(loads(files, data))
    if found is None:
        yield from _serial(files, data)
    else:
        for file, outcome in zip(files, found, strict=True):
            yield file.path, decode(outcome) if isinstance(outcome, bytes) else outcome


def _parallel(
    files: Sequence[SourceFile], data: dict[str, bytes], pool: Executor, jobs: int
) -> Iterator[tuple[str, FileFacts | Broken | Crash]]:
    from sqla_lint.facts.store import decode

    chunks: list[tuple[list[SourceFile], _Future]] = []
    try:
        for chunk in _chunks(files, data, jobs):
            chunks.append((chunk, pool.submit(read_chunk, loads(chunk, data))))
        for chunk, future in chunks:
            for file, outcome in zip(chunk, _outcomes(future, len(chunk)), strict=True):
                yield file.path, decode(outcome) if isinstance(outcome, bytes) else outcome
    except BaseException:
        _end_at_once(pool, [future for _, future in chunks])
        raise
    pool.shutdown()


def _end_at_once(pool: Executor, futures: Iterable[_Future]) -> None:
    """Not by `cancel_futures`, which an executor of the user's need not know: Dask's does not."""
    for worker in active_children():
        worker.terminate()
    for future in futures:
        future.cancel()
    pool.shutdown(wait=False)


def _processes() -> BaseContext:
    """How processes are started: as copies of this one where that is safe, with the parser ready in them."""
    if not copies_are_safe():
        return get_context("spawn")
    import sqla_lint.facts.read  # noqa: F401  # once, for all of them
    from sqla_lint.syntax.unchecked import prepare

    prepare()
    return get_context("fork")


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


def _outcomes(future: _Future, count: int) -> list[bytes | Broken | Crash]:
    try:
        return future.result()
    except BrokenProcessPool:
        return [Crash("the process that read this file ended without a word")] * count
    except Exception as error:  # the boundary: whatever happens where the files are read must not end the run
        return [Crash(f"where this file was read: {type(error).__name__}: {error}")] * count
