"""SQA214: what is stored when a block fails whose context manager does not ask, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.proofs.conftest import Start

METHOD = "A unit of work that keeps what failed"
GENERATOR = "A generator with the commit in finally"
RIGHT = "It asks whether the block has failed"


@pytest.mark.parametrize(("heading", "stored"), [(METHOD, ["current"]), (GENERATOR, ["current"]), (RIGHT, [])])
def test_what_a_failed_block_has_done_is_stored(start: Start, heading: str, stored: list[str]) -> None:
    bank = start("commit_on_exception_exit", heading)
    bank["models"].Base.metadata.create_all(bank["db"].engine)

    with pytest.raises(ValueError, match="frozen"):
        bank["services"].transfer("current", "frozen")

    with bank["db"].SessionLocal() as session:
        assert list(session.scalars(select(bank["models"].Entry.account))) == stored


@pytest.mark.parametrize("heading", [METHOD, GENERATOR, RIGHT])
def test_a_block_that_works_is_stored_in_every_version(start: Start, heading: str) -> None:
    bank = start("commit_on_exception_exit", heading)
    bank["models"].Base.metadata.create_all(bank["db"].engine)

    bank["services"].transfer("current", "savings")

    with bank["db"].SessionLocal() as session:
        assert list(session.scalars(select(bank["models"].Entry.account))) == ["current", "savings"]
