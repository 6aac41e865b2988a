"""SQA404: what FastAPI answers when the response model is a table, run against FastAPI and SQLModel."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.exceptions import FastAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlmodel import Session, SQLModel

from tests.proofs.conftest import Running, Start

WRONG = "The password hash is in the contract"
RIGHT = "A schema is the contract"
FIELD = "A field of the response schema"
PAGE = "A page of tables"
BESIDE = "An annotation beside a response model"
ANNOTATION = "A return annotation"
HERO = {"id": 1, "name": "Deadpond", "real_name": "Dive Wilson"}


@pytest.fixture(autouse=True)
def _tables_of_one_case() -> Iterator[None]:
    yield
    _forget_tables()


def _forget_tables() -> None:
    SQLModel.metadata.clear()
    SQLModel._sa_registry.dispose()


def _store(engine: Any, entity: SQLModel) -> None:
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(entity)
        session.commit()


def _shop(start: Start, heading: str) -> Running:
    shop = start("orm_as_response_model", heading)
    account = shop["models"].Account(email="a@example.com", hashed_password="pbkdf2$1$x")
    _store(shop["db"].engine, account)
    return shop


def _heroes(start: Start, heading: str) -> FastAPI:
    shop = start("orm_as_response_model", heading)
    _store(shop["api"].engine, shop["models"].Hero(**HERO))
    app = FastAPI()
    app.include_router(shop["api"].router)
    return app


def _ask(app: FastAPI, url: str) -> Any:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(url)

    answer = asyncio.run(ask())
    assert answer.status_code == 200
    return answer.json()


def _promised(app: FastAPI, schema: str) -> set[str]:
    return set(app.openapi()["components"]["schemas"][schema]["properties"])


def _add_a_column(shop: Running) -> None:
    """Does to the table what a migration does, and to its class what goes with it; no line of `app/api.py` changes."""
    models = Path("app/models.py")
    line = "    hashed_password: str\n"
    text = models.read_text(encoding="utf-8")
    assert line in text
    models.write_text(text.replace(line, f'{line}    iban: str = "DE02"\n'), encoding="utf-8")
    with shop["db"].engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE account ADD COLUMN iban VARCHAR NOT NULL DEFAULT 'DE02'")
    _forget_tables()
    importlib.reload(shop["models"])
    importlib.reload(shop["api"])


def test_the_password_hash_is_in_the_answer(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _ask(shop["api"].app, "/accounts/1") == {
        "id": 1,
        "email": "a@example.com",
        "hashed_password": "pbkdf2$1$x",
    }


def test_a_new_column_is_public_at_once(start: Start) -> None:
    shop = _shop(start, WRONG)
    assert _promised(shop["api"].app, "Account") == {"id", "email", "hashed_password"}

    _add_a_column(shop)

    assert _ask(shop["api"].app, "/accounts/1")["iban"] == "DE02"
    assert _promised(shop["api"].app, "Account") == {"id", "email", "hashed_password", "iban"}


def test_a_schema_stays_as_it_is_when_the_table_grows(start: Start) -> None:
    shop = _shop(start, RIGHT)
    answer = {"id": 1, "email": "a@example.com"}
    assert _ask(shop["api"].app, "/accounts/1") == answer

    _add_a_column(shop)

    assert _ask(shop["api"].app, "/accounts/1") == answer
    assert _promised(shop["api"].app, "AccountPublic") == {"id", "email"}


def test_a_field_of_the_schema_sends_the_whole_table(start: Start) -> None:
    app = _heroes(start, FIELD)

    assert _ask(app, "/heroes") == {"total": 1, "items": [HERO]}
    assert _ask(app, "/sidekicks/Tom") == {"name": "Tom", "hero": HERO}


def test_a_generic_schema_sends_all_of_what_it_is_made_for(start: Start) -> None:
    app = _heroes(start, PAGE)

    assert _ask(app, "/heroes") == {"items": [HERO]}
    assert _ask(app, "/heroes/named/Deadpond") == {"items": [HERO]}


def test_a_return_annotation_is_the_response_model(start: Start) -> None:
    app = FastAPI()
    app.include_router(start("orm_as_response_model", ANNOTATION)["api"].router)

    assert _promised(app, "Hero") == set(HERO)


def test_a_response_model_wins_over_the_annotation(start: Start) -> None:
    app = _heroes(start, BESIDE)
    public = {"id": 1, "name": "Deadpond"}

    assert _ask(app, "/heroes/1") == public
    assert _ask(app, "/heroes") == [public]
    assert _ask(app, "/pages") == {"total": 1, "items": [public]}


def test_a_mapped_class_that_is_no_sqlmodel_is_refused() -> None:
    class Base(DeclarativeBase):
        pass

    class Hero(Base):
        __tablename__ = "hero"

        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(FastAPIError, match="Invalid args for response field"):
        FastAPI().get("/hero", response_model=Hero)(lambda: Hero(id=1))
