"""SQA303: what becomes of a commit, a delete and a savepoint that nobody awaits."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A commit and a delete that are never run"
RIGHT = "Both awaited"
NESTED = "A savepoint that nobody enters"
HANDED = "An AsyncSession for a function that takes a Session"


def _shop(start: Start, heading: str, *amounts: int) -> Running:
    shop = start("missing_await", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(shop["models"].Order(amount=amount) for amount in amounts)
        session.commit()
    engine.dispose()
    return shop


def _run(shop: Running, work: Awaitable[None]) -> list[str]:
    """What was warned of while this ran."""

    async def main() -> None:
        await work
        await shop["db"].engine.dispose()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    return sorted(str(one.message) for one in told if issubclass(one.category, RuntimeWarning))


def _orders(shop: Running) -> int | None:
    engine = create_engine("sqlite:///shop.db")
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(shop["models"].Order))
    engine.dispose()
    return found


def test_a_commit_that_nobody_awaits_stores_nothing(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _run(shop, shop["orders"].place(3)) == ["coroutine 'AsyncSession.commit' was never awaited"]

    assert _orders(shop) == 0


def test_a_delete_that_nobody_awaits_deletes_nothing(start: Start) -> None:
    shop = _shop(start, WRONG, 3)

    assert _run(shop, shop["orders"].cancel(1)) == ["coroutine 'AsyncSession.delete' was never awaited"]

    assert _orders(shop) == 1


def test_what_is_awaited_is_stored_and_deleted(start: Start) -> None:
    shop = _shop(start, RIGHT, 3)

    assert _run(shop, shop["orders"].place(4)) == []
    assert _orders(shop) == 2
    assert _run(shop, shop["orders"].cancel(1)) == []
    assert _orders(shop) == 1


@pytest.mark.parametrize(("gift", "stored"), [(1, 2), (9, 0)])
def test_a_savepoint_that_nobody_enters_takes_the_order_back_with_the_gift(
    start: Start, gift: int, stored: int
) -> None:
    shop = _shop(start, NESTED)

    assert _run(shop, shop["orders"].place(5, gift)) == []

    assert _orders(shop) == stored


@pytest.mark.parametrize(("name", "kept", "told"), [("rename", "Ann", 1), ("rename_inside", "Cid", 0)])
def test_what_takes_a_session_commits_nothing_of_an_async_one(start: Start, name: str, kept: str, told: int) -> None:
    shop = start("missing_await", HANDED)
    author = shop["models"].Author
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(author(name="Ann"))
        session.commit()

    async def main() -> None:
        asynchronous = create_async_engine("sqlite+aiosqlite:///shop.db")
        async with AsyncSession(asynchronous) as session:
            await getattr(shop["service"], name)(session, await session.get_one(author, 1), "Cid")
        await asynchronous.dispose()

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()

    assert sum("'AsyncSession.commit' was never awaited" in str(one.message) for one in found) == told
    with Session(engine) as session:
        assert session.scalar(select(author.name)) == kept
    engine.dispose()
