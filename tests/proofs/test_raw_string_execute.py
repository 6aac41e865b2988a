"""SQA715: a string is no statement, run against SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError, ObjectNotExecutableError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "A check that says the database is down"
RIGHT = "Marked as SQL"


@pytest.mark.parametrize(("heading", "up"), [(WRONG, False), (RIGHT, True)])
def test_a_database_that_is_up(start: Start, heading: str, up: bool) -> None:
    health = start("raw_string_execute", heading)["health"]

    assert health.is_up() is up


def test_a_session_and_a_connection_refuse_a_string(start: Start) -> None:
    health = start("raw_string_execute", WRONG)["health"]
    engine = create_engine("sqlite://")

    with pytest.raises(ObjectNotExecutableError, match="Not an executable object"):
        health.tables()
    with pytest.raises(ObjectNotExecutableError, match="Not an executable object"):
        health.columns("carts")
    with Session(engine) as session, pytest.raises(ArgumentError, match="explicitly declared as text"):
        session.scalars("SELECT 1")  # type: ignore[call-overload]  # what is wrong


def test_a_marked_string_is_executed(start: Start) -> None:
    health = start("raw_string_execute", RIGHT)["health"]

    assert health.tables() == 0
    assert health.columns("carts") == []


def test_an_asynchronous_session_refuses_it_when_it_is_awaited(start: Start) -> None:
    jobs = start("raw_string_execute", "In a coroutine")["jobs"]

    async def work() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with AsyncSession(engine) as session:
            with pytest.raises(ArgumentError, match="explicitly declared as text"):
                await jobs.clean(session)
        async with engine.connect() as connection:
            with pytest.raises(ObjectNotExecutableError):
                await jobs.run(connection, "lamp")
        await engine.dispose()

    asyncio.run(work())
