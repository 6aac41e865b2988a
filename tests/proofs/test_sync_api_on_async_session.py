"""SQA311: what a Session has and an AsyncSession has not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session

from sqla_lint.knowledge.sqlalchemy import SYNC_ONLY
from tests.proofs.conftest import Running, Start

WRONG = "A query of an AsyncSession"
RIGHT = "The same with select and add_all"


def _shop(start: Start, heading: str) -> Running:
    shop = start("sync_api_on_async_session", heading)
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


def test_a_query_of_an_async_session_fails(start: Start) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises(AttributeError, match="query"):
        _run(shop, shop["orders"].amounts)
    with pytest.raises(AttributeError, match="bulk_save_objects"):
        _run(shop, lambda: shop["orders"].store([3, 4]))


def test_select_and_add_all_read_and_store(start: Start) -> None:
    shop = _shop(start, RIGHT)

    async def work() -> Any:
        await shop["orders"].store([3, 4])
        return await shop["orders"].amounts()

    assert _run(shop, work) == [3, 4]


@pytest.mark.parametrize("name", sorted(SYNC_ONLY))
def test_only_the_synchronous_class_has_what_the_rule_names(name: str) -> None:
    assert hasattr(Session, name)
    assert not hasattr(AsyncSession, name)
    assert not hasattr(async_scoped_session, name)
