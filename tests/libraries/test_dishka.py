"""dishka, run: what its scopes share, and what its providers do when a scope ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from dishka import make_async_container
from dishka.integrations.fastapi import setup_dishka
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tests.libraries.conftest import REFUSED, Shop, Start, meets, run

COMMITS = "commit_in_repository/dishka"
SHARES = "session_shared_across_tasks/dishka"
CACHES = "session_in_cached_function/containers"


def _asking(app: FastAPI, method: str, path: str) -> Callable[[], Awaitable[int]]:
    async def ask() -> int:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            return (await client.request(method, path)).status_code

    return ask


def _sign_up(shop: Shop, app: FastAPI) -> int:
    return run(_asking(app, "POST", "/customers?email=refused"), shop["ioc"].engine)


def test_a_repository_built_by_type_keeps_a_refused_sign_up(start: Start) -> None:
    shop = start(COMMITS, "A repository that dishka builds by type")

    assert _sign_up(shop, shop["api"].app) == 422
    assert shop.emails() == ["refused"]


def test_a_handler_that_commits_keeps_no_refused_sign_up(start: Start) -> None:
    shop = start(COMMITS, "The handler commits what dishka injected")

    assert _sign_up(shop, shop["api"].app) == 422
    assert shop.emails() == []


def test_the_injected_session_is_the_one_a_function_commits(start: Start) -> None:
    providing = start(COMMITS, "A repository that dishka builds by type")
    shop = start(COMMITS, "The session itself is injected and lent to a function")
    app = FastAPI()
    app.include_router(shop["api"].router)
    setup_dishka(make_async_container(providing["ioc"].Adapters()), app)

    assert run(_asking(app, "POST", "/customers?email=refused"), providing["ioc"].engine) == 422
    assert providing.emails() == ["refused"]


def test_a_factory_method_builds_the_repository_on_the_scopes_session(start: Start) -> None:
    shop = start(COMMITS, "A factory method says what the constructor does not")

    async def same() -> bool:
        async with shop["ioc"].container() as request:
            customers = await request.get(shop["repositories"].CustomerRepository)
            return customers.session is await request.get(AsyncSession)

    assert run(same, shop["ioc"].engine)
    run(lambda: shop["jobs"].import_customers(["a", "b"]), shop["ioc"].engine)
    assert shop.emails() == ["a", "b"]


def test_a_protocol_is_answered_by_the_class_provided_for_it(start: Start) -> None:
    shop = start(COMMITS, "A repository provided for a protocol")

    async def half() -> None:
        async with shop["ioc"].container() as request:
            service = await request.get(shop["services"].SignUp)
            assert isinstance(service.customers, shop["adapters.repositories"].SqlCustomers)
            await service.run("first", object())

    with pytest.raises(Exception, match=REFUSED):
        run(half, shop["ioc"].engine)
    assert shop.emails() == ["first"]


@pytest.mark.parametrize(("email", "kept"), [("a@example.com", ["a@example.com"]), ("refused", [])])
def test_the_provider_commits_only_when_the_scope_ends_well(start: Start, email: str, kept: list[str]) -> None:
    shop = start(COMMITS, "The provider commits when its scope ends well")

    async def work() -> None:
        try:
            await shop["worker"].import_customer(email)
        except ValueError:
            assert not kept

    run(work, shop["repositories.ioc"].engine)
    assert shop.emails() == kept


def test_two_services_of_one_request_meet_on_its_session(start: Start) -> None:
    shop = start(SHARES, "Two services built on the session of one request")

    async def same() -> bool:
        async with shop["ioc"].container() as request:
            customers = await request.get(shop["services"].Customers)
            return customers.session is (await request.get(shop["services"].Orders)).session

    assert run(same)
    assert meets(_asking(shop["api"].app, "GET", "/counts"), shop["ioc"].engine)


def test_a_scope_hands_out_one_session(start: Start) -> None:
    shop = start(SHARES, "What a scope hands out by hand")

    assert meets(shop["example"].counts, shop["example"].engine)


def test_without_cache_each_service_has_its_own_session(start: Start) -> None:
    shop = start(SHARES, "A factory without cache")

    assert run(shop["dashboard"].counts, shop["ioc"].engine) == [0, 0]


def test_a_scope_for_each_branch_is_a_session_for_each_branch(start: Start) -> None:
    shop = start(SHARES, "A scope for each branch")

    assert run(shop["example"].counts, shop["example"].engine) == [0, 0]


@pytest.mark.parametrize(
    ("heading", "shared"),
    [
        ("A session in dishka's APP scope", True),
        ("A factory in dishka's APP scope, sessions in REQUEST", False),
    ],
)
def test_two_requests_share_what_lives_in_the_app_scope(start: Start, heading: str, shared: bool) -> None:
    container = start(CACHES, heading)["example"].container

    with container() as first, container() as second:
        assert (first.get(Session) is second.get(Session)) is shared
    container.close()
