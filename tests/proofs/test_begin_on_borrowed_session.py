"""SQA222: what `begin()` on a session that was given does, run against SQLAlchemy."""

from __future__ import annotations

import pytest
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
