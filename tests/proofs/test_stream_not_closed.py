"""A stream that is left open keeps its table locked."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from tests.proofs.conftest import Start

RULE = "stream_not_closed"
WRONG = "The table stays locked"
RIGHT = "The stream is closed"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The streams that were made, kept as a traceback or a cycle keeps them: nothing collects their cursors."""
    found: list[Any] = []
    stream = AsyncSession.stream_scalars

    async def keeping(self: AsyncSession, *args: Any, **options: Any) -> Any:
        found.append(await stream(self, *args, **options))
        return found[-1]

    monkeypatch.setattr(AsyncSession, "stream_scalars", keeping)
    return found


@pytest.mark.parametrize(
    ("heading", "answer"),
    [(WRONG, pytest.raises(OperationalError, match="locked")), (RIGHT, nullcontext())],
    ids=["open", "closed"],
)
def test_the_table_is_locked_unless_the_stream_is_closed(
    start: Start, kept: list[Any], heading: str, answer: AbstractContextManager[Any]
) -> None:
    shop = start(RULE, heading)
    base, order = shop["models"].Base, shop["models"].Order

    async def run() -> None:
        engine = create_async_engine("sqlite+aiosqlite:///shop.db")
        async with engine.begin() as connection:
            await connection.run_sync(base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all([order(id=key) for key in range(1, 500)])
            await session.commit()
            assert await shop["orders"].first_open(session) == 1
            assert kept
            with answer:
                await session.execute(text("DROP TABLE orders"))
        await engine.dispose()

    asyncio.run(run())
