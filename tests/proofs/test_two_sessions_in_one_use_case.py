"""SQA111: what becomes of a use case with two sessions, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.proofs.conftest import Running, Start

WRONG = "A ledger with a session of its own"
RIGHT = "The ledger writes in the session that it is given"


def _bank(start: Start, heading: str) -> Running:
    """The bank, with an account of 20."""
    bank = start("two_sessions_in_one_use_case", heading)
    bank["models"].Base.metadata.create_all(bank["db"].engine)
    with bank["db"].SessionLocal.begin() as session:
        session.add(bank["models"].Account(id=1, balance=20))
    return bank


def _state(bank: Running) -> tuple[int, int]:
    """The balance, and how many entries the ledger has."""
    models = bank["models"]
    with bank["db"].SessionLocal() as session:
        balance: int = session.get_one(models.Account, 1).balance
        entries: int = session.scalars(select(func.count()).select_from(models.Entry)).one()
    return balance, entries


def _one_connection(bank: Running) -> None:
    """From here on the pool has room for one."""
    engine = create_engine(bank["db"].engine.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    bank["db"].SessionLocal.configure(bind=engine)


@pytest.mark.parametrize(("heading", "entries"), [(WRONG, 1), (RIGHT, 0)])
def test_what_is_left_of_a_withdrawal_that_failed(start: Start, heading: str, entries: int) -> None:
    bank = _bank(start, heading)

    with pytest.raises(ValueError, match="not enough"):
        bank["service"].withdraw(1, 50)

    assert _state(bank) == (20, entries)


def test_two_sessions_wait_for_each_other_in_a_pool_of_one(start: Start) -> None:
    bank = _bank(start, WRONG)
    _one_connection(bank)

    with pytest.raises(PoolTimeoutError):
        bank["service"].withdraw(1, 5)

    assert _state(bank) == (20, 0)


def test_one_session_needs_one_connection(start: Start) -> None:
    bank = _bank(start, RIGHT)
    _one_connection(bank)

    bank["service"].withdraw(1, 5)

    assert _state(bank) == (15, 1)
