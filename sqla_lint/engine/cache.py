"""What runs remember: one SQLite file below the project root, with the facts of files, the records of whole runs, and
what was found in earlier commits.

The file is never needed: whatever is wrong with it (locked, full, read-only, corrupt), the run goes on without, and
`trouble` says why. Everything in it is checked when it is read, so that a damaged entry is one that is not there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from zlib import crc32

from sqla_lint import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is not imported: an answer from a record imports next to nothing
    from typing import Any

FOLDER = ".sqla-lint-cache"
_PATIENCE = 2.0
"""Seconds that a run waits for another one that writes."""
_MOST_RUNS = 50
_MOST_EARLIER = 20
_MOST_FACTS = 200_000
_MOST_READINGS = 20_000
_AT_ONCE = 500
_TABLES = """
    CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS readings (
        world BLOB NOT NULL, module TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (world, module)
    );
    CREATE TABLE IF NOT EXISTS runs (key BLOB PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS earlier (key BLOB PRIMARY KEY, data BLOB NOT NULL);
"""
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of sqla-lint: it may be deleted at any time, and need not be kept in backups.
"""


class Cache:
    """The cache in a folder. `create` makes the folder when it is not there; without, nothing is ever written."""

    def __init__(self, folder: str, *, create: bool = True) -> None:
        self.trouble = ""
        """Why nothing can be remembered; "" when all is well."""
        self.folder = folder
        self._file = os.path.join(folder, __version__, "cache.db")
        self._db: sqlite3.Connection | None = None
        self.is_used = os.path.isfile(self._file)
        """Whether an earlier run has left something there."""
        if create or os.path.isfile(self._file):
            self._open(create)

    def _open(self, create: bool) -> None:
        try:
            if create:
                self._make_folder()
            self._db = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
            if create:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def _make_folder(self) -> None:
        os.makedirs(os.path.dirname(self._file), exist_ok=True)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            path = os.path.join(self.folder, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)

    def _give_up(self, error: Exception) -> None:
        """Go on without; a file that is no database is removed, so that the next run begins a new one."""
        self.trouble = f"{self._file}: {error}"
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for path in (self._file, f"{self._file}-wal", f"{self._file}-shm"):
                try:
                    os.remove(path)
                except OSError:
                    self.trouble += f"; {path} could not be removed" if os.path.exists(path) else ""

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    # -- facts --

    def facts(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is remembered under these keys."""
        wanted = list(keys)
        found: dict[bytes, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for key, data in self._rows(f"SELECT key, data FROM facts WHERE key IN ({marks})", some):
                whole = _unsealed(data)
                if whole is not None:
                    found[key] = whole
        return found

    def keep_facts(self, facts: Mapping[bytes, bytes]) -> None:
        """Remember facts. When there are too many, any go."""
        self._write(
            ("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(key, _sealed(data)) for key, data in facts.items()]),
            (
                "DELETE FROM facts WHERE key IN (SELECT key FROM facts LIMIT max(0, (SELECT count(*) FROM facts) - ?))",
                [(_MOST_FACTS,)],
            ),
        )

    # -- readings --

    def readings(self, world: bytes) -> dict[str, bytes]:
        """What is remembered of the readings of a world's functions, by module."""
        rows = self._rows("SELECT module, data FROM readings WHERE world = ?", [world])
        return {module: whole for module, data in rows if (whole := _unsealed(data)) is not None}

    def keep_readings(self, world: bytes, readings: Iterable[tuple[str, bytes]]) -> None:
        """Remember readings; of too many the oldest go."""
        rows: list[tuple[object, ...]] = [(world, module, _sealed(data)) for module, data in readings]
        if rows:
            self._write(
                ("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", rows),
                ("DELETE FROM readings WHERE rowid <= (SELECT max(rowid) FROM readings) - ?", [(_MOST_READINGS,)]),
            )

    # -- runs --

    def run(self, key: bytes) -> bytes | None:
        """The record of a run."""
        return self._one("runs", key)

    def keep_run(self, key: bytes, data: bytes) -> None:
        """Remember a run; the oldest of too many go."""
        self._keep_newest("runs", _MOST_RUNS, key, data)

    # -- earlier commits --

    def earlier(self, key: bytes) -> bytes | None:
        """What was found in a commit."""
        return self._one("earlier", key)

    def keep_earlier(self, key: bytes, data: bytes) -> None:
        """Remember what was found in a commit; the oldest of too many go."""
        self._keep_newest("earlier", _MOST_EARLIER, key, data)

    def _one(self, table: str, key: bytes) -> bytes | None:
        for (data,) in self._rows(f"SELECT data FROM {table} WHERE key = ?", [key]):
            return _unsealed(data)
        return None

    def _keep_newest(self, table: str, most: int, key: bytes, data: bytes) -> None:
        newest = f"SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT ?"
        self._write(
            (f"DELETE FROM {table} WHERE key = ?", [(key,)]),
            (f"INSERT INTO {table} VALUES (?, ?)", [(key, _sealed(data))]),
            (f"DELETE FROM {table} WHERE rowid NOT IN ({newest})", [(most,)]),
        )

    def _rows(self, query: str, values: list[bytes]) -> Iterator[tuple[Any, ...]]:
        if self._db is None:
            return
        try:
            yield from self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)

    def _write(self, *steps: tuple[str, list[tuple[object, ...]]]) -> None:
        if self._db is None:
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in steps:
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)


def _sealed(data: bytes) -> bytes:
    return crc32(data).to_bytes(4, "big") + data


def _unsealed(data: bytes) -> bytes | None:
    if crc32(data[4:]).to_bytes(4, "big") != data[:4]:
        return None
    return data[4:]
