"""SQA208: what is left of a user whose session ends without a commit, run against SQLAlchemy."""

from __future__ import annotations

import warnings

import pytest
from sqlalchemy import func, select

from tests.proofs.conftest import Start

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
