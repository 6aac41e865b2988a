"""Strawberry: what sibling resolvers, data loaders and mutations do with one session, run for real."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest

from tests.frameworks.conftest import PROVISIONING, Shop, Start

TAKEN = "b@example.com"


def _query(shop: Shop, query: str) -> str:
    ((status, body),) = shop.ask(shop["api"].app, f"GET /graphql?query={quote(query)}")
    assert status == 200
    return body


def _mutate(shop: Shop, mutation: str, *, module: str = "api", path: str = "/graphql") -> str:
    async def work() -> str:
        transport = httpx.ASGITransport(app=shop[module].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.post(path, json={"query": mutation})).text

    return shop.run(work)


@pytest.mark.parametrize(
    ("heading", "query"),
    [
        ("Two Strawberry resolvers on the session of the context", "{ total last }"),
        ("Two Strawberry resolvers on a context that a view executes with", "{ total last }"),
        ("Two Strawberry data loaders on one session", '{ email(key: 1) key(email: "b@example.com") }'),
    ],
)
def test_siblings_on_one_session_raise(start: Start, heading: str, query: str) -> None:
    shop = start("session_shared_across_tasks/strawberry", heading)

    assert PROVISIONING in _query(shop, query)


@pytest.mark.parametrize(
    ("heading", "query", "data"),
    [
        ("A session for each Strawberry resolver", "{ total last }", {"total": 1, "last": 1}),
        (
            "A Strawberry data loader that opens its own",
            "{ email(key: 1) other(key: 2) }",
            {"email": TAKEN, "other": None},
        ),
        (
            "Strawberry mutations on the session of the context",
            "{ total version }",
            {"total": 1, "version": "1"},
        ),
    ],
)
def test_siblings_that_do_not_meet_on_a_session_answer(
    start: Start, heading: str, query: str, data: dict[str, object]
) -> None:
    shop = start("session_shared_across_tasks/strawberry", heading)
    shop.take(TAKEN)

    assert json.loads(_query(shop, query)) == {"data": data}


def test_mutations_run_one_after_the_other(start: Start) -> None:
    shop = start("session_shared_across_tasks/strawberry", "Strawberry mutations on the session of the context")

    answer = _mutate(shop, 'mutation { addUser(email: "a@example.com") addAdmin(email: "b@example.com") }')

    assert json.loads(answer) == {"data": {"addUser": True, "addAdmin": True}}
    assert shop.emails() == ["a@example.com", "b@example.com"]


def test_a_commit_below_the_resolver_stores_half_of_the_mutation(start: Start) -> None:
    shop = start("commit_in_repository/strawberry", "A repository on the session of a Strawberry context")
    shop.take(TAKEN)

    assert "UNIQUE constraint failed" in _mutate(shop, "mutation { addTwo }", path="/graphql/")
    assert shop.emails() == ["a@example.com", TAKEN]


def test_methods_and_functions_are_resolvers(start: Start) -> None:
    shop = start("commit_in_repository/strawberry", "A Strawberry mutation is a boundary wherever it lies")

    assert "errors" not in _mutate(shop, "mutation { byFunction byMethod }", module="crud.users")
    assert shop.emails() == ["function@example.com", "method@example.com"]


def test_the_type_of_a_field_converts_an_entity(start: Start) -> None:
    shop = start("orm_returned_from_handler/strawberry", "An entity from a Strawberry resolver")
    shop.take(TAKEN)

    assert json.loads(_query(shop, "{ user(key: 1) { id email } users { email } }")) == {
        "data": {"user": {"id": 1, "email": TAKEN}, "users": [{"email": TAKEN}]}
    }


def test_what_is_no_field_cannot_be_asked_for(start: Start) -> None:
    shop = start("orm_returned_from_handler/strawberry", "An entity from a Strawberry resolver")

    assert "Cannot query field" in _query(shop, "{ user(key: 1) { hashedPassword } }")
