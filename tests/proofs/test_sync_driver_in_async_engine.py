"""SQA308: what becomes of an engine whose driver is of the other sort, and of sessions on such an engine."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import make_url, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError, MissingGreenlet, NoSuchModuleError

from sqla_lint.knowledge.sqlalchemy import DRIVERS, is_asynchronous
from tests.proofs.conftest import Start

WRONG = "An async engine with a synchronous driver"
RIGHT = "The asynchronous driver"
REVERSE = "A synchronous engine with an asynchronous driver"
BOUND = "Sessions on an engine of the other sort"
DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
RULE = "sync_driver_in_async_engine"


def test_an_async_engine_with_a_synchronous_driver_cannot_be_made(start: Start) -> None:
    with pytest.raises(InvalidRequestError, match="requires an async driver"):
        start(RULE, WRONG)


def test_the_asynchronous_driver_answers(start: Start) -> None:
    db = start(RULE, RIGHT)["db"]

    async def ping() -> Any:
        async with db.SessionLocal() as session:
            found = await session.scalar(text("SELECT 1"))
        await db.engine.dispose()
        return found

    assert asyncio.run(ping()) == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_reverse_fails_at_its_first_connection(start: Start) -> None:
    db = start(RULE, REVERSE)["db"]

    with pytest.raises(MissingGreenlet):
        db.ping()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ping", "ArgumentError"),
        ("ping_at_once", "ArgumentError"),
        ("ping_plainly", "AsyncContextNotStarted"),
        ("ping_plainly_at_once", "AsyncContextNotStarted"),
    ],
)
def test_a_session_on_an_engine_of_the_other_sort_fails_when_it_is_used(start: Start, name: str, error: str) -> None:
    ping = start(RULE, BOUND)["db"].__dict__[name]

    def run() -> None:
        found = ping()
        if inspect.isawaitable(found):
            asyncio.run(_wait(found))

    with pytest.raises((ArgumentError, InvalidRequestError)) as raised:
        run()

    assert type(raised.value).__name__ == error


async def _wait(work: Awaitable[Any]) -> None:
    await work


@pytest.mark.parametrize("driver", sorted(DRIVERS))
def test_sqlalchemy_says_of_a_driver_what_the_rule_does(driver: str) -> None:
    found = []
    for database in DATABASES:
        url = make_url(f"{database}+{driver}://")
        try:
            dialect = url.get_dialect()
        except NoSuchModuleError:
            continue
        found.append({dialect.is_async, dialect.get_async_dialect_cls(url).is_async})

    said = is_asynchronous(f"any+{driver}")
    assert found
    assert said is not None
    assert all(answers == {said[0]} for answers in found)


@pytest.mark.parametrize("database", DATABASES)
def test_the_default_driver_of_a_database_is_what_the_rule_takes_it_for(database: str) -> None:
    url = make_url(f"{database}://")
    dialect = url.get_dialect()
    both = dialect.get_async_dialect_cls(url).is_async and sqlalchemy.__version__ >= "2.1"

    assert is_asynchronous(database) == (False, not both)
    assert not dialect.is_async


@pytest.mark.parametrize("driver", ["psycopg", "oracledb"])
def test_a_driver_that_does_both_is_never_wrong(driver: str) -> None:
    assert is_asynchronous(f"any+{driver}") is None
