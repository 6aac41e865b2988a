"""SQA210: what a commit in `finally` stores when the work has failed, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A transfer that takes and does not give"
RIGHT = "The commit is the last statement of the try"
ROLLED_BACK = "Rolled back before"


def _bank(start: Start, heading: str) -> Running:
    bank = start("commit_in_finally", heading)
    bank["models"].Base.metadata.create_all(bank["db"].engine)
    return bank


def _amounts(bank: Running) -> list[int]:
    with bank["db"].SessionLocal() as session:
        return list(session.scalars(select(bank["models"].Entry.amount)))


@pytest.mark.parametrize(("heading", "amounts"), [(WRONG, [-50]), (RIGHT, [])])
def test_half_of_a_failed_transfer_is_stored(start: Start, heading: str, amounts: list[int]) -> None:
    bank = _bank(start, heading)

    with pytest.raises(ValueError, match="frozen"):
        bank["transfer"].transfer("current", "savings", 50)

    assert _amounts(bank) == amounts


@pytest.mark.parametrize("heading", [WRONG, RIGHT])
def test_a_transfer_that_works_is_stored_either_way(start: Start, heading: str) -> None:
    bank = _bank(start, heading)

    bank["transfer"].transfer("current", "shop", 50)

    assert _amounts(bank) == [-50, 50]


def test_after_a_rollback_only_the_record_is_stored(start: Start) -> None:
    bank, services = _bank(start, WRONG), start("commit_in_finally", ROLLED_BACK)["services"]
    entry, engine = bank["models"].Entry, bank["db"].engine

    with Session(engine) as session:
        session.add(entry(id=1, account="current", amount=1))
        session.commit()
    again, log = entry(id=1, account="current", amount=2), entry(id=3, account="log", amount=0)
    with Session(engine) as session, pytest.raises(IntegrityError):
        services.store(session, again, log)

    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(entry)) == 2
