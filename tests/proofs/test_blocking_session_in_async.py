"""SQA305: whether the event loop goes on while a handler waits for its query, run against FastAPI."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.proofs.conftest import Running, Start

WRONG = "An async handler with a synchronous session"
PLAIN = "The same handler as a plain function"
ASYNC = "The same handler with an AsyncSession"


class Slow:
    """A database that answers when the event loop has moved, or after a while when it does not."""

    def __init__(self) -> None:
        self.moved = threading.Event()
        self.went_on: list[bool] = []

    def before_query(self, *_: Any) -> None:
        self.moved.clear()
        self.went_on.append(self.moved.wait(0.2 if threading.current_thread() is threading.main_thread() else 10))

    async def tick(self) -> None:
        while True:
            self.moved.set()
            await asyncio.sleep(0.001)


def _asked(start: Start, heading: str) -> tuple[int, list[bool]]:
    """The answer of the handler, and for each of its queries whether the loop went on meanwhile."""
    shop = start("blocking_session_in_async", heading)
    shop["models"].Base.metadata.create_all(engine := create_engine("sqlite:///shop.db"))
    engine.dispose()
    return asyncio.run(_ask(shop))


async def _ask(shop: Running) -> tuple[int, list[bool]]:
    slow = Slow()
    engine = shop["db"].engine
    if isinstance(engine, AsyncEngine):
        _make_driver_slow(engine, slow)
    else:
        event.listen(engine, "before_cursor_execute", slow.before_query)
    ticking = asyncio.create_task(slow.tick())
    transport = httpx.ASGITransport(app=shop["api"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.get("/orders/count")
    ticking.cancel()
    closed = engine.dispose()
    if inspect.isawaitable(closed):
        await closed
    return answer.json(), slow.went_on


def _make_driver_slow(engine: AsyncEngine, slow: Slow) -> None:
    """The driver runs SQL in a thread: a function of the database that waits there, in each statement."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.create_function("pause", 0, slow.before_query)

    @event.listens_for(engine.sync_engine, "before_cursor_execute", retval=True)
    def pause(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> tuple[str, Any]:
        return statement.replace("SELECT ", "SELECT pause() IS NULL AND ", 1), parameters


def test_the_loop_stands_still_while_a_coroutine_waits_for_a_synchronous_session(start: Start) -> None:
    answer, went_on = _asked(start, WRONG)

    assert (answer, went_on) == (0, [False])


@pytest.mark.parametrize("heading", [PLAIN, ASYNC])
def test_the_loop_goes_on_while_a_thread_or_an_async_driver_waits(start: Start, heading: str) -> None:
    answer, went_on = _asked(start, heading)

    assert (answer, went_on) == (0, [True])


def test_requests_to_an_async_handler_wait_one_after_another(start: Start) -> None:
    took = {heading: _time_of_five(start, heading) for heading in (WRONG, PLAIN)}

    assert took[WRONG] >= 5 * 0.1
    assert took[PLAIN] < took[WRONG]


def _time_of_five(start: Start, heading: str) -> float:
    shop = start("blocking_session_in_async", heading)
    shop["models"].Base.metadata.create_all(engine := create_engine("sqlite:///shop.db"))
    engine.dispose()
    event.listen(shop["db"].engine, "before_cursor_execute", lambda *_: time.sleep(0.1))

    async def five() -> float:
        transport = httpx.ASGITransport(app=shop["api"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            began = time.perf_counter()
            await asyncio.gather(*(client.get("/orders/count") for _ in range(5)))
            return time.perf_counter() - began

    took = asyncio.run(five())
    shop["db"].engine.dispose()
    return took
