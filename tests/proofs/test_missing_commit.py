"""SQA208: what is left of a user whose session ends without a commit, run against SQLAlchemy."""

from __future__ import annotations

import warnings

import pytest
from sqlalchemy import func, select

from tests.proofs.conftest import Running, Start

WRONG = "A user that has an id and no row"
RIGHT = "The factory begins and commits"


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, 0), (RIGHT, 1)])
def test_a_user_has_an_id_and_maybe_no_row(start: Start, heading: str, stored: int) -> None:
    app = start("missing_commit", heading)
    app["models"].Base.metadata.create_all(app["db"].engine)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        number = app["users"].register("Ada")

    assert number == 1
    with app["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(app["models"].User)) == stored


def test_a_change_of_what_was_loaded_is_gone_too(start: Start) -> None:
    app = start("missing_commit", "A change of what was loaded, by the entity itself")
    users, factory = app["models"].User, app["db"].SessionLocal
    app["models"].Base.metadata.create_all(app["db"].engine)
    with factory.begin() as session:
        session.add(users(id=1, name="Ada"))

    assert app["users"].lock(1) is False
    with factory() as session:
        assert session.get_one(users, 1).active is True


def test_what_is_merged_is_gone_too_and_written_by_a_commit(start: Start) -> None:
    app = start("missing_commit", "A new row is merged")["settings"]
    setting, factory = app.Setting, app.SessionLocal
    app.Base.metadata.create_all(factory.kw["bind"])

    app.remember("theme", "dark")

    with factory() as session:
        assert session.get(setting, "theme") is None
        session.merge(setting(name="theme", value="dark"))
        session.commit()
        assert session.get_one(setting, "theme").value == "dark"


def _lines(app: Running) -> list[str | None]:
    audit = app["audit"].audit
    with app["audit"].engine.connect() as connection:
        return list(connection.scalars(select(audit.c.line)))


def test_what_a_connection_writes_is_gone_without_a_commit(start: Start) -> None:
    app = start("missing_commit", "On a connection of the engine")
    app["audit"].metadata.create_all(app["audit"].engine)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app["audit"].note("sold")

    assert _lines(app) == []


@pytest.mark.parametrize(
    ("name", "stored"),
    [("note", 1), ("note_in_a_block", 2), ("note_at_once", 2), ("note_by_a_helper", 1), ("try_out", 0), ("by_hand", 1)],
)
def test_what_a_connection_commits_is_stored(start: Start, name: str, stored: int) -> None:
    app = start("missing_commit", "Committed on the connection")
    app["audit"].metadata.create_all(app["audit"].engine)

    getattr(app["audit"], name)("sold")

    assert len(_lines(app)) == stored


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("register", 0),
        ("register_by_keyword", 0),
        ("register_for_good", 1),
        ("register_in_one", 1),
        ("register_in_a_block", 1),
        ("register_with", 1),
    ],
)
def test_what_a_function_writes_in_the_session_of_its_decorator(start: Start, name: str, stored: int) -> None:
    app = start("missing_commit", "By a decorator that opens the session")
    app["models"].Base.metadata.create_all(app["db"].SessionLocal.kw["bind"])

    getattr(app["users"], name)("Ada")

    assert len(app["users"].names()) == stored
