"""A timeout around one statement: the session's connection is lost."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from tests.proofs.conftest import Start

RULE = "session_used_after_timeout"
WRONG = "The session is used on"
RIGHT = "The timeout is around everything"
SLOW = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n")


@pytest.mark.parametrize(
    ("heading", "answer"),
    [(WRONG, pytest.raises(PendingRollbackError)), (RIGHT, nullcontext())],
    ids=["around one statement", "around everything"],
)
def test_the_session_is_of_no_use_after_a_timeout_around_one_statement(
    start: Start, heading: str, answer: AbstractContextManager[Any]
) -> None:
    shop = start(RULE, heading)
    base, order = shop["models"].Base, shop["models"].Order

    async def run() -> None:
        engine = create_async_engine("sqlite+aiosqlite:///shop.db")
        async with engine.begin() as connection:
            await connection.run_sync(base.metadata.create_all)
        async with AsyncSession(engine) as session:
            with answer:
                await shop["orders"].place(session, SLOW)
                assert await session.scalar(select(order)) is None
        await engine.dispose()

    asyncio.run(run())
