"""SQA103: what a Session made in a default argument carries from call to call, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, PendingRollbackError

from tests.proofs.conftest import Running, Start

WRONG = "The next call commits what the failed one left"
RIGHT = "The caller opens the session"
CONSTRUCTOR = "A constructor whose callers leave it out"
ASYNC = "Keyword-only, in an async function"


def _club(start: Start, heading: str) -> Running:
    club = start("session_default_argument", heading)
    club["models"].Base.metadata.create_all(club["db"].engine)
    return club


def _members(club: Running) -> set[str]:
    with club["db"].SessionLocal() as session:
        return set(session.scalars(select(club["models"].Member.email)))


def test_the_next_call_stores_the_member_whose_registration_failed(start: Start) -> None:
    club = _club(start, WRONG)
    with pytest.raises(ValueError, match="no plan 'gold'"):
        club["members"].join("a@example.com", "gold")
    assert _members(club) == set()

    club["members"].join("b@example.com", "basic")

    assert _members(club) == {"a@example.com", "b@example.com"}


@pytest.mark.filterwarnings("ignore:Session's state has been changed")
def test_one_failed_flush_fails_every_later_call(start: Start) -> None:
    club = _club(start, WRONG)
    club["members"].join("a@example.com", "basic")
    with pytest.raises(IntegrityError):
        club["members"].join("a@example.com", "basic")

    for email in ("b@example.com", "c@example.com"):
        with pytest.raises(PendingRollbackError):
            club["members"].join(email, "basic")

    assert _members(club) == {"a@example.com"}


def test_a_read_keeps_its_connection(start: Start) -> None:
    club = _club(start, WRONG)

    assert club["members"].count_members() == 0

    assert club["db"].engine.pool.checkedout() == 1


def test_a_session_from_the_caller_carries_nothing_over(start: Start) -> None:
    club = _club(start, RIGHT)
    with pytest.raises(ValueError, match="no plan 'gold'"):
        club["desk"].register("a@example.com", "gold")

    club["desk"].register("b@example.com", "basic")
    with pytest.raises(IntegrityError):
        club["desk"].register("b@example.com", "basic")
    club["desk"].register("c@example.com", "family")

    assert _members(club) == {"b@example.com", "c@example.com"}
    assert club["desk"].report() == 2
    assert club["db"].engine.pool.checkedout() == 0


def test_objects_that_leave_the_argument_out_share_the_session(start: Start) -> None:
    service = start("session_default_argument", CONSTRUCTOR)["services"].MemberService

    assert service("chess").session is service("go").session


def test_overlapping_calls_of_an_async_function_meet_in_one_session(start: Start) -> None:
    count_members = start("session_default_argument", ASYNC)["example"].count_members

    async def overlapping() -> list[Any]:
        counted = await asyncio.gather(*(count_members() for _ in range(3)), return_exceptions=True)
        db = inspect.signature(count_members).parameters["db"].default
        await db.close()
        await db.bind.dispose()
        return counted

    told = asyncio.run(overlapping())

    assert sum(isinstance(one, InvalidRequestError) for one in told) == 2
