"""A rollback on an engine in AUTOCOMMIT: half of the work stays, and nothing was locked."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "autocommit_isolation_with_writes"
WRONG = "Half of a transfer stays"
RIGHT = "The whole transfer is taken back"


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


@pytest.mark.parametrize(("heading", "left"), [(WRONG, 1), (RIGHT, 0)])
def test_half_of_a_transfer_that_fails_stays(start: Start, heading: str, left: int) -> None:
    shop = _shop(start, heading)

    with pytest.raises(ValueError, match="nothing to transfer"):
        shop["transfers"].transfer("alice", "alice", 10)

    with Session(shop["db"].engine) as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].Entry)) == left


@pytest.mark.parametrize(("heading", "locks"), [(WRONG, False), (RIGHT, True)])
def test_what_is_written_locks_nothing(start: Start, heading: str, locks: bool) -> None:
    shop = _shop(start, heading)
    entry = shop["models"].Entry
    other = create_engine(shop["db"].engine.url, connect_args={"timeout": 0})

    with shop["db"].SessionLocal() as session:
        session.add(entry(account="alice", amount=1))
        session.flush()
        with Session(other) as second:
            second.add(entry(account="bob", amount=1))
            if locks:
                with pytest.raises(OperationalError, match="locked"):
                    second.commit()
            else:
                second.commit()
    other.dispose()


def test_what_no_transaction_may_contain_still_runs(start: Start) -> None:
    _shop(start, RIGHT)["db"].vacuum()
