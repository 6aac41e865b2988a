"""SQA405: what a schema reads and no query has loaded is a statement for each row, or a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError
from flask import Flask
from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "lazy_load_in_serialization"
WRONG = "A list, and a statement for each row of it"
RIGHT = "The query loads what the schema shows"
SHARED = "What several rows lead to is loaded once"
ASYNC = "With an AsyncSession it fails"
VALIDATOR = "By a validator that sees the entity before the fields do"
DUMPED = "A schema of marshmallow"
PAGED = "The page of a query of Flask-SQLAlchemy"
OF_ONE = "All rows of a page have one author"
BACKREF = "A relationship that only the other side declares, and one that is a query"
FIELDS = "A page of rows, and a function that makes the schema"
READER = "A function makes the answer"
FINE = "The mapping, a refresh or the code loads it"


def _shop(start: Start, heading: str, authors: int) -> Running:
    shop = start(RULE, heading)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(models.Author(name="Ann", books=[models.Book(title="One")]) for _ in range(authors))
        session.commit()
    engine.dispose()
    return shop


async def _send(app: FastAPI, method: str, url: str) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop") as client:
        answer = await client.request(method, url)
    assert answer.status_code == 200
    return answer.json()


def _ask(shop: Running, method: str, url: str) -> Any:
    return asyncio.run(_send(shop["api"].app, method, url))


def _ask_all(shop: Running, requests: Sequence[tuple[str, str]]) -> list[Any]:
    async def run() -> list[Any]:
        answers: list[Any] = []
        for method, url in requests:
            try:
                answers.append(await _send(shop["api"].app, method, url))
            except ResponseValidationError as error:
                answers.append(str(error))
        await shop["db"].engine.dispose()
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize(("heading", "statements"), [(WRONG, 31), (RIGHT, 2)])
@pytest.mark.parametrize("url", ["/authors", "/authors/by-name?name=Ann"])
def test_each_row_costs_a_statement_unless_the_query_loads(
    start: Start, heading: str, statements: int, url: str
) -> None:
    shop = _shop(start, heading, 30)
    sent: list[str] = []
    event.listen(shop["db"].engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    assert len(_ask(shop, "GET", url)) == 30
    assert len(sent) == statements


@pytest.mark.parametrize(
    ("heading", "url", "statements"),
    [
        *((FIELDS, url, 21) for url in ("page", "dict", "generic", "open", "wrapped")),
        *(
            (FIELDS, url, statements)
            for url, statements in (("function", 31), ("loaded", 2), ("names", 1), ("open-names", 1))
        ),
        *((READER, url, 31) for url in ("authors", "looped")),
        *((READER, url, 2) for url in ("one?id=1", "loaded")),
    ],
)
def test_what_is_made_of_rows_reads_of_each(start: Start, heading: str, url: str, statements: int) -> None:
    shop = _shop(start, heading, 30)
    sent: list[str] = []
    event.listen(shop["api"].SessionLocal.kw["bind"], "before_cursor_execute", lambda *args: sent.append(args[2]))

    _ask(shop, "GET", f"/{url}")

    assert len(sent) == statements


@pytest.mark.parametrize(
    ("url", "statements"),
    [
        ("books", 11),
        ("authors/1/books", 12),
        ("authors/1/reviewed", 3),
        ("authors/1/titles", 2),
        ("authors/1/sorted", 3),
    ],
)
def test_what_a_backref_makes_is_loaded_for_each_row(start: Start, url: str, statements: int) -> None:
    shop = start(RULE, BACKREF)
    models, sent = shop["models"], list[str]()
    models.Base.metadata.create_all(shop["db"].engine)
    with Session(shop["db"].engine) as session:
        author = models.Author(name="Ann")
        session.add_all(models.Book(title="One", author=author, reviews=[models.Review(text="!")]) for _ in range(10))
        session.commit()
    event.listen(shop["db"].engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    assert len(_ask(shop, "GET", f"/{url}")) == 10
    assert len(sent) == statements


@pytest.mark.parametrize(
    ("url", "rows", "statements"), [("books", 30, 11), ("published", 30, 6), ("signed/1", 10, 11), ("loaded", 30, 1)]
)
def test_what_rows_lead_to_costs_a_statement_once_and_none_where_there_is_none(
    start: Start, url: str, rows: int, statements: int
) -> None:
    shop = start(RULE, SHARED)
    models, engine, sent = shop["models"], shop["api"].engine, list[str]()
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        authors = [models.Author(name="Ann") for _ in range(10)]
        publishers = [models.Publisher(name="P") for _ in range(5)]
        for number in range(30):
            published = publishers[number % 5] if number < 15 else None
            session.add(models.Book(author=authors[number % 10], publisher=published))
        session.flush()
        session.add_all(models.Signature(book_id=1, author=author) for author in authors)
        session.commit()
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    assert len(_ask(shop, "GET", f"/{url}")) == rows
    assert len(sent) == statements


@pytest.mark.parametrize(
    ("heading", "url", "books", "authors"),
    [
        (PAGED, "/followed/1", 15, 15),
        (PAGED, "/books", 15, 15),
        (PAGED, "/all", 15, 15),
        (DUMPED, "/dumped", 15, 15),
        (DUMPED, "/made", 15, 15),
        (DUMPED, "/loaded", 15, 0),
        (DUMPED, "/titles", 15, 0),
        (OF_ONE, "/of/1/One", 1, 1),
        (OF_ONE, "/by/1/One", 1, 1),
        (OF_ONE, "/both/11", 1, 1),
        (OF_ONE, "/books", 15, 0),
    ],
)
def test_a_page_costs_a_statement_for_each_author_that_its_query_lets_in(
    start: Start, heading: str, url: str, books: int, authors: int
) -> None:
    shop = start(RULE, heading)
    models, app = shop["models"], Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    app.register_blueprint(shop["views"].books)
    models.db.init_app(app)
    sent: list[str] = []
    with app.app_context():
        models.db.create_all()
        for number in range(1, 16):
            models.db.session.add(models.Author(id=number, name="Ann"))
            models.db.session.add(models.Book(title="One", author_id=number))
            models.db.session.add(models.Follow(reader=1, author_id=number))
        models.db.session.commit()
        event.listen(models.db.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    answer = app.test_client().get(url).get_json()
    with app.app_context():
        models.db.engine.dispose()

    assert len(answer if isinstance(answer, list) else answer["books"]) == books
    assert sum("FROM author" in one for one in sent) == authors


def test_an_answer_fails_when_the_schema_reads_what_is_not_loaded(start: Start) -> None:
    shop = _shop(start, ASYNC, 1)

    answers = _ask_all(shop, [("GET", "/authors/1"), ("POST", "/authors?name=Bob"), ("GET", "/authors/1/hidden")])

    assert all("MissingGreenlet" in answer for answer in answers)


def test_what_is_loaded_in_any_way_is_there(start: Start) -> None:
    shop = _shop(start, FINE, 1)

    urls = [
        "/authors",
        "/winners",
        "/winners/1",
        "/winners/1/refreshed",
        "/plain/1",
        "/careful/1",
        "/prizes",
        "/authors/1/books",
    ]
    answers = _ask_all(shop, [("GET", url) for url in urls] + [("POST", "/winners?name=Bob")])

    assert not [answer for answer in answers if isinstance(answer, str)]


def test_what_a_validator_reads_that_sees_the_entity_first_must_be_loaded(start: Start) -> None:
    shop = start(RULE, VALIDATOR)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        book = models.Book(title="One", publisher=models.Publisher(name="P"))
        session.add(models.Author(name="Ann", books=[book]))
        session.commit()
    engine.dispose()

    async def status(url: str) -> str:
        try:
            return str(await _send(shop["api"].app, "GET", url))
        except SQLAlchemyError as error:
            return str(error)

    async def run() -> list[str]:
        urls = ["/authors/1", "/books", "/authors/1/all", "/authors/1/name", "/books/loaded", "/books/careful"]
        answers = [await status(url) for url in (*urls, "/books/trying")]
        await shop["db"].engine.dispose()
        return answers

    lost, also_lost, *fine = asyncio.run(run())
    assert "greenlet_spawn" in lost
    assert "greenlet_spawn" in also_lost
    assert not [answer for answer in fine if "greenlet_spawn" in answer]
