"""aiohttp: what handlers, requests and the application do with a session, run for real."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.frameworks.conftest import PROVISIONING, Answer, Shop, Start

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")
TAKEN = "b@example.com"
Client = TestClient[web.Request, web.Application]


def _with_client(shop: Shop, work: Callable[[Client], Awaitable[None]], module: str = "api") -> None:
    async def main() -> None:
        async with TestClient(TestServer(shop[module].make_app())) as client:
            await work(client)

    shop.run(main)


def _ask(shop: Shop, *requests: str, module: str = "api") -> list[Answer]:
    answers: list[Answer] = []

    async def work(client: Client) -> None:
        for request in requests:
            method, path = request.split(" ", 1)
            async with client.request(method, path) as answer:
                answers.append((answer.status, await answer.text()))

    _with_client(shop, work, module)
    return answers


@pytest.mark.parametrize(
    "heading",
    ["A session that an aiohttp middleware puts on the request", "A session on the request of an aiohttp view"],
)
def test_a_commit_below_the_handler_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/aiohttp", heading)
    shop.take(TAKEN)

    assert [status for status, _ in _ask(shop, "POST /users")] == [500]
    assert shop.emails() == ["a@example.com", TAKEN]


def test_a_commit_in_the_handler_stores_all_or_nothing(start: Start) -> None:
    shop = start("commit_in_repository/aiohttp", "An aiohttp handler commits what its repository flushed")
    shop.take(TAKEN)

    assert [status for status, _ in _ask(shop, "POST /users")] == [500]
    assert shop.emails() == [TAKEN]


def test_all_ways_of_registering_make_a_handler(start: Start) -> None:
    shop = start("commit_in_repository/aiohttp", "An aiohttp handler is a boundary wherever it lies")
    paths = ("route", "router", "table", "view")

    answers = _ask(shop, *(f"POST /{path}" for path in paths), module="crud.users")

    assert [status for status, _ in answers] == [200] * 4
    assert shop.emails() == [f"{path}@example.com" for path in paths]


@pytest.mark.parametrize(
    ("heading", "requests", "stored"),
    [
        ("A session in an aiohttp application", ["POST /draft", "POST /users"], ["a@example.com", "draft@example.com"]),
        ("A factory in an aiohttp application", ["POST /users"], ["a@example.com"]),
    ],
)
def test_one_request_commits_what_another_left(
    start: Start, heading: str, requests: list[str], stored: list[str]
) -> None:
    shop = start("session_on_application_object/aiohttp", heading)

    assert {status for status, _ in _ask(shop, *requests)} == {200}
    assert shop.emails() == stored


def test_the_session_of_a_request_in_gather_raises(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    shop = start("session_shared_across_tasks/aiohttp", "The session of an aiohttp request in gather")

    with caplog.at_level(logging.ERROR):
        assert [status for status, _ in _ask(shop, "GET /")] == [500]

    assert PROVISIONING in caplog.text


def test_a_session_for_each_branch_answers(start: Start) -> None:
    shop = start("session_shared_across_tasks/aiohttp", "A factory of an aiohttp application in gather")
    shop.take(TAKEN)

    ((status, body),) = _ask(shop, "GET /")

    assert (status, json.loads(body)) == (200, {"total": 1, "last": 1})


@pytest.mark.parametrize(
    ("heading", "left_open"),
    [
        ("The session of an aiohttp request in a task of its own", 1),
        ("A task of an aiohttp handler that opens its own", 0),
    ],
)
def test_a_task_opens_the_closed_session_again(start: Start, heading: str, left_open: int) -> None:
    shop = start("session_in_background_task/aiohttp", heading)

    async def work(client: Client) -> None:
        async with client.post("/users") as answer:
            assert answer.status == 200
        await asyncio.gather(*shop["api"].tasks)
        assert shop["db"].engine.pool.checkedout() == left_open

    _with_client(shop, work)
    assert shop["api"].counts == [1]


def test_an_entity_cannot_be_sent(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    shop = start("orm_returned_from_handler/aiohttp", "An entity in an aiohttp response")
    shop.take(TAKEN)

    with caplog.at_level(logging.ERROR):
        assert [status for status, _ in _ask(shop, "GET /users/1", "GET /raw/1")] == [500, 500]

    assert "Object of type User is not JSON serializable" in caplog.text


def test_what_is_named_is_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/aiohttp", "An aiohttp handler that names what it sends")
    shop.take(TAKEN)

    ((_, body),) = _ask(shop, "GET /users/1")

    assert json.loads(body) == {"id": 1, "email": TAKEN}
