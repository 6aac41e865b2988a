"""SQA220: what a client is told when the commit comes after the response, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select

from tests.proofs.conftest import Running, Start

WRONG = "The same address twice"
SCOPED = "The dependency ends with the function"
RIGHT = "The handler commits"


def _shop(start: Start, heading: str) -> Running:
    shop = start("commit_after_response", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


@pytest.mark.parametrize(("heading", "statuses"), [(WRONG, [201, 201]), (SCOPED, [201, 500]), (RIGHT, [201, 500])])
def test_the_second_of_two_equal_users_is_only_said_to_be_stored(
    start: Start, heading: str, statuses: list[int]
) -> None:
    shop = _shop(start, heading)
    client = TestClient(shop["api"].app, raise_server_exceptions=False)

    found = [client.post("/users", params={"email": "a@example.com"}).status_code for _ in range(2)]

    assert found == statuses
    with shop["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].User)) == 1


@pytest.mark.parametrize(("heading", "order"), [(WRONG, ["response", "commit"]), (SCOPED, ["commit", "response"])])
def test_the_response_is_sent_before_the_commit(start: Start, heading: str, order: list[str]) -> None:
    shop = _shop(start, heading)
    seen: list[str] = []
    event.listen(shop["db"].engine, "commit", lambda connection: seen.append("commit"))
    scope = {
        "type": "http", "method": "POST", "path": "/users", "raw_path": b"/users", "root_path": "",
        "query_string": b"email=a@example.com", "headers": [], "scheme": "http", "http_version": "1.1",
        "client": ("test", 1), "server": ("test", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.append("response")

    anyio.run(shop["api"].app, scope, receive, send)

    assert seen == order
