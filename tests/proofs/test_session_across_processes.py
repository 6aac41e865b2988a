"""A session for another process: it cannot be pickled, and a pool keeps the error to itself."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import fakeredis
import pytest
from kombu.exceptions import EncodeError
from rq import Queue
from sqlalchemy import create_engine, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from tests.proofs.conftest import Start

RULE = "session_across_processes"
WRONG = "The pool never does the work"
RIGHT = "Each process opens its own session"
TASKS = "Tasks, jobs and processes"

CANNOT = (TypeError, AttributeError, pickle.PicklingError)


@pytest.mark.parametrize(("heading", "billed"), [(WRONG, 0), (RIGHT, 2)])
def test_the_pool_bills_nothing_unless_each_process_opens_a_session(start: Start, heading: str, billed: int) -> None:
    shop = start(RULE, heading)
    order, engine = shop["models"].Order, shop["db"].engine
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([order(id=1), order(id=2)])
        session.commit()

    shop["billing"].bill_all([1, 2])

    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(order.billed)) == billed


def _things() -> Iterator[tuple[str, Any]]:
    engine, other = create_engine("sqlite://"), create_async_engine("sqlite+aiosqlite://")
    yield "engine", engine
    yield "connection", engine.connect()
    yield "session", Session(engine)
    yield "unbound session", Session()
    yield "factory", sessionmaker(engine)
    yield "unbound factory", sessionmaker()
    yield "registry", scoped_session(sessionmaker(engine))
    yield "asynchronous engine", other
    yield "asynchronous session", AsyncSession(other)
    yield "asynchronous factory", async_sessionmaker(other)


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in _things()])
def test_none_of_them_can_be_pickled(name: str, thing: Any) -> None:
    with pytest.raises(CANNOT):
        pickle.dumps(thing)


def test_a_queue_refuses_a_session(start: Start) -> None:
    shop = start(RULE, TASKS)
    with Session(create_engine("sqlite://")) as session:
        with pytest.raises((EncodeError, TypeError)):
            shop["jobs"].greet.delay(session, 1)
        with pytest.raises(CANNOT):
            Queue(connection=fakeredis.FakeStrictRedis()).enqueue(shop["jobs"].greet, session, 1)
