"""Dependency Injector, run: which providers share what they made, and what markers inject."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from tests.libraries.conftest import REFUSED, Start, meets, run

COMMITS = "commit_in_repository/dependency_injector"
SHARES = "session_shared_across_tasks/dependency_injector"
CACHES = "session_in_cached_function/containers"


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("A Factory provider passes the session by keyword", ["refused"]),
        ("The handler commits what the container injected", []),
    ],
)
def test_a_refused_sign_up_stays_where_the_repository_commits(start: Start, heading: str, kept: list[str]) -> None:
    shop = start(COMMITS, heading)

    assert TestClient(shop["api"].app).post("/customers?email=refused").status_code == 422
    assert shop.emails() == kept


def test_a_handler_that_commits_stores_what_its_repository_wrote(start: Start) -> None:
    shop = start(COMMITS, "The handler commits what the container injected")

    assert TestClient(shop["api"].app).post("/customers?email=a@example.com").status_code == 200
    assert shop.emails() == ["a@example.com"]


def test_a_marker_as_default_is_replaced_by_the_session(start: Start) -> None:
    shop = start(COMMITS, "A marker as default hands the session to a function")

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == ["first"]


def test_a_callable_provider_passes_the_session(start: Start) -> None:
    shop = start(COMMITS, "A Callable provider binds the session")
    container = shop["containers"].Container()

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up(container, "first", object())
    container.shutdown_resources()
    assert shop.emails() == ["first"]


def test_a_repository_with_a_factory_opens_a_session_for_each_call(start: Start) -> None:
    shop = start(COMMITS, "Each method of the repository opens a session of its own")

    shop["containers"].Container().customers().add("a@example.com")

    assert shop.emails() == ["a@example.com"]


def _counts_of_dashboard(shop: Any) -> Any:
    async def counts() -> Any:
        container = shop["containers"].Container()
        dashboard = container.dashboard()
        if asyncio.isfuture(dashboard):
            dashboard = await dashboard
        return await dashboard.counts()

    return counts


def test_services_on_one_resource_meet_on_its_session(start: Start) -> None:
    shop = start(SHARES, "Two Factory providers on one Resource")

    assert meets(_counts_of_dashboard(shop), shop["containers"].engine)


def test_services_on_a_factory_have_sessions_of_their_own(start: Start) -> None:
    shop = start(SHARES, "Two services on a Factory of sessions")

    assert run(_counts_of_dashboard(shop), shop["containers"].engine) == [0, 0]


def test_a_singleton_called_twice_is_one_session(start: Start) -> None:
    shop = start(SHARES, "A Singleton called twice")["example"]
    container = shop.Container()

    assert container.session() is container.session()
    assert meets(lambda: shop.counts(container), shop.engine)


def test_a_factory_called_twice_is_two_sessions(start: Start) -> None:
    shop = start(SHARES, "A Factory called twice")["example"]

    assert run(lambda: shop.counts(shop.Container()), shop.engine) == [0, 0]


def test_the_provider_itself_makes_a_session_at_each_call(start: Start) -> None:
    shop = start(SHARES, "The provider itself is passed, and called in each branch")["example"]

    assert run(shop.Container().counter().counts, shop.engine) == [0, 0]


@pytest.mark.parametrize(
    ("heading", "shared"),
    [("A Singleton provider of sessions", True), ("Singleton providers of the engine and of the factory", False)],
)
def test_only_a_singleton_provider_keeps_its_session(start: Start, heading: str, shared: bool) -> None:
    container = start(CACHES, heading)["containers"].Container()
    first, second = container.session(), container.session()

    assert isinstance(first, Session)
    assert (first is second) is shared
