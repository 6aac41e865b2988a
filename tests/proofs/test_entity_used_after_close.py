"""SQA119: an entity whose session is closed has what was loaded before, and no more."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.proofs.conftest import Running, Start

RULE = "entity_used_after_close"
WRONG = "What the block leaves behind"
RIGHT = "What is needed is loaded or read in time"
ASYNC = "With an AsyncSession"
COMMITTED = "The end of the block commits"
SCHEMA = "A schema reads it"
FINE = "Columns, and sessions that keep"
CALLS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("titles", ("Ann",), ["One"]),
    ("register", ("Bob",), 2),
    ("rename", (1, "Eve"), "author 1"),
]


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(models.Author(name="Ann", books=[models.Book(title="One")]))
        session.commit()
    engine.dispose()
    return shop


@pytest.mark.parametrize(("name", "given", "result"), CALLS)
def test_what_was_not_loaded_cannot_be_read(start: Start, name: str, given: tuple[Any, ...], result: Any) -> None:
    with pytest.raises(DetachedInstanceError):
        getattr(_shop(start, WRONG)["service"], name)(*given)


@pytest.mark.parametrize(("name", "given", "result"), CALLS)
def test_what_was_loaded_can(start: Start, name: str, given: tuple[Any, ...], result: Any) -> None:
    assert getattr(_shop(start, RIGHT)["service"], name)(*given) == result


def test_an_async_session_leaves_as_little(start: Start) -> None:
    shop = _shop(start, ASYNC)
    service = shop["service"]

    async def run() -> Any:
        with pytest.raises(DetachedInstanceError):
            await service.titles("Ann")
        found = await service.loaded_titles("Ann"), await service.register("Bob")
        await shop["db"].engine.dispose()
        return found

    assert asyncio.run(run()) == (["One"], 2)


def test_columns_stay_and_sessions_may_keep(start: Start) -> None:
    service = _shop(start, FINE)["service"]

    assert (service.named("Ann"), service.create("Bob"), service.first()) == (1, 2, "Ann: 1, 1")


@pytest.mark.parametrize("name", ["first", "changed"])
def test_a_function_that_is_passed_it_cannot_read_it_either(start: Start, name: str) -> None:
    service = _shop(start, "A function reads it of what it is passed")["service"]
    with pytest.raises(DetachedInstanceError):
        getattr(service, name)(*(["Eve"] if name == "changed" else []))
    assert (
        service.first_in_time() == service.first_loaded() == {"name": service.first_loaded()["name"], "titles": ["One"]}
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [("rename", (1, "Eve")), ("create", ("Bob",)), ("name_of", (1,)), ("publish", ()), ("titles", (1,))],
)
def test_a_block_that_commits_leaves_nothing(start: Start, name: str, given: tuple[Any, ...]) -> None:
    service = _shop(start, COMMITTED)["service"]

    with pytest.raises(DetachedInstanceError):
        getattr(service, name)(*given)
    assert (service.renamed(1, "Eve"), service.peek(1), service.fetched(1)) == ("author 1", "Eve", "Eve")
    assert service.refreshed("Zoe") > 1


def test_a_schema_cannot_read_what_the_handler_has_closed(start: Start) -> None:
    api = _shop(start, SCHEMA)["api"]

    async def send(method: str, url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api.app), base_url="http://shop") as client:
            return await client.request(method, url)

    for method, url in (("GET", "/authors/1"), ("PUT", "/authors/1?name=Eve")):
        with pytest.raises(ResponseValidationError, match="DetachedInstanceError"):
            asyncio.run(send(method, url))
    with pytest.raises(ValidationError, match="DetachedInstanceError"):
        asyncio.run(send("PATCH", "/authors/1?name=Eve"))
    for method, url in (("GET", "/names/1"), ("GET", "/loaded/1"), ("PUT", "/in-time/1?name=Zoe")):
        assert asyncio.run(send(method, url)).status_code == 200


def test_a_template_cannot_read_what_has_expired(start: Start) -> None:
    views, engine = start(RULE, "A template reads it")["views"], create_engine("sqlite:///shop.db")
    views.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(views.Author(name="Ann"))
        session.commit()
    engine.dispose()
    views.app.testing = True
    client = views.app.test_client()

    with pytest.raises(DetachedInstanceError):
        client.get("/authors")
    assert [client.get(url).text for url in ("/in-time", "/only-read")] == ["Ann", "Ann"]


@pytest.mark.parametrize("name", ["count_found", "approved", "count_opened"])
def test_what_a_decorator_or_a_generator_has_closed_cannot_load(start: Start, name: str) -> None:
    shop = start(RULE, "A decorator or a generator has closed it")
    orders, engine = shop["orders"], create_engine("sqlite:///shop.db")
    orders.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(orders.Order(id=1, status="new"))
        session.commit()
    engine.dispose()

    with pytest.raises(DetachedInstanceError):
        getattr(orders, name)(1)
    assert orders.attached(1) == "approved"
    assert (orders.status_of(1), orders.seen(1), orders.count_lent(1), orders.count(1)) == (orders.seen(1),) * 2 + (
        0,
        0,
    )
