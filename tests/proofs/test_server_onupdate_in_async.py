"""SQA314: what the database sets with an UPDATE is not there, and no await fetches it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "server_onupdate_in_async"
WRONG = "The new value is in the database only"
RIGHT = "The UPDATE fetches it"
KINDS = "However the column says it"
FINE = "Loaded since, set, new, or given by Python"
ERRORS = (MissingGreenlet, StatementError, ResponseValidationError, ValidationError)
Work = Callable[[AsyncSession], Awaitable[Any]]


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        if heading == KINDS:
            session.add(models.Price(net=1, renewed_at=datetime(2000, 1, 1)))
        else:
            session.add(models.Order(sku="a", updated_at=datetime(2000, 1, 1)))
        if heading == FINE:
            session.add(models.Line(order_id=1, sku="a"))
        session.commit()
    engine.dispose()
    return shop


def _run(shop: Running, work: Work) -> Any:
    """What the work gives in a session of its own; "MissingGreenlet" when that is what it ends with."""

    async def main() -> Any:
        try:
            async with shop["db"].factory() as session:
                return await work(session)
        except ERRORS as error:
            return "MissingGreenlet" if "MissingGreenlet" in f"{type(error)} {error}" else repr(error)
        finally:
            await shop["db"].engine.dispose()

    return asyncio.run(main())


async def _request(shop: Running, method: str, path: str) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=shop["api"].app), base_url="http://shop") as client:
        answer = await client.request(method, path)
        return answer.json()["sku"]


async def _given(shop: Running, session: AsyncSession) -> str:
    order = await session.get_one(shop["models"].Order, 1)
    return str(await shop["service"].changed(session, order, "b"))


READS: dict[str, Callable[[Running, AsyncSession], Awaitable[Any]]] = {
    "relabel": lambda shop, session: shop["service"].relabel(session, 1, "b"),
    "change": lambda shop, session: shop["service"].change(session, 1, {"sku": "b"}),
    "changed": _given,
    "asked": lambda shop, session: shop["service"].asked(session, 1, "b"),
    "committed": lambda shop, session: shop["service"].committed(1, "b"),
    "all_of": lambda shop, session: shop["service"].all_of("b"),
    "change_order": lambda shop, session: _request(shop, "PATCH", "/orders/1?sku=b"),
    "label": lambda shop, session: _request(shop, "POST", "/orders/1/label?sku=b"),
}


@pytest.mark.parametrize("name", READS)
def test_what_the_database_has_set_cannot_be_read(start: Start, name: str) -> None:
    shop = _shop(start, WRONG)

    assert _run(shop, lambda session: READS[name](shop, session)) == "MissingGreenlet"


@pytest.mark.parametrize("name", READS)
def test_what_the_update_fetches_can(start: Start, name: str) -> None:
    shop = _shop(start, RIGHT)
    found = str(_run(shop, lambda session: READS[name](shop, session)))

    assert found != "MissingGreenlet"
    assert "2000" not in found


@pytest.mark.parametrize("name", ["gross", "renewed_at", "seen_at", "version", "signed_by"])
def test_however_the_column_says_it(start: Start, name: str) -> None:
    shop = _shop(start, KINDS)

    assert _run(shop, lambda session: getattr(shop["service"], name)(session, 1)) == "MissingGreenlet"
    assert _run(shop, lambda session: shop["service"].net(session, 1)) == 2


OLD = "2000-01-01 00:00:00"


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("refreshed", False),
        ("refreshed_by_name", False),
        ("saved", False),
        ("fetched_again", False),
        ("before", True),
        ("given", False),
        ("other_columns", False),
        ("only_lines", True),
        ("by_python", False),
        ("awaited", False),
    ],
)
def test_what_is_there_is_read(start: Start, name: str, old: bool) -> None:
    shop = _shop(start, FINE)
    found = _run(shop, lambda session: getattr(shop["service"], name)(session, 1, "b"))

    assert found != "MissingGreenlet"
    assert (OLD in found) is old


def test_what_an_insert_sets_is_there(start: Start) -> None:
    shop = _shop(start, FINE)

    assert _run(shop, lambda session: shop["service"].new(session, "c")) not in ("MissingGreenlet", OLD)


async def _flush(session: AsyncSession, order: Any) -> None:
    order.sku = "b"
    await session.flush()


async def _commit(session: AsyncSession, order: Any) -> None:
    order.sku = "b"
    await session.commit()


async def _query(session: AsyncSession, order: Any) -> None:
    order.sku = "b"
    await session.scalar(text("SELECT 1"))
    await session.scalar(select(type(order).id))


async def _select(session: AsyncSession, order: Any) -> None:
    order.sku = "b"
    await session.scalar(select(type(order)))


async def _get(session: AsyncSession, order: Any) -> None:
    await _flush(session, order)
    assert await session.get(type(order), order.id) is order


async def _same(session: AsyncSession, order: Any) -> None:
    order.sku = str(order.sku)
    await session.flush()


@pytest.mark.parametrize(
    ("work", "there"),
    [(_flush, False), (_commit, False), (_query, False), (_get, False), (_select, True), (_same, True)],
)
def test_the_table_is_right(start: Start, work: Callable[[AsyncSession, Any], Awaitable[None]], there: bool) -> None:
    shop = _shop(start, WRONG)

    async def read(session: AsyncSession) -> Any:
        order = await session.get_one(shop["models"].Order, 1)
        await work(session, order)
        return str(order.updated_at)

    assert (_run(shop, read) != "MissingGreenlet") is there
