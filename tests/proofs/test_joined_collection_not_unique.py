"""SQA603: rows repeated by a joined collection are refused unless they are made unique, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, joinedload

from tests.proofs.conftest import Start

RULE = "joined_collection_not_unique"
WRONG, RIGHT = "Orders with their lines", "Made unique, or loaded by a second query"
REFUSED = "unique\\(\\) method must be invoked"


def _opened(models: Any, filled: bool = True) -> Session:
    engine = create_engine("sqlite://")
    models.Base.metadata.create_all(engine)
    session = Session(engine)
    if filled:
        session.add(models.Order(id=1, lines=[models.Line(amount=3), models.Line(amount=4)]))
        session.add(models.Order(id=2))
        session.commit()
    return session


@pytest.mark.parametrize("name", ["orders", "order", "totals"])
def test_rows_are_refused(start: Start, name: str) -> None:
    shop = start(RULE, WRONG)
    ask: Callable[..., Any] = getattr(shop["orders"], name)

    with _opened(shop["models"]) as session, pytest.raises(InvalidRequestError, match=REFUSED):
        ask(session, *([1] if name == "order" else []))


def test_without_rows_nothing_is_noticed(start: Start) -> None:
    shop = start(RULE, WRONG)

    with _opened(shop["models"], filled=False) as session:
        assert shop["orders"].orders(session) == []
        assert shop["orders"].totals(session) == []


def test_unique_rows_are_handed_out(start: Start) -> None:
    shop = start(RULE, RIGHT)

    with _opened(shop["models"]) as session:
        assert [order.id for order in shop["orders"].orders(session)] == [1, 2]
        assert shop["orders"].order(session, 1).id == 1
        assert shop["orders"].totals(session) == [7, 0]


_REFUSED: dict[str, Callable[[Any], Any]] = {
    "all": lambda result: result.all(),
    "one": lambda result: result.one(),
    "one_or_none": lambda result: result.one_or_none(),
    "scalar_one": lambda result: result.scalar_one(),
    "scalar_one_or_none": lambda result: result.scalar_one_or_none(),
    "fetchall": lambda result: result.fetchall(),
    "fetchone": lambda result: result.fetchone(),
    "fetchmany": lambda result: result.fetchmany(2),
    "partitions": lambda result: list(result.partitions(2)),
    "mappings": lambda result: result.mappings().all(),
    "scalars": lambda result: result.scalars().one(),
    "a loop": lambda result: [row for row in result if row],
    "list": list,
    "next": next,
}


@pytest.mark.parametrize("how", sorted(_REFUSED))
def test_what_refuses(start: Start, how: str) -> None:
    models = start(RULE, WRONG)["models"]
    statement = select(models.Order).options(joinedload(models.Order.lines)).where(models.Order.id == 1)

    with _opened(models) as session:
        with pytest.raises(InvalidRequestError, match=REFUSED):
            _REFUSED[how](session.execute(statement))
        assert _REFUSED[how](session.execute(statement).unique())


_TAKEN: dict[str, Callable[[Session, Any, Any], Any]] = {
    "first": lambda session, models, statement: session.scalars(statement).first(),
    "row": lambda session, models, statement: session.execute(statement).scalars().first(),
    "scalar": lambda session, models, statement: session.execute(statement).scalar(),
    "session.scalar": lambda session, models, statement: session.scalar(statement),
    "get": lambda session, models, statement: session.get(models.Order, 1, options=[joinedload(models.Order.lines)]),
    "query": lambda session, models, statement: (
        session.query(models.Order).options(joinedload(models.Order.lines)).filter_by(id=1).all()[0]
    ),
}


@pytest.mark.parametrize("how", sorted(_TAKEN))
def test_what_does_not_refuse(start: Start, how: str) -> None:
    models = start(RULE, WRONG)["models"]
    statement = select(models.Order).options(joinedload(models.Order.lines)).where(models.Order.id == 1)

    with _opened(models) as session:
        assert len(_TAKEN[how](session, models, statement).lines) == 2


@pytest.mark.parametrize("how", ["beside", "authors", "written"])
def test_async_rows_are_refused(start: Start, how: str) -> None:
    shop = start(RULE, "In async code, over a chain, by the mapping")

    with pytest.raises(InvalidRequestError, match=REFUSED):
        asyncio.run(_asked(shop["models"], shop["books"], how))


async def _asked(models: Any, books: Any, how: str) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    try:
        async with AsyncSession(engine) as session:
            session.add(models.Author(books=[models.Book(id=1), models.Book()]))
            await session.commit()
            await getattr(books.Books(session), how)(*([1] if how == "beside" else []))
    finally:
        await engine.dispose()


def test_the_look_alikes_run(start: Start) -> None:
    found = start(RULE, "One row, an older query, an entity")["example"]

    with _opened_of(found) as session:
        assert len(set(found.one(session, 1))) == 1
        assert len(found.older(session)) == 2
        assert found.count(session) == 2
        assert len(found.parents(session)) == len(found.grandparents(session)) == len(found.beneath(session)) == 2
        assert len(found.maybe(session, True)) == len(found.maybe(session, False)) == len(found.in_place(session)) == 2


def test_the_mapping_can_be_overruled(start: Start) -> None:
    found = start(RULE, "By the mapping, and not for this query")["example"]

    with _opened_of(found) as session:
        assert len(found.by_a_second_query(session)) == len(found.later(session)) == 2
        assert len(found.numbers(session)) == len(found.lines(session)) == 2
        with pytest.raises(InvalidRequestError, match=REFUSED):
            session.scalars(select(found.Order)).all()


def _opened_of(models: Any) -> Session:
    engine = create_engine("sqlite://")
    models.Base.metadata.create_all(engine)
    session = Session(engine)
    session.add(models.Order(id=1, lines=[models.Line(), models.Line()]))
    session.add(models.Order(id=2))
    session.commit()
    return session
