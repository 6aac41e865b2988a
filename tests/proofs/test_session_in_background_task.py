"""SQA302: what a task does with a session whose owner has ended or has not decided yet, run against FastAPI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock

import fastapi
import httpx
import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A preview that is stored"
RIGHT = "The task opens a session of its own"
BLOCK = "A task that outlives the block of its session"
LEFT_BEHIND = "A task that the handler does not await"

task_before_close = pytest.mark.skipif(
    tuple(int(part) for part in fastapi.__version__.split(".")[:2]) < (0, 118),
    reason="FastAPI 0.106 to 0.117 closes the dependency before the task begins",
)


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_in_background_task", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()
    return shop


def _run(shop: Running, work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        try:
            return await work()
        finally:
            await shop["db"].engine.dispose()

    return asyncio.run(main())


async def _post(shop: Running, url: str) -> Any:
    transport = httpx.ASGITransport(app=shop["api"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.post(url)
    assert answer.status_code == 200
    return answer.json()


def _count(entity: Any) -> int | None:
    engine = create_engine("sqlite:///shop.db")
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(entity))
    engine.dispose()
    return found


@task_before_close
def test_the_task_commits_what_the_handler_did_not(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _run(shop, lambda: _post(shop, "/orders?amount=3&confirmed=false")) == {"order": 1}

    assert (_count(shop["models"].Order), _count(shop["models"].Visit)) == (1, 1)


@task_before_close
def test_the_task_begins_in_the_open_transaction_of_the_handler(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, WRONG)
    began_in_transaction = []
    count_visit = shop["api"].count_visit

    async def watched(session: AsyncSession, page: str) -> None:
        began_in_transaction.append(session.in_transaction())
        await count_visit(session, page)

    monkeypatch.setattr(shop["api"], "count_visit", watched)
    _run(shop, lambda: _post(shop, "/orders?amount=3&confirmed=false"))

    assert began_in_transaction == [True]


@pytest.mark.parametrize(("confirmed", "orders"), [("false", 0), ("true", 1)])
def test_a_session_of_its_own_leaves_the_decision_to_the_handler(start: Start, confirmed: str, orders: int) -> None:
    shop = _shop(start, RIGHT)

    assert _run(shop, lambda: _post(shop, f"/orders?amount=3&confirmed={confirmed}")) == {"order": 1}

    assert (_count(shop["models"].Order), _count(shop["models"].Visit)) == (orders, 1)


@task_before_close
def test_a_transaction_the_handler_left_open_locks_its_task_out(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, RIGHT)
    impatient = create_async_engine("sqlite+aiosqlite:///shop.db", connect_args={"timeout": 0.1})
    shop["db"].SessionLocal.configure(bind=impatient)

    async def work() -> None:
        try:
            await _post(shop, "/orders?amount=3&confirmed=false")
        finally:
            await impatient.dispose()

    monkeypatch.setattr(AsyncSession, "rollback", AsyncMock())
    with pytest.raises(OperationalError, match="database is locked"):
        _run(shop, work)


def test_a_task_that_outlives_its_block_saves_nothing_and_raises_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(start, BLOCK)

    async def work() -> None:
        added, closed = asyncio.Event(), asyncio.Event()

        async def announce(page: str) -> None:
            added.set()
            await closed.wait()

        monkeypatch.setattr(shop["mail"], "announce", announce)
        monkeypatch.setattr(shop["mail"], "greet", added.wait)
        await shop["visits"].visit("/products")
        closed.set()
        (task,) = shop["visits"].running
        await task
        assert task.exception() is None

    _run(shop, work)

    assert _count(shop["models"].Visit) == 0


def test_the_same_task_saves_its_row_when_the_block_waits_for_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, BLOCK)

    async def work() -> None:
        async def wait_for_the_task() -> None:
            (task,) = shop["visits"].running
            await task

        monkeypatch.setattr(shop["mail"], "greet", wait_for_the_task)
        await shop["visits"].visit("/products")

    _run(shop, work)

    assert _count(shop["models"].Visit) == 1


def test_a_session_used_after_its_request_is_never_closed_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, LEFT_BEHIND)
    pool = shop["db"].engine.pool
    recount = shop["warehouse"].recount

    async def work() -> list[int]:
        answered = asyncio.Event()

        async def recount_later(session: AsyncSession) -> None:
            await answered.wait()
            await recount(session)

        monkeypatch.setattr(shop["warehouse"], "recount", recount_later)
        await _post(shop, "/orders?amount=3")
        out = [pool.checkedout()]
        answered.set()
        await asyncio.gather(*shop["api"].running)
        return [*out, pool.checkedout()]

    assert _run(shop, work) == [0, 1]
    assert shop["warehouse"].counted == [1]
