"""SQA121: what becomes of an exception that a provider keeps to itself, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, func, select

from tests.proofs.conftest import Start

WRONG = "A conflict becomes an internal error"
RIGHT = "The exception is raised again"
SILENT = "A with block that fails in silence"


@pytest.mark.parametrize(("heading", "status"), [(WRONG, 500), (RIGHT, 409)])
def test_a_conflict_is_answered_only_if_its_exception_gets_through(start: Start, heading: str, status: int) -> None:
    shop = start("provider_swallows_exception", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    client = TestClient(shop["api"].app, raise_server_exceptions=False)

    assert client.post("/users", params={"email": "a@example.com"}).status_code == 200
    assert client.post("/users", params={"email": "a@example.com"}).status_code == status


def test_the_error_that_is_logged_names_neither_the_exception_nor_its_place(start: Start) -> None:
    shop = start("provider_swallows_exception", WRONG)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    client = TestClient(shop["api"].app)
    client.post("/users", params={"email": "a@example.com"})

    with pytest.raises(FastAPIError) as raised:
        client.post("/users", params={"email": "a@example.com"})

    assert "409" not in str(raised.value)
    assert "taken" not in str(raised.value)


def test_an_order_that_was_refused_is_reported_as_placed(start: Start) -> None:
    shop = start("provider_swallows_exception", SILENT)
    order = shop["models"].Order
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()

    async def run() -> tuple[str, int | None]:
        said: str = await shop["orders"].place_order(0)
        async with shop["db"].SessionLocal() as session:
            count = await session.scalar(select(func.count()).select_from(order))
        await shop["db"].engine.dispose()
        return said, count

    assert asyncio.run(run()) == ("placed", 0)
