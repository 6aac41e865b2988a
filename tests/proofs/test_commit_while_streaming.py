"""SQA224: what a commit does to the rows that are still to come, run against PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "It fails after the first ten orders"
RIGHT = "The keys first, then a transaction for each batch"
OFTEN = "A commit every so often is no better"
ASYNC = "Async: a commit for each part"
THERE = "All rows are there before the loop begins"
JOINED = "A session in the transaction of its connection"


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    engine = create_engine(postgres)
    yield engine
    engine.dispose()


class Shop:
    """A page's case with this many orders, none of them packed."""

    def __init__(self, start: Start, heading: str, engine: Engine, orders: int) -> None:
        running = start("commit_while_streaming", heading)
        self.packing: Any = running["packing"]
        self.order: Any = running["models"].Order
        self.engine = engine
        base = running["models"].Base
        base.metadata.drop_all(engine)
        base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(self.order(state="new") for _ in range(orders))
            session.commit()

    def pack(self, name: str = "pack_all") -> None:
        with Session(self.engine) as session:
            getattr(self.packing, name)(session)

    def pack_async(self, name: str = "pack_all") -> None:
        async def pack() -> None:
            engine = create_async_engine(self.engine.url)
            try:
                async with AsyncSession(engine, expire_on_commit=False) as session:
                    await getattr(self.packing, name)(session)
            finally:
                await engine.dispose()

        asyncio.run(pack())

    @property
    def packed(self) -> int:
        with Session(self.engine) as session:
            statement = select(func.count()).select_from(self.order).where(self.order.state == "packed")
            return session.scalar(statement) or 0


def test_the_rows_after_the_first_ten_are_never_reached(start: Start, engine: Engine) -> None:
    shop = Shop(start, WRONG, engine, 25)

    with pytest.raises(ProgrammingError, match=r"cursor .* does not exist"):
        shop.pack()

    assert shop.packed == 10


@pytest.mark.parametrize("orders", [5, 25])
def test_batches_of_keys_reach_all(start: Start, engine: Engine, orders: int) -> None:
    shop = Shop(start, RIGHT, engine, orders)

    shop.pack()

    assert shop.packed == orders


def test_a_table_shorter_than_one_fetch_hides_it(start: Start, engine: Engine) -> None:
    shop = Shop(start, OFTEN, engine, 99)
    shop.pack()
    assert shop.packed == 99

    shop = Shop(start, OFTEN, engine, 101)
    with pytest.raises(ProgrammingError, match=r"cursor .* does not exist"):
        shop.pack()


def test_an_asynchronous_stream_fails_so_too(start: Start, engine: Engine) -> None:
    shop = Shop(start, ASYNC, engine, 25)

    with pytest.raises(ProgrammingError, match=r"cursor .* does not exist"):
        shop.pack_async()

    assert shop.packed == 10


@pytest.mark.parametrize("name", ["pack_all", "pack_listed", "pack_parts"])
def test_what_has_come_already_is_not_lost(start: Start, engine: Engine, name: str) -> None:
    shop = Shop(start, THERE, engine, 25)

    shop.pack(name)

    assert shop.packed == 25


def test_what_is_streamed_in_one_go_is_not_lost(start: Start, engine: Engine) -> None:
    shop = Shop(start, THERE, engine, 25)

    shop.pack_async("pack_streamed")

    assert shop.packed == 25


def test_a_session_in_the_transaction_of_its_connection_reaches_all(start: Start, engine: Engine) -> None:
    shop = Shop(start, JOINED, engine, 25)

    with engine.begin() as connection:
        shop.packing.pack_all(connection)

    assert shop.packed == 25
