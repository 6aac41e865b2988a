"""SQA307: what a commit has made expire cannot be read in asynchronous code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from fastapi.exceptions import ResponseValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "expire_on_commit_in_async"
WRONG = "A factory that says nothing"
RIGHT = "A factory whose entities stay"
PLAIN = "A session without a factory"
FINE = "Nothing is read after a commit, or it is refreshed first"
ERRORS = (MissingGreenlet, StatementError, ResponseValidationError)


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].Author(name="Ann"))
        session.commit()
    engine.dispose()
    return shop


def _authors() -> int:
    engine = create_engine("sqlite:///shop.db")
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM author")).scalar_one()
    engine.dispose()
    return int(count)


async def _post(shop: Running) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=shop["api"].app), base_url="http://shop") as client:
        return (await client.post("/authors?name=Bob")).json()


def _run(engine: Any, work: Awaitable[Any]) -> Any:
    async def main() -> Any:
        try:
            return await work
        finally:
            await engine.dispose()

    return asyncio.run(main())


def test_the_row_is_stored_and_the_answer_fails(start: Start) -> None:
    shop = _shop(start, WRONG)
    engine = shop["db"].engine

    with pytest.raises(ERRORS, match="greenlet_spawn has not been called"):
        _run(engine, shop["service"].create("Bob"))
    with pytest.raises(ERRORS, match="MissingGreenlet"):
        _run(engine, _post(shop))
    assert _authors() == 3


def test_entities_that_stay_can_be_read(start: Start) -> None:
    shop = _shop(start, RIGHT)
    engine = shop["db"].engine

    assert _run(engine, shop["service"].create("Bob")) == 2
    assert _run(engine, _post(shop)) == {"id": 3, "name": "Bob"}


def test_a_session_by_itself_does_the_same(start: Start) -> None:
    service = _shop(start, PLAIN)["service"]

    with pytest.raises(ERRORS, match="greenlet_spawn has not been called"):
        _run(service.engine, service.rename("Ann", "Eve"))


def test_what_is_loaded_or_set_after_the_commit_or_deleted_by_it_can_be_read(start: Start) -> None:
    shop = _shop(start, FINE)
    service = shop["service"]

    async def work(name: str, given: Any) -> Any:
        async with shop["db"].factory() as session:
            return await getattr(service, name)(session, given)

    calls = [("flushed", "Bob", 2), ("refreshed", "Cid", 3), ("fetched_again", "Dan", "Dan"), ("set_anew", 1, "Eve")]
    calls.append(("deleted", 1, "Ann"))
    for name, given, result in calls:
        assert _run(shop["db"].engine, work(name, given)) == result
