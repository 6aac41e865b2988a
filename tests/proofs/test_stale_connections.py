"""SQA504: what a pool hands out after PostgreSQL has ended its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.proofs.conftest import Start

RULE = "stale_connections"
WRONG = "A service that asks its database now and then"
RIGHT = "The pool asks first"
ASYNC = "Async"
ASYNC_RIGHT = "Async, and the pool asks first"
_END = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'shop'")

End = Callable[[], int]


@pytest.fixture
def end_all(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[End]:
    """Ends every connection of the shop, as a restart does, and says how many there were."""
    monkeypatch.setenv("DATABASE_URL", f"{postgres}&application_name=shop")
    admin = create_engine(postgres, poolclass=NullPool)

    def end() -> int:
        with admin.connect() as connection:
            return len(connection.execute(_END).all())

    yield end
    end()


def outcomes(requests: Iterator[Callable[[], object]]) -> list[object]:
    """What each request gives, or the class of what it raises."""
    found: list[object] = []
    for request in requests:
        try:
            found.append(request())
        except OperationalError as error:
            found.append(type(error))
    return found


@pytest.mark.parametrize(
    ("heading", "expected"), [(WRONG, [1, OperationalError, 1]), (RIGHT, [1, 1, 1])], ids=["unasked", "asked"]
)
def test_a_connection_that_was_ended_is_handed_out(
    start: Start, end_all: End, heading: str, expected: list[object]
) -> None:
    db: Any = start(RULE, heading)["db"]

    def requests() -> Iterator[Callable[[], object]]:
        yield db.ping
        assert end_all() == 1
        yield db.ping
        yield db.ping

    assert outcomes(requests()) == expected
    db.engine.dispose()


@pytest.mark.parametrize(
    ("heading", "expected"), [(ASYNC, [1, OperationalError, 1]), (ASYNC_RIGHT, [1, 1, 1])], ids=["unasked", "asked"]
)
def test_an_asynchronous_pool_does_the_same(start: Start, end_all: End, heading: str, expected: list[object]) -> None:
    db: Any = start(RULE, heading)["db"]
    loop = asyncio.new_event_loop()

    def requests() -> Iterator[Callable[[], object]]:
        yield lambda: loop.run_until_complete(db.ping())
        assert end_all() == 1
        yield lambda: loop.run_until_complete(db.ping())
        yield lambda: loop.run_until_complete(db.ping())

    assert outcomes(requests()) == expected
    loop.run_until_complete(db.engine.dispose())
    loop.close()


def test_asking_does_not_help_in_the_midst_of_a_transaction(start: Start, end_all: End) -> None:
    db: Any = start(RULE, RIGHT)["db"]
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert end_all() == 1
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    db.engine.dispose()
