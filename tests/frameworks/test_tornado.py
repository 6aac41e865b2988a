"""Tornado: what handlers and the application do with a session, run for real."""

from __future__ import annotations

import json
import logging

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from tests.frameworks.conftest import PROVISIONING, Answer, Shop, Start

TAKEN = "b@example.com"


def _ask(shop: Shop, *requests: str, module: str = "api") -> list[Answer]:
    async def work() -> list[Answer]:
        socket, port = bind_unused_port()
        server = HTTPServer(shop[module].make_app())
        server.add_socket(socket)
        client = AsyncHTTPClient(force_instance=True)
        answers = []
        for request in requests:
            method, path = request.split(" ", 1)
            url = f"http://127.0.0.1:{port}{path}"
            body = None if method == "GET" else ""
            answer = await client.fetch(url, method=method, body=body, raise_error=False)
            answers.append((answer.code, answer.body.decode()))
        client.close()
        server.stop()
        await server.close_all_connections()
        return answers

    return shop.run(work)


@pytest.mark.parametrize(
    "heading",
    ["A session from the factory of a Tornado application", "A session from prepare to on_finish of a Tornado handler"],
)
def test_a_commit_below_the_handler_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/tornado", heading)
    shop.take(TAKEN)

    assert [status for status, _ in _ask(shop, "POST /users")] == [500]
    assert shop.emails() == ["a@example.com", TAKEN]


def test_a_commit_in_the_handler_stores_all_or_nothing(start: Start) -> None:
    shop = start("commit_in_repository/tornado", "A Tornado handler commits what its repository flushed")
    shop.take(TAKEN)

    assert [status for status, _ in _ask(shop, "POST /users")] == [500]
    assert shop.emails() == [TAKEN]


def test_a_handler_commits_its_own(start: Start) -> None:
    shop = start("commit_in_repository/tornado", "A Tornado handler is a boundary wherever it lies")

    assert _ask(shop, "POST /users", module="crud.users") == [(200, "")]
    assert shop.emails() == ["a@example.com"]


@pytest.mark.parametrize(
    ("page", "heading", "draft"),
    [
        ("session_on_application_object", "A session on a Tornado application", "POST /draft"),
        ("session_on_class", "A session in the body of a Tornado handler class", "PUT /users"),
    ],
)
def test_one_request_commits_what_another_left(start: Start, page: str, heading: str, draft: str) -> None:
    shop = start(f"{page}/tornado", heading)

    assert _ask(shop, draft, "POST /users") == [(200, ""), (200, "")]
    assert shop.emails() == ["a@example.com", "draft@example.com"]


def test_a_factory_outlives_requests(start: Start) -> None:
    shop = start("session_on_application_object/tornado", "A factory on a Tornado application")

    assert _ask(shop, "POST /users") == [(200, "")]
    assert shop.emails() == ["a@example.com"]


def test_one_session_in_several_branches_raises(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    shop = start("session_shared_across_tasks/tornado", "One session in tornado.gen.multi")

    with caplog.at_level(logging.ERROR):
        assert [status for status, _ in _ask(shop, "GET /")] == [500]

    assert PROVISIONING in caplog.text


def test_a_session_for_each_branch_answers(start: Start) -> None:
    shop = start("session_shared_across_tasks/tornado", "A session for each branch of tornado.gen.multi")
    shop.take(TAKEN)

    ((status, body),) = _ask(shop, "GET /")

    assert (status, json.loads(body)) == (200, {"total": 1, "last": 1})
