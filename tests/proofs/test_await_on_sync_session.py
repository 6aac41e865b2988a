"""SQA304: what `await` does before a call that is no coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A commit that is done and fails"
RIGHT = "The same with an AsyncSession"
PLAIN = "Plain methods of an AsyncSession"


def _shop(start: Start, heading: str) -> Running:
    shop = start("await_on_sync_session", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()
    return shop


def _orders(shop: Running) -> int | None:
    engine = create_engine("sqlite:///shop.db")
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(shop["models"].Order))
    engine.dispose()
    return found


def test_the_commit_is_done_before_the_error_and_done_again_by_the_next_attempt(start: Start) -> None:
    shop = _shop(start, WRONG)

    for stored in (1, 2):
        with pytest.raises(TypeError, match="NoneType"):
            asyncio.run(shop["orders"].place(3))
        assert _orders(shop) == stored
    shop["db"].engine.dispose()


def test_an_async_session_stores_the_order_and_raises_nothing(start: Start) -> None:
    shop = _shop(start, RIGHT)

    async def work() -> None:
        await shop["orders"].place(3)
        await shop["db"].engine.dispose()

    asyncio.run(work())

    assert _orders(shop) == 1


@pytest.mark.parametrize(
    "work",
    [
        lambda orders, order: orders.add(order),
        lambda orders, _: orders.all(),
        lambda orders, _: orders.first(),
    ],
    ids=["add", "scalars", "first"],
)
def test_a_plain_method_cannot_be_awaited(start: Start, work: Callable[[Any, Any], Awaitable[Any]]) -> None:
    shop = _shop(start, PLAIN)

    async def main() -> None:
        async with shop["db"].SessionLocal() as session:
            with pytest.raises(TypeError, match="await"):
                await work(shop["repositories"].Orders(session), shop["models"].Order(amount=1))
        await shop["db"].engine.dispose()

    asyncio.run(main())
