"""SQA303: what becomes of a commit, a delete and a savepoint that nobody awaits."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A commit and a delete that are never run"
RIGHT = "Both awaited"
NESTED = "A savepoint that nobody enters"


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
