"""injector, run: a singleton is one session for all threads, and without a scope each injection makes one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.libraries.conftest import REFUSED, Start, run

COMMITS = "commit_in_repository/injector"
THREADS = "session_shared_across_threads/callables"
CACHES = "session_in_cached_function/containers"


def test_an_injected_repository_keeps_half_of_a_sign_up(start: Start) -> None:
    shop = start(COMMITS, "A repository whose constructor is injected")
    service = shop["modules"].injector.get(shop["services"].SignUp)

    assert service.customers.session is shop["modules"].injector.get(Session)
    with pytest.raises(Exception, match=REFUSED):
        service.run("first", object())
    assert shop.emails() == ["first"]


def test_a_provider_method_builds_the_repository_on_the_bound_session(start: Start) -> None:
    shop = start(COMMITS, "A provider method builds the repository")
    injector = shop["modules"].injector

    assert injector.get(shop["repositories"].Customers).session is injector.get(Session)


def test_the_use_case_stores_what_the_repository_wrote_on_its_session(start: Start) -> None:
    shop = start(COMMITS, "The use case commits the session it shares")

    with pytest.raises(Exception, match=REFUSED):
        shop["jobs"].import_two("first", object())
    assert shop.emails() == []
    shop["jobs"].import_two("first", "second")
    assert shop.emails() == ["first", "second"]


@pytest.mark.parametrize(
    ("heading", "shared"),
    [
        ("A session bound in injector's singleton scope", True),
        ("An engine and a factory in injector's singleton scope", False),
    ],
)
def test_only_a_singleton_session_is_the_same_twice(start: Start, heading: str, shared: bool) -> None:
    injector = start(CACHES, heading)["modules"].injector

    assert (injector.get(Session) is injector.get(Session)) is shared


@pytest.mark.parametrize(
    ("heading", "shared"),
    [
        ("Services that injector built on one session", True),
        ("Services that injector built without a scope", False),
    ],
)
def test_services_share_a_session_only_in_the_singleton_scope(start: Start, heading: str, shared: bool) -> None:
    shop = start(THREADS, heading)
    injector = shop["modules"].injector

    services: list[Any] = [injector.get(shop["services"].Customers), injector.get(shop["services"].Orders)]
    assert (services[0].session is services[1].session) is shared
    if not shared:
        assert run(shop["dashboard"].counts) == [0, 0]


def test_a_partial_carries_its_session_into_every_thread(start: Start) -> None:
    shop = start(THREADS, "A partial over a pool of threads")["example"]
    seen: list[Session] = []
    shop.count = lambda session, table: seen.append(session)

    with Session(create_engine("sqlite:///shop.db")) as session:
        shop.counts(session)

    assert seen == [session, session]


def test_a_session_for_each_thread_counts(start: Start) -> None:
    assert start(THREADS, "Each thread opens its own")["example"].counts() == [0, 0]


def test_one_thread_at_a_time_may_use_the_session(start: Start) -> None:
    assert run(start(THREADS, "One thread at a time")["example"].counts) == [0, 0]
