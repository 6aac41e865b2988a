"""SQA212: what a session's commit or rollback does while a savepoint is open, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "A rollback that takes the order along"
RIGHT = "The savepoint as a block"
COMMIT = "A commit that decides too early"


def _session(case: Running) -> Session:
    engine = create_engine("sqlite:///shop.db")
    case["models"].Base.metadata.create_all(engine)
    return Session(engine)


@pytest.mark.parametrize(("heading", "kept"), [(WRONG, 0), (RIGHT, 1)])
def test_the_session_rolls_back_more_than_the_savepoint(start: Start, heading: str, kept: int) -> None:
    shop = start("session_commit_for_savepoint", heading)
    models = shop["models"]
    with _session(shop) as session:
        session.add(models.Coupon(code="SPRING"))
        session.commit()

        shop["checkout"].check_out(session, "SPRING")
        session.commit()

        assert session.scalar(select(func.count()).select_from(models.Order)) == kept


def test_the_session_commits_more_than_the_savepoint(start: Start) -> None:
    bank = start("session_commit_for_savepoint", COMMIT)
    with _session(bank) as session:
        bank["ledger"].post(session)
        session.rollback()

        assert session.scalar(select(func.count()).select_from(bank["models"].Entry)) == 2
