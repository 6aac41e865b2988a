"""Litestar: what its handlers, providers, plugin and DTOs do, run for real."""

from __future__ import annotations

import json

import pytest
from litestar.dto import AbstractDTO
from litestar.testing import AsyncTestClient

from tests.frameworks.conftest import PROVISIONING, Answer, Shop, Start

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
TAKEN = "b@example.com"


@pytest.fixture(autouse=True)
def _no_memory_of_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AbstractDTO, "_dto_backends", {})  # by a handler's name and address, which cases share


def _ask(shop: Shop, *requests: str, module: str = "api") -> list[Answer]:
    async def work() -> list[Answer]:
        async with AsyncTestClient(shop[module].app, raise_server_exceptions=False) as client:
            answers = [await client.request(*request.split(" ", 1)) for request in requests]
        return [(answer.status_code, answer.text) for answer in answers]

    return shop.run(work)


@pytest.mark.parametrize("heading", ["A repository from a Litestar provider", "The session of the Litestar plugin"])
def test_a_commit_below_the_handler_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/litestar", heading)
    shop.take(TAKEN)

    ((status, _),) = _ask(shop, "POST /users")

    assert status >= 400
    assert shop.emails() == ["a@example.com", TAKEN]


def test_a_commit_in_the_handler_stores_all_or_nothing(start: Start) -> None:
    shop = start("commit_in_repository/litestar", "A Litestar handler commits what its repository flushed")
    shop.take(TAKEN)

    ((status, _),) = _ask(shop, "POST /users")

    assert status == 500
    assert shop.emails() == [TAKEN]


def test_every_layer_provides_a_session(start: Start) -> None:
    shop = start("commit_in_repository/litestar", "A Litestar handler is a boundary wherever it lies")

    answers = _ask(shop, "POST /own", "POST /controller", "PATCH /router", "POST /application", module="crud.users")

    assert [status for status, _ in answers] == [201, 201, 200, 201]
    assert shop.emails() == [f"{layer}@example.com" for layer in ("application", "controller", "handler", "router")]


@pytest.mark.parametrize(
    "heading",
    [
        "Two Litestar providers await one session",
        "Litestar providers of a controller and the application",
        "A Litestar provider that needs two others",
    ],
)
def test_providers_on_one_session_raise(start: Start, heading: str) -> None:
    shop = start("session_shared_across_tasks/litestar", heading)
    shop["api"].app.debug = True

    ((status, body),) = _ask(shop, "GET /")

    assert status == 500
    assert PROVISIONING in body


@pytest.mark.parametrize(
    "heading",
    [
        "Litestar providers that wait for each other",
        "A session for each Litestar provider",
        "Litestar providers of repositories",
    ],
)
def test_providers_that_do_not_meet_on_a_session_answer(start: Start, heading: str) -> None:
    shop = start("session_shared_across_tasks/litestar", heading)
    shop.take(TAKEN)

    ((status, body),) = _ask(shop, "GET /")

    assert status == 200
    assert json.loads(body)["total"] == 1


def test_an_entity_under_an_annotation_without_fields_is_not_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/litestar", "A Litestar handler that names no fields")
    shop.take(TAKEN)
    shop["api"].app.debug = True

    for status, body in _ask(shop, "GET /users/1", "GET /wrapped/1"):
        assert status == 500
        assert "Unsupported type" in body


def test_a_dto_says_what_leaves(start: Start) -> None:
    shop = start("orm_returned_from_handler/litestar", "A Litestar DTO converts")
    shop.take(TAKEN)

    answers = _ask(shop, "GET /users/1", "GET /layered/1", "GET /emails/1")

    assert [json.loads(body) for _, body in answers] == [
        {"id": 1, "email": TAKEN},
        {"id": 1, "email": TAKEN},
        {"email": TAKEN},
    ]


def test_the_plugin_sends_every_column(start: Start) -> None:
    shop = start("orm_as_response_model/litestar", "A mapped class as a Litestar return annotation")
    shop.take(TAKEN)

    one, several = (json.loads(body) for _, body in _ask(shop, "GET /users/1", "GET /users"))

    assert one == {"id": 1, "email": TAKEN, "hashed_password": "pbkdf2$1$x"}
    assert several == [one]


def test_with_a_dto_the_plugin_sends_what_it_names(start: Start) -> None:
    shop = start("orm_as_response_model/litestar", "A mapped class behind a Litestar DTO")
    shop.take(TAKEN)

    ((_, body),) = _ask(shop, "GET /users/1")

    assert json.loads(body) == {"id": 1, "email": TAKEN}


def test_a_marked_dependency_is_provided_by_its_name(start: Start) -> None:
    shop = start("commit_in_repository/litestar", "A Litestar dependency that is marked")

    assert _ask(shop, "POST /users", module="crud.users")[0][0] == 201
    assert shop.emails() == ["a@example.com"]


async def _body(shop: Shop, body: dict[str, object]) -> None:
    async with AsyncTestClient(shop["api"].app, raise_server_exceptions=False) as client:
        assert (await client.post("/users", json=body)).status_code == 201


def test_a_body_sets_every_column_of_a_mapped_class(start: Start) -> None:
    shop = start("orm_as_request_body/litestar", "A mapped class as Litestar's data")

    shop.run(lambda: _body(shop, {"id": 77, "email": TAKEN, "hashed_password": "mine"}))

    assert shop.rows() == [(77, TAKEN, "mine")]


def test_a_body_behind_a_dto_sets_what_it_names(start: Start) -> None:
    shop = start("orm_as_request_body/litestar", "Litestar's data behind a DTO")

    shop.run(lambda: _body(shop, {"id": 77, "email": TAKEN, "hashed_password": "mine"}))

    assert shop.rows() == [(1, TAKEN, "pbkdf2$1$x")]


@pytest.mark.parametrize(
    ("heading", "left_open"),
    [
        ("The plugin's session in a Litestar background task", 1),
        ("A Litestar background task that opens its own", 0),
    ],
)
def test_a_background_task_opens_the_closed_session_again(start: Start, heading: str, left_open: int) -> None:
    shop = start("session_in_background_task/litestar", heading)

    async def work() -> int:
        async with AsyncTestClient(shop["api"].app) as client:
            assert (await client.post("/users")).status_code == 201
            pool = shop["api"].config.get_engine().pool
            return int(pool.checkedout())

    assert shop.run(work) == left_open
    assert shop["api"].counts == [1]


@pytest.mark.parametrize(
    ("heading", "stored"),
    [
        ("A session from a Litestar provider with use_cache", ["a@example.com", "draft@example.com"]),
        ("A factory from a Litestar provider with use_cache", ["a@example.com"]),
    ],
)
def test_one_request_commits_what_another_left(start: Start, heading: str, stored: list[str]) -> None:
    shop = start("session_in_cached_function/litestar", heading)

    assert [status for status, _ in _ask(shop, "POST /draft", "POST /users")] == [201, 201]
    assert shop.emails() == stored
