"""Starlette: what endpoints, middleware and background tasks do with a session, run for real."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.frameworks.conftest import PROVISIONING, Start

TAKEN = "b@example.com"


@pytest.mark.parametrize(
    "heading",
    [
        "A session that a Starlette middleware puts on the request",
        "A session that an ASGI middleware puts into the scope",
    ],
)
def test_a_commit_below_the_endpoint_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/starlette", heading)
    shop.take(TAKEN)

    ((status, _),) = shop.ask(shop["api"].app, "POST /users")

    assert status == 500
    assert shop.emails() == ["a@example.com", TAKEN]


def test_a_commit_in_the_endpoint_stores_all_or_nothing(start: Start) -> None:
    shop = start("commit_in_repository/starlette", "A Starlette endpoint commits what its repository flushed")
    shop.take(TAKEN)

    ((status, _),) = shop.ask(shop["api"].app, "POST /users")

    assert status == 500
    assert shop.emails() == [TAKEN]


def test_functions_and_classes_are_endpoints(start: Start) -> None:
    shop = start("commit_in_repository/starlette", "A Starlette endpoint is a boundary wherever it lies")

    answers = shop.ask(shop["crud.users"].app, "POST /function", "POST /mounted/class", "POST /add-route")

    assert [status for status, _ in answers] == [200, 200, 200]
    assert shop.emails() == ["add-route@example.com", "class@example.com", "function@example.com"]


def test_a_rollback_below_the_endpoint_loses_its_work_without_error(start: Start) -> None:
    shop = start("rollback_in_repository/starlette", "A repository rolls back the session of a Starlette request")
    shop.take(TAKEN)

    assert shop.ask(shop["api"].app, "POST /users") == [(200, "added")]
    assert shop.emails() == [TAKEN]


def test_a_middleware_commits_and_rolls_back(start: Start) -> None:
    shop = start("rollback_in_repository/starlette", "A Starlette middleware rolls back what it opened")

    assert shop.ask(shop["api"].app, "POST /users") == [(200, "added")]
    assert shop.emails() == ["a@example.com"]


def test_the_session_of_a_request_in_gather_raises(start: Start) -> None:
    shop = start("session_shared_across_tasks/starlette", "The session of a Starlette request in gather")
    shop["api"].app.debug = True

    ((status, body),) = shop.ask(shop["api"].app, "GET /")

    assert status == 500
    assert PROVISIONING in body


def test_a_session_for_each_branch_answers(start: Start) -> None:
    shop = start("session_shared_across_tasks/starlette", "A factory of a Starlette application in gather")
    shop.take(TAKEN)

    ((status, body),) = shop.ask(shop["api"].app, "GET /")

    assert (status, json.loads(body)) == (200, {"total": 1, "last": 1})


@pytest.mark.parametrize(
    ("heading", "requests", "stored"),
    [
        (
            "A session on the state of a Starlette application",
            ["/draft", "/users"],
            ["a@example.com", "draft@example.com"],
        ),
        ("A factory on the state of a Starlette application", ["/users"], ["a@example.com"]),
    ],
)
def test_one_request_commits_what_another_left(
    start: Start, heading: str, requests: list[str], stored: list[str]
) -> None:
    shop = start("session_on_application_object/starlette", heading)
    app = shop["api"].app

    async def work() -> None:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            for request in requests:
                assert (await client.post(request)).status_code == 200

    shop.run(work)

    assert shop.emails() == stored


def test_an_entity_cannot_be_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/starlette", "An entity in a Starlette response")
    shop.take(TAKEN)
    shop["api"].app.debug = True

    (encoded, encoded_body), (raw, raw_body) = shop.ask(shop["api"].app, "GET /users/1", "GET /raw/1")

    assert (encoded, raw) == (500, 500)
    assert "Object of type User is not JSON serializable" in encoded_body
    assert "'User' object is not callable" in raw_body


def test_what_is_named_is_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/starlette", "A Starlette endpoint that names what it sends")
    shop.take(TAKEN)

    ((_, body),) = shop.ask(shop["api"].app, "GET /users/1")

    assert json.loads(body) == {"id": 1, "email": TAKEN}


@pytest.mark.parametrize(
    ("heading", "left_open"),
    [
        ("The session of a Starlette middleware in a background task", 1),
        ("A Starlette background task that opens its own", 0),
        ("The session of a pure ASGI middleware in a background task", 0),
    ],
)
def test_a_background_task_may_find_its_session_closed(start: Start, heading: str, left_open: int) -> None:
    shop = start("session_in_background_task/starlette", heading)

    async def work() -> int:
        transport = httpx.ASGITransport(app=shop["api"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            assert (await client.post("/users")).status_code == 200
        return int(shop["db"].engine.pool.checkedout())

    assert shop.run(work) == left_open
    assert shop["api"].counts == [1]
