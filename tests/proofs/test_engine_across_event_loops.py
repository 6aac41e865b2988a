"""A pool that outlives event loops: connections go to loops that did not open them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy.ext.asyncio
from sqlalchemy import event

from tests.proofs.conftest import Start

RULE = "engine_across_event_loops"
WRONG = "Each job has a loop of its own"
UNPOOLED = "No connection outlives its loop"
DISPOSED = "The pool is emptied at the end of each loop"
Make = Callable[..., sqlalchemy.ext.asyncio.AsyncEngine]


@pytest.fixture
def strays(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each connection that is handed out, whether another event loop opened it. The engine gets an SQLite file."""
    seen: list[bool] = []
    loops: dict[int, asyncio.AbstractEventLoop] = {}
    make: Make = sqlalchemy.ext.asyncio.create_async_engine

    def opened(connection: Any, record: Any) -> None:
        loops[id(connection)] = asyncio.get_running_loop()

    def handed_out(connection: Any, record: Any, proxy: Any) -> None:
        seen.append(loops[id(connection)] is not asyncio.get_running_loop())

    def engine(url: str, **options: Any) -> sqlalchemy.ext.asyncio.AsyncEngine:
        assert url.startswith("postgresql+asyncpg:")
        made = make("sqlite+aiosqlite:///shop.db", **options)
        event.listen(made.sync_engine, "connect", opened)
        event.listen(made.sync_engine, "checkout", handed_out)
        return made

    monkeypatch.setattr(sqlalchemy.ext.asyncio, "create_async_engine", engine)
    return seen


@pytest.mark.parametrize(
    ("heading", "expected"),
    [(WRONG, [False, True, True]), (UNPOOLED, [False] * 3), (DISPOSED, [False] * 3)],
    ids=["pooled", "unpooled", "disposed"],
)
def test_a_loop_is_given_a_connection_that_another_one_opened(
    start: Start, strays: list[bool], heading: str, expected: list[bool]
) -> None:
    shop = start(RULE, heading)

    for _ in range(3):
        shop["jobs"].close_orders.run()

    assert strays == expected
    asyncio.run(shop["db"].engine.dispose())
