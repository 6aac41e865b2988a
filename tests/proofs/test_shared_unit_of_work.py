"""SQA117: what two requests do to each other that enter one unit of work, run against SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "Two orders at the same time"
RIGHT = "One for each use case"


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, ["refused"]), (RIGHT, ["paid"])])
@pytest.mark.filterwarnings("ignore")
def test_the_order_that_fails_is_stored_and_the_paid_one_is_lost(start: Start, heading: str, stored: list[str]) -> None:
    shop = start("shared_unit_of_work", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)

    async def run() -> None:
        second_is_in, first_is_done = asyncio.Event(), asyncio.Event()

        async def paid() -> None:
            await second_is_in.wait()

        async def refused() -> None:
            second_is_in.set()
            await first_is_done.wait()
            raise ValueError("no money")

        async def first() -> None:
            await shop["orders"].place_order("paid", paid)
            first_is_done.set()

        outcomes = await asyncio.gather(first(), shop["orders"].place_order("refused", refused), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), ValueError]
        await shop["uow"].engine.dispose()

    asyncio.run(run())

    with Session(engine) as session:
        assert list(session.scalars(select(shop["models"].Order.sku))) == stored
    engine.dispose()
