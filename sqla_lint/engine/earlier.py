"""What was found in a commit, remembered: the same files, settings, linter and plugins find the same again."""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from sqla_lint.config import Settings
from sqla_lint.engine import baseline, git, plugins
from sqla_lint.engine.cache import Cache
from sqla_lint.engine.read import reader
from sqla_lint.engine.record import digest
from sqla_lint.model import Entry


def key(root: Path, commit: str, settings: Settings) -> bytes:
    """What stands for a commit and all that decides what is found in it but what plugins say. Raises `GitError`."""
    parts = [*git.content_of(root, commit), repr(settings), sys.version, *plugins.used().modules]
    whole = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=20, key=reader())
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        whole.update(blake2b(path.read_bytes()).digest())
    return whole.digest()


def recall(cache: Cache, mark: bytes) -> tuple[Entry, ...] | None:
    """What was found under a key; None where that is not known, was true on another day, or of other plugins."""
    data = cache.earlier(mark)
    if data is None:
        return None
    head, _, found = zlib.decompress(data).decode().partition("\n")
    day, files = json.loads(head)
    try:
        holds = day in ("", _today()) and files == _contents(files)
    except OSError:
        return None
    return baseline.parse(found) if holds else None


def keep(cache: Cache, mark: bytes, found: Iterable[Entry], root: Path, *, dated: bool, began: int) -> None:
    """Remembers what was found under a key, for today if it is `dated`; nothing if a plugin has changed since the run
    `began`."""
    try:
        files = _contents(plugins.rests_on(root)[1]) if plugins.used().modules else {}
        if any(os.stat(path).st_mtime_ns >= began for path in files):
            return
    except OSError:
        return
    head = json.dumps([_today() if dated else "", files])
    cache.keep_earlier(mark, zlib.compress(f"{head}\n{baseline.dump(found)}".encode(), 1))


def _contents(files: Iterable[str]) -> dict[str, str]:
    return {path: digest(Path(path).read_bytes()) for path in sorted(files)}


def _today() -> str:
    return time.strftime("%Y-%m-%d")
