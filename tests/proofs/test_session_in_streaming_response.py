"""SQA114: what a response streams from a session that its handler has closed, run against FastAPI."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError

from tests.proofs.conftest import Running, Start

WRONG = "An export from the handler's session"
RIGHT = "The generator opens its own"


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_in_streaming_response", heading)
    with shop["db"].engine.begin() as connection:
        connection.execute(text("CREATE TABLE user_account (id INTEGER PRIMARY KEY, email TEXT)"))
        connection.execute(text("INSERT INTO user_account (email) VALUES ('a@example.com')"))
    return shop


def _download(shop: Running) -> str:
    async def main() -> str:
        transport = httpx.ASGITransport(app=shop["api"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            answer = await client.get("/users.csv")
        assert answer.status_code == 200
        return answer.text

    return asyncio.run(main())


def test_each_download_keeps_a_connection(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert [_download(shop) for _ in range(2)] == ["1,a@example.com\n"] * 2

    assert shop["db"].engine.pool.checkedout() == 2
    with pytest.raises(TimeoutError, match="QueuePool limit of size 2 overflow 0 reached"):
        _download(shop)


def test_a_generator_gives_back_what_it_opened(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert [_download(shop) for _ in range(5)] == ["1,a@example.com\n"] * 5

    assert shop["db"].engine.pool.checkedout() == 0
