"""SQA223: what is stored of an order that nobody commits, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "An order that nobody commits"
RIGHT = "The handler is the use case, and commits"
LATE = "Written after the last commit"
CHANGED = "A change, through a class that is injected, async"


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, 0), (RIGHT, 1)])
def test_the_client_gets_a_number_and_maybe_no_row(start: Start, heading: str, stored: int) -> None:
    app = start("uncommitted_use_case", heading)
    order = app["models"].Order
    app["models"].Base.metadata.create_all(app["db"].engine)

    answer = TestClient(app["api"].app).post("/orders", params={"sku": "tea"})

    assert (answer.status_code, answer.json()) == (200, {"order": 1})
    with app["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(order)) == stored


@pytest.mark.parametrize(("way", "left"), [("/users/1", 1), ("/users/1/forget", 0)])
def test_what_is_removed_after_the_last_commit_stays(start: Start, way: str, left: int) -> None:
    app = start("uncommitted_use_case", LATE)
    models, engine = app["models"], app["repositories"].engine
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([models.User(id=1), models.Permission(id=1, user_id=1)])
        session.commit()

    client = TestClient(app["api"].app)
    answer = client.post(way) if way.endswith("forget") else client.delete(way)

    assert answer.status_code == 200
    with Session(engine) as session:
        assert session.get(models.User, 1) is None
        assert session.scalar(select(func.count()).select_from(models.Permission)) == left


def test_a_change_is_told_and_not_kept(start: Start) -> None:
    app = start("uncommitted_use_case", CHANGED)
    order, factory = app["models"].Order, app["db"].SessionLocal
    engine: AsyncEngine = factory.kw["bind"]

    async def fill() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(app["models"].Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(order(id=1, sku="tea"))
        await engine.dispose()

    async def is_paid() -> bool:
        async with factory() as session:
            paid: bool = (await session.get_one(order, 1)).paid
        await engine.dispose()
        return paid

    asyncio.run(fill())
    assert TestClient(app["api"].app).put("/orders/1/paid").status_code == 200
    assert asyncio.run(is_paid()) is False
