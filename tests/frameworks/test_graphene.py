"""Graphene: what resolvers and mutations do with a session and an entity, run for real."""

from __future__ import annotations

from urllib.parse import quote

from tests.frameworks.conftest import PROVISIONING, Start

TAKEN = "b@example.com"


def test_async_siblings_on_one_session_raise(start: Start) -> None:
    shop = start("session_shared_across_tasks/graphene", "Two Graphene resolvers on the session of the context")

    ((_, body),) = shop.ask(shop["api"].app, f"GET /graphql?query={quote('{ total last }')}")

    assert PROVISIONING in body


def test_plain_siblings_run_one_after_the_other(start: Start) -> None:
    shop = start("session_shared_across_tasks/graphene", "Graphene resolvers that run one after the other")
    shop.take(TAKEN)

    answer = shop["api"].app.test_client().get("/graphql", query_string={"query": "{ total last }"})

    assert answer.json == {"data": {"total": 1, "last": 1}, "errors": []}


def test_a_commit_below_the_resolver_stores_half_of_the_mutation(start: Start) -> None:
    shop = start("commit_in_repository/graphene", "A repository on the session of a Graphene context")
    shop.take(TAKEN)

    answer = shop["api"].app.test_client().post("/graphql", json={"query": "mutation { addTwo { ok } }"})

    assert "UNIQUE constraint failed" in answer.text
    assert shop.emails() == ["a@example.com", TAKEN]


def test_mutate_and_resolvers_are_boundaries(start: Start) -> None:
    shop = start("commit_in_repository/graphene", "A Graphene mutation is a boundary wherever it lies")
    query = "mutation { byMutate { ok } byResolver }"

    answer = shop["crud.users"].app.test_client().post("/graphql", json={"query": query})

    assert answer.json["errors"] == []
    assert shop.emails() == ["mutate@example.com", "resolver@example.com"]


def test_the_type_of_a_field_converts_an_entity(start: Start) -> None:
    shop = start("orm_returned_from_handler/graphene", "An entity from a Graphene resolver")
    shop.take(TAKEN)
    client = shop["api"].app.test_client()

    answer = client.get("/graphql", query_string={"query": "{ user(key: 1) { id email } }"})
    assert answer.json == {"data": {"user": {"id": 1, "email": TAKEN}}, "errors": []}

    refused = client.get("/graphql", query_string={"query": "{ user(key: 1) { hashedPassword } }"})
    assert "Cannot query field" in refused.text
