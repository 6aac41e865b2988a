"""SQA118: what one Session on the application does to its requests, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

T = TypeVar("T")
WRONG = "A refused order is stored with the next one"
RIGHT = "The factory on the application"


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_on_application_object", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(shop["models"].Product(name=f"lamp {n}") for n in range(1, 11))
        session.commit()
    engine.dispose()
    return shop


def _running(shop: Running, ask: Callable[[httpx.AsyncClient], Awaitable[T]], *, raised: bool = False) -> T:
    """What a client gets from the application between its start and its end."""

    async def run() -> T:
        app = shop["api"].app
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=raised)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            return await ask(client)

    return asyncio.run(run())


async def _ten_at_once(client: httpx.AsyncClient) -> list[httpx.Response]:
    return await asyncio.gather(*(client.get(f"/products/{n}") for n in range(1, 11)))


async def _errors_of_ten_at_once(client: httpx.AsyncClient) -> list[BaseException]:
    """The application's own errors; waits for all requests, so that none is left when the loop ends."""
    reads = (client.get(f"/products/{n}") for n in range(1, 11))
    return [got for got in await asyncio.gather(*reads, return_exceptions=True) if isinstance(got, BaseException)]


async def _order(client: httpx.AsyncClient, customer: str, *, paid: bool = True) -> int:
    return (await client.post("/orders", params={"customer": customer, "product_id": 1, "paid": paid})).status_code


async def _refused_then_paid(client: httpx.AsyncClient) -> list[int]:
    return [await _order(client, "Ann", paid=False), await _order(client, "Bob")]


async def _one_then_ten_at_once(client: httpx.AsyncClient) -> list[int]:
    first = await _order(client, "first")
    return [first, *await asyncio.gather(*(_order(client, f"customer {n}") for n in range(10)))]


def _ordered(shop: Running) -> list[str]:
    engine = create_engine("sqlite:///shop.db")
    with Session(engine) as session:
        customers = list(session.scalars(select(shop["models"].Order.customer)))
    engine.dispose()
    return sorted(customers)


def test_of_ten_overlapping_requests_nine_fail(start: Start) -> None:
    answers = _running(_shop(start, WRONG), _ten_at_once)

    assert sorted(answer.status_code for answer in answers) == [200] + [500] * 9


def test_they_fail_because_they_share_one_session(start: Start) -> None:
    errors = _running(_shop(start, WRONG), _errors_of_ten_at_once, raised=True)

    assert {type(error) for error in errors} == {InvalidRequestError}
    assert all("concurrent operations are not permitted" in str(error) for error in errors)


@pytest.mark.filterwarnings("ignore:Usage of the 'Session.add")
def test_overlapping_commits_fail_also_on_a_connection_that_is_open(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _running(shop, _one_then_ten_at_once) == [201] + [500] * 10

    assert _ordered(shop) == ["first"]


def test_a_refused_order_is_stored_by_the_next_request(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _running(shop, _refused_then_paid) == [402, 201]

    assert _ordered(shop) == ["Ann", "Bob"]


def test_with_the_factory_all_ten_are_answered(start: Start) -> None:
    answers = _running(_shop(start, RIGHT), _ten_at_once)

    assert [answer.status_code for answer in answers] == [200] * 10
    assert [answer.json() for answer in answers] == [f"lamp {n}" for n in range(1, 11)]


def test_with_the_factory_only_the_paid_order_is_stored(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert _running(shop, _refused_then_paid) == [402, 201]

    assert _ordered(shop) == ["Bob"]


def test_with_the_factory_all_orders_that_overlap_are_stored(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert _running(shop, _one_then_ten_at_once) == [201] * 11

    assert _ordered(shop) == [*(f"customer {n}" for n in range(10)), "first"]
