"""SQLModel and Flask-SQLAlchemy, run: their sessions are SQLAlchemy's, and who commits them decides the same."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy import orm as sqlalchemy_orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Session, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelAsyncSession

from tests.libraries.conftest import REFUSED, Shop, Start, meets, run

COMMITS = "commit_in_repository/sqlmodel"
SHARES = "session_shared_across_tasks/sqlmodel"
FLASK = "commit_in_repository/flask_sqlalchemy"


@pytest.fixture(autouse=True)
def _no_tables_of_other_cases() -> None:
    SQLModel.metadata.clear()


def test_sessions_of_sqlmodel_are_sessions_of_sqlalchemy() -> None:
    assert issubclass(Session, sqlalchemy_orm.Session)
    assert issubclass(SQLModelAsyncSession, AsyncSession)


def test_functions_commit_the_session_of_sqlmodel(start: Start) -> None:
    shop = start(COMMITS, "A function in crud.py with SQLModel's session")
    with Session(create_engine("sqlite:///shop.db")) as session:
        shop["crud"].add_customer(session, "first")
        shop["crud"].rename_all(session, "renamed")
        session.rollback()
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def add() -> None:
        async with SQLModelAsyncSession(engine) as session:
            await shop["crud"].add_customer_async(session, "second")
            await session.rollback()

    run(add, engine)

    assert shop.emails() == ["renamed", "second"]


def test_the_handler_commits_what_the_function_flushed(start: Start) -> None:
    shop = start(COMMITS, "The handler commits SQLModel's session")

    assert TestClient(shop["api"].app).post("/customers", json={"email": "first"}).status_code == 200
    assert shop.emails() == ["first"]


@pytest.mark.parametrize(("heading", "shared"), [("Two execs at once", True), ("One exec after the other", False)])
def test_execs_at_once_meet_on_their_session(start: Start, heading: str, shared: bool) -> None:
    shop = start(SHARES, heading)
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def both() -> None:
        async with SQLModelAsyncSession(engine) as session:
            await shop["example"].both(session)

    assert meets(both, engine) is shared


@pytest.mark.parametrize(
    ("heading", "sent"),
    [
        ("What exec gives", {"id": 1, "email": "first"}),
        ("A response model of the columns that leave", {"email": "first"}),
    ],
)
def test_a_table_model_leaves_with_all_its_columns(start: Start, heading: str, sent: dict[str, Any]) -> None:
    shop = start("orm_returned_from_handler/sqlmodel", heading)["api"]
    with Session(shop.engine) as session:
        session.add(shop.Customer(email="first"))
        session.commit()

    assert TestClient(shop.app).get("/customers/first").json() == sent


def _flask(shop: Shop) -> Flask:
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{shop.database}"
    shop["extensions"].db.init_app(app)
    return app


def test_a_repository_keeps_half_of_a_sign_up_in_its_context(start: Start) -> None:
    shop = start(FLASK, "A repository commits the session of the context")

    with _flask(shop).app_context(), pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == ["first"]


def test_a_view_and_a_command_commit_the_session_of_their_context(start: Start) -> None:
    shop = start(FLASK, "A view, a command and a service commit")
    app = _flask(shop)
    app.register_blueprint(shop["views"].views)

    assert app.test_client().post("/customers?email=first").status_code == 200
    assert app.test_client().post("/orders").status_code == 200
    assert app.test_cli_runner().invoke(args=["views", "import", "second"]).exit_code == 0
    assert shop.emails() == ["first", "second"]
