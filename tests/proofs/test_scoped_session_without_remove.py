"""SQA108: what a request leaves in a registry for the next one, run against Flask, FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "A request that finds what another left"
RIGHT = "The teardown removes it"
ASYNC = "Tasks of an event loop"
ELSEWHERE = "Removed in another thread"


@pytest.mark.parametrize(
    ("heading", "stored", "held"), [(WRONG, ["lamp", "chair"], 1), (RIGHT, ["chair"], 0)], ids=["wrong", "right"]
)
def test_the_order_of_a_failed_request_is_stored_by_the_next(
    start: Start, heading: str, stored: list[str], held: int
) -> None:
    shop = start("scoped_session_without_remove", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    client = shop["api"].app.test_client()

    assert client.post("/orders/lamp/0").status_code == 409
    assert shop["db"].engine.pool.checkedout() == held
    assert client.post("/orders/chair/9").status_code == 200

    with Session(shop["db"].engine) as session:
        assert list(session.scalars(select(shop["models"].Order.sku).order_by(shop["models"].Order.id))) == stored
    shop["db"].session.remove()


@pytest.mark.filterwarnings("ignore")
def test_each_task_leaves_a_connection_behind(start: Start) -> None:
    shop = start("scoped_session_without_remove", ASYNC)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()

    async def run() -> int:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=shop["api"].app), base_url="http://shop"
        ) as client:
            for _ in range(3):
                await asyncio.create_task(client.get("/orders"))
        held: int = shop["db"].engine.pool.checkedout()
        await shop["db"].engine.dispose()
        return held

    assert asyncio.run(run()) == 3


@pytest.mark.filterwarnings("ignore")
def test_a_dependency_removes_the_session_of_another_thread(start: Start) -> None:
    shop = start("scoped_session_without_remove", ELSEWHERE)
    shop["models"].Base.metadata.create_all(shop["db"].engine)

    async def run() -> int:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=shop["api"].app), base_url="http://shop"
        ) as client:
            for _ in range(10):
                await asyncio.gather(*(client.get("/orders") for _ in range(20)))
                held: int = shop["db"].engine.pool.checkedout()
                if held:
                    return held
        return 0

    assert asyncio.run(run()) > 0
