"""What a case about a library needs: its modules, running with that library, beside a shop's database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError

from tests.pages import UNSHIPPED, read_page
from tests.running import Cases

T = TypeVar("T")
TABLES = "CREATE TABLE customer (id INTEGER PRIMARY KEY, email VARCHAR); CREATE TABLE orders (id INTEGER PRIMARY KEY)"
REFUSED = r"type '\w+' is not supported|probably unsupported type"
"""What SQLite says of a value that is none, before Python 3.11 in other words."""
SHARED = (InvalidRequestError, IllegalStateChangeError)
"""What SQLAlchemy raises where two tasks meet on one session, as long as the engine has no idle connection."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The modules of a case, imported for real, and the database that they write to."""

    modules: dict[str, Any]
    database: Path

    def __getitem__(self, name: str) -> Any:
        return self.modules[name]

    def emails(self) -> list[str]:
        """What is committed: read through a connection of its own."""
        connection = sqlite3.connect(self.database)
        try:
            return [row[0] for row in connection.execute("SELECT email FROM customer ORDER BY id")]
        finally:
            connection.close()


Start = Callable[[str, str], Shop]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Imports the case under a heading of a page such as `commit_in_repository/dishka`, beside a new `shop.db`."""
    cases = Cases(tmp_path, monkeypatch)

    def run(page: str, heading: str) -> Shop:
        case = read_page(UNSHIPPED / f"{page}.md").case(heading)
        root = cases.lay(case)
        connection = sqlite3.connect(root / "shop.db")
        connection.executescript(TABLES)
        connection.close()
        return Shop(cases.modules(case), root / "shop.db")

    yield run
    cases.end()


def run(work: Callable[[], Awaitable[T]], *engines: Any) -> T:
    """Runs the work in a loop of its own, and disposes the async engines in the same one."""

    async def main() -> T:
        try:
            return await work()
        finally:
            await asyncio.sleep(0.05)  # a branch that gather left behind ends before its engine does
            for engine in engines:
                await engine.dispose()

    return asyncio.run(main())


def raised(work: Callable[[], Awaitable[Any]], *engines: Any) -> list[BaseException]:
    """The error of the work and those it hides: leaving `async with` while a branch still runs raises a second one."""
    found: list[BaseException] = []
    try:
        run(work, *engines)
    except BaseException as error:
        open_errors: list[BaseException | None] = [error]
        while open_errors:
            one = open_errors.pop()
            if one is None or one in found:
                continue
            found.append(one)
            open_errors.extend((one.__context__, one.__cause__))
            open_errors.extend(getattr(one, "exceptions", ()))
    return found


def meets(work: Callable[[], Awaitable[Any]], *engines: Any) -> bool:
    """Whether two tasks of the work met on one session."""
    return any(isinstance(error, SHARED) for error in raised(work, *engines))
