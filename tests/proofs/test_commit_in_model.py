"""SQA207: what an entity that commits its session stores besides itself, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "Saving the note stores the unchecked transfer"
RIGHT = "The entity is added, the use case commits"
OBJECT_SESSION = "The session that an entity lives in"


@pytest.mark.parametrize(("heading", "balance"), [(WRONG, -20), (RIGHT, 30)])
def test_what_the_use_case_refuses_is_stored_with_the_note(start: Start, heading: str, balance: int) -> None:
    bank = start("commit_in_model", heading)
    account = bank["models"].Account
    bank["models"].Base.metadata.create_all(bank["db"].engine)
    with bank["db"].SessionLocal() as session:
        session.add(account(id=1, balance=30))
        session.commit()

    with pytest.raises(ValueError, match="not covered"):
        bank["services"].withdraw(1, 50)

    with bank["db"].SessionLocal() as session:
        assert session.get_one(account, 1).balance == balance


@pytest.mark.parametrize(("heading", "selects"), [(WRONG, 1), (RIGHT, 0)])
def test_the_commit_expires_what_the_use_case_has_loaded(start: Start, heading: str, selects: int) -> None:
    bank = start("commit_in_model", heading)
    account, note = bank["models"].Account, bank["models"].Note
    engine = bank["db"].engine
    bank["models"].Base.metadata.create_all(engine)
    with bank["db"].SessionLocal() as session:
        session.add(account(id=1, balance=30))
        session.commit()

        loaded = session.get_one(account, 1)
        note(body="hello").save(session)
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: seen.append(statement))
        assert loaded.balance == 30

    assert len([one for one in seen if one.startswith("SELECT")]) == selects


def test_an_entity_in_no_session_has_none_to_commit(start: Start) -> None:
    ticket = start("commit_in_model", OBJECT_SESSION)["models"].Ticket

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'commit'"):
        ticket(id=1, state="open").close()


def test_object_session_commits_the_other_entities_too(start: Start) -> None:
    models = start("commit_in_model", OBJECT_SESSION)["models"]
    engine = create_engine("sqlite:///tickets.db")
    models.Base.metadata.create_all(engine)

    with Session(engine) as session:
        first, second = models.Ticket(id=1, state="open"), models.Ticket(id=2, state="unchecked")
        session.add_all([first, second])
        first.close()
        session.rollback()

    with Session(engine) as session:
        assert session.get_one(models.Ticket, 2).state == "unchecked"
    engine.dispose()
