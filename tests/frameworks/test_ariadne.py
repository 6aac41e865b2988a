"""Ariadne: what sibling resolvers and a fixed context do with one session, run for real."""

from __future__ import annotations

import httpx
import pytest

from tests.frameworks.conftest import PROVISIONING, Shop, Start

TAKEN = "b@example.com"


def _post(shop: Shop, *queries: str, module: str = "api", path: str = "/graphql") -> list[str]:
    async def work() -> list[str]:
        transport = httpx.ASGITransport(app=shop[module].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return [(await client.post(path, json={"query": query})).text for query in queries]

    return shop.run(work)


def test_siblings_on_one_session_raise(start: Start) -> None:
    shop = start("session_shared_across_tasks/ariadne", "Two Ariadne resolvers on the session of the context")

    (answer,) = _post(shop, "{ total last }", path="/graphql/")

    assert PROVISIONING in answer


def test_siblings_with_a_session_each_answer(start: Start) -> None:
    shop = start("session_shared_across_tasks/ariadne", "A session for each Ariadne resolver")
    shop.take(TAKEN)

    assert _post(shop, "{ total last }", path="/graphql/") == ['{"data":{"total":1,"last":1}}']


def test_a_commit_below_the_resolver_stores_half_of_the_mutation(start: Start) -> None:
    shop = start("commit_in_repository/ariadne", "A repository on the session of an Ariadne context")
    shop.take(TAKEN)

    (answer,) = _post(shop, "mutation { addTwo }")

    assert "UNIQUE constraint failed" in answer
    assert shop.emails() == ["a@example.com", TAKEN]


def test_all_ways_of_binding_make_a_resolver(start: Start) -> None:
    shop = start("commit_in_repository/ariadne", "An Ariadne resolver is a boundary wherever it lies")

    (answer,) = _post(shop, "mutation { users { byField } bySetField }", module="crud.users")

    assert "errors" not in answer
    assert shop.emails() == ["field@example.com", "set-field@example.com"]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_one_request_commits_what_another_left(start: Start) -> None:
    shop = start("global_session/ariadne", "A session in an Ariadne context that is no function")

    answers = _post(shop, "mutation { draft }", "mutation { addUser }", path="/")

    assert not [answer for answer in answers if "errors" in answer]
    assert shop.emails() == ["a@example.com", "draft@example.com"]
