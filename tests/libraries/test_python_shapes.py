"""Generic classes, protocols, partials, callable objects and aliases, run: the session arrives where the cases say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from tests.libraries.conftest import REFUSED, Shop, Start, meets, raised, run

GENERIC = "commit_in_repository/generic_repositories"
CALLABLES = "commit_in_repository/callables"
SHARES = "session_shared_across_tasks/callables"
SHARES_GENERIC = "session_shared_across_tasks/generic_repositories"


def _asking(shop: Shop, method: str, path: str) -> Callable[[], Awaitable[Response]]:
    async def ask() -> Response:
        async with AsyncClient(transport=ASGITransport(shop["api"].app), base_url="http://shop") as client:
            return await client.request(method, path)

    return ask


def _engine(shop: Shop) -> Any:
    return getattr(shop["db"], "engine", None) or shop["db"].get_session.engine


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (GENERIC, "A generic base class in a dependency"),
        (CALLABLES, "A callable object as the provider, a class as the dependency"),
        (CALLABLES, "Aliases over three modules"),
    ],
)
def test_a_refused_sign_up_stays_where_a_dependency_commits(start: Start, page: str, heading: str) -> None:
    shop = start(page, heading)

    assert run(_asking(shop, "POST", "/customers?email=refused"), _engine(shop)).status_code == 422
    assert shop.emails() == ["refused"]


def test_a_use_case_commits_by_being_called(start: Start) -> None:
    shop = start(CALLABLES, "A class that is a use case and commits by being called")

    assert run(_asking(shop, "POST", "/customers?email=a"), _engine(shop)).status_code == 200
    assert shop.emails() == ["a"]


def _half(shop: Shop, sign_up: Callable[[Session], None]) -> list[str]:
    with Session(create_engine("sqlite:///shop.db")) as session:
        with pytest.raises(Exception, match=REFUSED):
            sign_up(session)
        session.rollback()
    return shop.emails()


@pytest.mark.parametrize("heading", ["A partial that holds the session", "A wrapper that passes everything through"])
def test_the_session_arrives_through_what_holds_it(start: Start, heading: str) -> None:
    shop = start(CALLABLES, heading)

    assert _half(shop, lambda session: shop["services"].sign_up(session, "first", object())) == ["first"]


def test_a_template_method_commits_by_the_subclass(start: Start) -> None:
    shop = start(GENERIC, "A template method of an abstract base")

    with Session(create_engine("sqlite:///shop.db")) as session:
        shop["repositories"].SqlRepository(session).add("first")
        session.rollback()
    assert shop.emails() == ["first"]


def test_a_mixin_commits_the_session_of_the_other_base(start: Start) -> None:
    shop = start(GENERIC, "A mixin whose session comes from another base")

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == ["first"]


def test_only_one_answer_to_the_protocol_ends_a_transaction(start: Start) -> None:
    shop = start(GENERIC, "A protocol that two classes answer")
    sign_up, classes = shop["services"].sign_up, shop["repositories"]

    sign_up(classes.InMemoryCustomers(), "first", "second")
    assert shop.emails() == []
    assert _half(shop, lambda session: sign_up(classes.SqlCustomers(session), "first", object())) == ["first"]


def test_generic_repositories_that_flush_store_all_or_nothing(start: Start) -> None:
    shop = start(GENERIC, "Generic repositories that flush")

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == []
    shop["services"].sign_up("first", "second")
    assert shop.emails() == ["first", "second"]


@pytest.mark.parametrize(
    ("page", "heading", "module"),
    [
        (SHARES_GENERIC, "Two generic repositories on one session", "dashboard"),
        (SHARES_GENERIC, "A protocol in both branches", "main"),
        (SHARES, "One callable object in both branches", "example"),
        (SHARES, "A partial in both branches", "example"),
        (SHARES, "A helper that gathers what it is handed", "dashboard"),
    ],
)
def test_branches_meet_on_the_session_they_hold(start: Start, page: str, heading: str, module: str) -> None:
    shop = start(page, heading)
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def counts() -> None:
        async with AsyncSession(engine) as session:
            await shop[module].counts(session)

    assert meets(counts, engine)


def test_classes_as_dependencies_meet_on_the_requests_session(start: Start) -> None:
    shop = start(SHARES, "Classes as dependencies share the request's session")

    assert meets(_asking(shop, "GET", "/counts"), _engine(shop))


def test_dependencies_without_cache_do_not_meet(start: Start) -> None:
    shop = start(SHARES, "A dependency that is not cached")

    assert run(_asking(shop, "GET", "/counts"), _engine(shop)).json() == [0, 0]


def test_a_callable_object_on_a_factory_opens_a_session_for_each_call(start: Start) -> None:
    shop = start(SHARES, "A callable object on a factory")["example"]

    assert run(shop.counts, shop.engine) == [0, 0]


def test_two_sessions_behind_one_protocol_do_not_meet(start: Start) -> None:
    shop = start(SHARES_GENERIC, "The same protocol, two sessions")
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    assert not raised(lambda: shop["main"].counts(async_sessionmaker(engine)), engine)
