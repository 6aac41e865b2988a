"""Two handlers that ask for themselves: one of them counts what is deleted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

RULE = "query_in_handler"
WRONG = "A filter is forgotten in one of two handlers"
RIGHT = "The repository is asked"


async def _read(app: FastAPI) -> list[Any]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        return [(await client.get(url)).json() for url in ("/orders", "/orders/count")]


@pytest.mark.parametrize(("heading", "counted"), [(WRONG, 2), (RIGHT, 1)])
def test_a_deleted_order_is_counted_unless_both_ask_the_repository(start: Start, heading: str, counted: int) -> None:
    shop = start(RULE, heading)
    engine, order = shop["db"].engine, shop["models"].Order
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([order(id=1), order(id=2, deleted=True)])
        session.commit()

    assert asyncio.run(_read(shop["api"].app)) == [[1], counted]


def test_a_repository_can_be_replaced_by_a_test(start: Start) -> None:
    shop = start(RULE, RIGHT)
    repository = shop["repositories"].OrderRepository

    class Made(repository):  # type: ignore[misc, valid-type]
        def __init__(self) -> None: ...

        def keys(self) -> list[int]:
            return [7]

        def count(self) -> int:
            return 1

    shop["api"].app.dependency_overrides[repository] = Made

    assert asyncio.run(_read(shop["api"].app)) == [[7], 1]
