"""SQA205: what commit, rollback and close do inside a `begin()` block, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "Half of a transfer is kept"
RIGHT = "The block alone commits"
LOST = "A rollback that loses everything without an error"
CLOSED = "Can't operate on closed transaction inside context manager"


def _bank(start: Start, heading: str) -> Running:
    bank = start("commit_inside_begin", heading)
    bank["models"].Base.metadata.create_all(bank["db"].engine)
    return bank


def _entries(bank: Running) -> dict[str, int]:
    entry = bank["models"].Entry
    with bank["db"].SessionLocal() as session:
        found: dict[str, int] = dict(session.execute(select(entry.account, entry.amount)).all())
    return found


def test_the_first_half_is_kept_and_the_second_raises(start: Start) -> None:
    bank = _bank(start, WRONG)

    with pytest.raises(InvalidRequestError, match=CLOSED):
        bank["transfer"].transfer("rent", "savings", 100)

    assert _entries(bank) == {"rent": -100}


def test_the_block_alone_keeps_both_halves(start: Start) -> None:
    bank = _bank(start, RIGHT)

    bank["transfer"].transfer("rent", "savings", 100)

    assert _entries(bank) == {"rent": -100, "savings": 100}


def test_a_rollback_as_the_last_statement_loses_everything_without_an_error(start: Start) -> None:
    bank = _bank(start, LOST)

    assert bank["transfer"].post("rent", -100) == "posted"

    assert _entries(bank) == {}


def test_a_close_as_the_last_statement_loses_everything_without_an_error(start: Start) -> None:
    bank = _bank(start, RIGHT)

    with bank["db"].SessionLocal.begin() as session:
        session.add(bank["models"].Entry(account="rent", amount=1))
        session.close()

    assert _entries(bank) == {}


def test_a_commit_in_a_savepoint_block_keeps_the_work_around_it(start: Start) -> None:
    bank = _bank(start, RIGHT)
    entry = bank["models"].Entry

    def import_one(session: Session) -> None:
        with session.begin_nested():
            session.add(entry(account="inside", amount=1))
            session.commit()
            session.scalar(select(func.count()).select_from(entry))

    with bank["db"].SessionLocal() as session:
        session.add(entry(account="around", amount=1))
        with pytest.raises(InvalidRequestError, match=CLOSED):
            import_one(session)
        session.rollback()

    assert set(_entries(bank)) == {"around", "inside"}


def test_a_commit_as_the_last_statement_is_accepted(start: Start) -> None:
    bank = _bank(start, RIGHT)

    with bank["db"].SessionLocal.begin() as session:
        session.add(bank["models"].Entry(account="rent", amount=1))
        session.commit()

    assert _entries(bank) == {"rent": 1}
