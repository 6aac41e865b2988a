"""SQA222: what `begin()` on a session that was given does, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.exc import InvalidRequestError

from tests.proofs.conftest import Running, Start

WRONG = "It fails once somebody has looked"
RIGHT = "The opener begins, the callee only writes"


def _bank(start: Start, heading: str) -> Running:
    bank = start("begin_on_borrowed_session", heading)
    bank["models"].Base.metadata.create_all(bank["signup"].engine)
    return bank


def _accounts(bank: Running) -> int:
    with bank["signup"].SessionLocal() as session:
        return int(session.scalar(select(func.count()).select_from(bank["models"].Account)))


def test_after_a_read_it_raises(start: Start) -> None:
    bank = _bank(start, WRONG)

    with pytest.raises(InvalidRequestError, match="A transaction is already begun"):
        bank["signup"].sign_up("ann")

    assert _accounts(bank) == 0


def test_the_opener_may_read_and_begin(start: Start) -> None:
    bank = _bank(start, RIGHT)

    assert bank["signup"].sign_up("ann")
    assert not bank["signup"].sign_up("ann")

    assert _accounts(bank) == 1


def test_after_an_add_it_raises_too(start: Start) -> None:
    bank = _bank(start, WRONG)

    with bank["signup"].SessionLocal() as session:
        session.add(bank["models"].Account(name="bob"))
        with pytest.raises(InvalidRequestError, match="A transaction is already begun"):
            bank["accounts"].open_account(session, "ann")


def test_on_an_unused_session_the_rollback_of_the_caller_comes_too_late(start: Start) -> None:
    bank = _bank(start, WRONG)

    with bank["signup"].SessionLocal() as session:
        bank["accounts"].open_account(session, "ann")
        session.rollback()

    assert _accounts(bank) == 1


def test_a_handler_fails_whose_other_dependency_has_looked(start: Start) -> None:
    bank = start("begin_on_borrowed_session", "In a handler, after it or another dependency has looked")
    database = bank["db"]
    database.Base.metadata.create_all(database.SessionLocal.kw["bind"])
    with database.SessionLocal.begin() as session:
        session.add(database.Account(id=1, name="ann"))
    app = FastAPI()
    app.include_router(bank["api"].router)
    client = TestClient(app)

    with pytest.raises(InvalidRequestError, match="A transaction is already begun"):
        client.post("/accounts?name=bob&token=ann")
    with pytest.raises(InvalidRequestError, match="A transaction is already begun"):
        client.post("/accounts/of?token=ann")
    with pytest.raises(InvalidRequestError, match="A transaction is already begun"):
        client.put("/accounts/1?name=eve")
    assert client.patch("/accounts/1?name=eve").status_code == 200
