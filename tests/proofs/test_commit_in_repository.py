"""SQA201: what a commit in a repository does to its caller, run against SQLAlchemy."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from tests.proofs.conftest import Running, Start

WRONG = "The use case fails and the user stays"
RIGHT = "The repository flushes, the use case commits"


def _shop(start: Start, heading: str) -> Running:
    shop = start("commit_in_repository", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _users(shop: Running) -> int:
    with shop["db"].SessionLocal() as session:
        return int(session.scalar(select(func.count()).select_from(shop["models"].User)))


def test_the_user_stays_although_the_use_case_failed(start: Start) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises(IntegrityError):
        shop["services"].sign_up("a@example.com", plan=None)

    assert _users(shop) == 1


def test_signing_up_again_fails_on_the_address_that_stayed(start: Start) -> None:
    shop = _shop(start, WRONG)
    with pytest.raises(IntegrityError, match="subscription"):
        shop["services"].sign_up("a@example.com", plan=None)

    with pytest.raises(IntegrityError, match="user_account"):
        shop["services"].sign_up("a@example.com", plan="basic")


def test_nothing_stays_when_the_repository_flushes(start: Start) -> None:
    shop = _shop(start, RIGHT)

    with pytest.raises(IntegrityError):
        shop["services"].sign_up("a@example.com", plan=None)
    assert _users(shop) == 0

    shop["services"].sign_up("a@example.com", plan="basic")
    assert _users(shop) == 1


@pytest.mark.parametrize(("heading", "kept"), [(WRONG, "changed@example.com"), (RIGHT, "a@example.com")])
def test_the_commit_writes_what_the_caller_had_pending(start: Start, heading: str, kept: str) -> None:
    shop = _shop(start, heading)
    shop["services"].sign_up("a@example.com", plan="basic")

    with shop["db"].SessionLocal() as session:
        user = session.get(shop["models"].User, 1)
        user.email = "changed@example.com"
        shop["repositories"].UserRepository(session).add("b@example.com")
        session.rollback()

        assert user.email == kept


@pytest.mark.parametrize(("heading", "selects"), [(WRONG, 3), (RIGHT, 0)])
def test_each_loaded_entity_is_read_again_after_the_commit(start: Start, heading: str, selects: int) -> None:
    shop = _shop(start, heading)
    for name in "abc":
        shop["services"].sign_up(f"{name}@example.com", plan="basic")
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    with shop["db"].SessionLocal() as session:
        users = session.scalars(select(shop["models"].User)).all()
        shop["repositories"].UserRepository(session).add("d@example.com")
        event.listen(shop["db"].engine, "before_cursor_execute", note)
        assert len({user.email for user in users}) == 3

    assert sum(statement.startswith("SELECT") for statement in sent) == selects
