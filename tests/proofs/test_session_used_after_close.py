"""SQA106: what a Session does after its block has closed it, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError, TimeoutError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from tests.proofs.conftest import Running, Start

WRONG = "A session returned out of its block"
RIGHT = "Everything happens in the block"


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_used_after_close", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def test_a_closed_session_opens_itself_and_is_never_closed(start: Start) -> None:
    shop = _shop(start, WRONG)
    assert shop["users"].count_users() == 0
    assert shop["users"].count_users() == 0
    assert shop["db"].engine.pool.checkedout() == 2

    with pytest.raises(TimeoutError, match="QueuePool limit of size 2 overflow 0 reached"):
        shop["users"].count_users()


def test_a_commit_below_the_block_saves_nothing(start: Start) -> None:
    shop = _shop(start, WRONG)

    shop["users"].add_user("a@example.com")

    assert shop["users"].count_users() == 0


def test_a_result_of_entities_cannot_be_read_below_the_block(start: Start) -> None:
    shop = _shop(start, WRONG)
    with shop["db"].SessionLocal.begin() as session:
        session.add(shop["models"].User(email="a@example.com"))

    with pytest.raises(InvalidRequestError, match="'persistent' state"):
        shop["users"].all_users()


def test_in_the_block_everything_is_as_it_says(start: Start) -> None:
    shop = _shop(start, RIGHT)

    shop["users"].add_user("a@example.com")

    assert [shop["users"].count_users() for _ in range(10)] == [1] * 10
    assert [user.email for user in shop["users"].all_users()] == ["a@example.com"]
    assert shop["db"].engine.pool.checkedout() == 0


def test_what_an_async_session_has_executed_is_all_there(start: Start, tmp_path: Path) -> None:
    shop = _shop(start, RIGHT)
    shop["users"].add_user("a@example.com")
    user = shop["models"].User

    async def emails() -> list[str]:
        engine = create_async_engine("sqlite+aiosqlite:///shop.db")
        async with async_sessionmaker(engine)() as session:
            found = await session.scalars(select(user))
            result = await session.execute(select(user))
        read = [one.email for one in (*found.all(), *result.scalars())]
        await engine.dispose()
        return read

    assert asyncio.run(emails()) == ["a@example.com"] * 2
