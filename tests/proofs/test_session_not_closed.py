"""SQA105: a Session that is not closed holds its connection until the cycle collector runs, run against SQLAlchemy."""

from __future__ import annotations

import gc

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError

from tests.proofs.conftest import Running, Start

WRONG = "The pool is empty after two calls"
RIGHT = "A with block closes on every path"


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_not_closed", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def test_the_third_call_finds_the_pool_empty(start: Start) -> None:
    shop = _shop(start, WRONG)
    shop["users"].count_users()
    shop["users"].count_users()

    with pytest.raises(TimeoutError, match="QueuePool limit of size 2 overflow 0 reached"):
        shop["users"].count_users()


def test_only_the_collector_gives_the_connections_back(start: Start) -> None:
    shop = _shop(start, WRONG)
    shop["users"].count_users()
    shop["users"].count_users()
    assert shop["db"].engine.pool.checkedout() == 2

    gc.collect()

    assert shop["db"].engine.pool.checkedout() == 0
    assert shop["users"].count_users() == 0


def test_a_with_block_gives_it_back_each_time(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert [shop["users"].count_users() for _ in range(10)] == [0] * 10

    assert shop["db"].engine.pool.checkedout() == 0


def test_a_commit_gives_it_back_until_it_fails(start: Start) -> None:
    shop = _shop(start, WRONG)
    user = shop["models"].User

    def create(key: int) -> None:
        session = shop["db"].SessionLocal()
        session.add(user(id=key, email="a@example.com"))
        session.commit()

    create(1)
    assert shop["db"].engine.pool.checkedout() == 0
    with pytest.raises(IntegrityError):
        create(1)
    assert shop["db"].engine.pool.checkedout() == 1


def test_a_block_that_ends_the_transaction_holds_no_connection(start: Start) -> None:
    shop = _shop(start, WRONG)

    def read() -> None:
        session = shop["db"].SessionLocal()
        with session.begin():
            session.scalar(select(shop["models"].User.id))

    for _ in range(5):
        read()
    assert shop["db"].engine.pool.checkedout() == 0


def test_a_question_that_fails_gives_it_back_only_where_the_connection_is_lost(start: Start) -> None:
    shop = start("session_not_closed", WRONG)  # there is no table
    engine = shop["db"].engine
    lost: list[bool] = [False]

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        context.is_disconnect = lost[0]

    def ask() -> None:
        session = shop["db"].SessionLocal()
        session.scalar(select(shop["models"].User.id))
        session.close()

    with pytest.raises(OperationalError):
        ask()
    assert engine.pool.checkedout() == 1
    lost[0] = True
    with pytest.raises(OperationalError):
        ask()
    assert engine.pool.checkedout() == 1


def test_a_query_that_is_only_built_holds_no_connection(start: Start) -> None:
    shop = _shop(start, WRONG)
    session = shop["db"].SessionLocal()
    query = session.query(shop["models"].User).order_by(shop["models"].User.id)
    assert shop["db"].engine.pool.checkedout() == 0

    query.all()

    assert shop["db"].engine.pool.checkedout() == 1
