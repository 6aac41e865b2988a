"""SQA402: what a client can do to a table that is the request body, run against FastAPI and SQLModel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from tests.proofs.conftest import Running, Start

WRONG = "The client makes itself an administrator"
RIGHT = "A schema for what the client may send"
BODY = {"id": 999, "name": "x", "is_admin": True}


@pytest.fixture(autouse=True)
def _tables_of_one_case() -> Iterator[None]:
    yield
    SQLModel.metadata.clear()
    SQLModel._sa_registry.dispose()


def _shop(start: Start, heading: str) -> Running:
    shop = start("orm_as_request_body", heading)
    SQLModel.metadata.create_all(shop["db"].engine)
    return shop


def _ask(app: FastAPI, method: str, url: str, body: object) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, url, json=body)

    return asyncio.run(ask())


def _post(shop: Running, body: object) -> tuple[int, Any]:
    answer = _ask(shop["api"].app, "POST", "/accounts", body)
    return answer.status_code, answer.json()


def _stored(shop: Running, key: int) -> Any:
    with Session(shop["db"].engine) as session:
        return session.get(shop["models"].Account, key)


def test_the_client_sets_the_key_and_the_flag(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _post(shop, BODY) == (201, {"id": 999})

    assert _stored(shop, 999).is_admin is True


def test_the_validators_of_a_table_do_not_run(start: Start) -> None:
    shop = _shop(start, WRONG)

    _post(shop, BODY)

    assert _stored(shop, 999).name == "x"
    with pytest.raises(ValidationError, match="at least 3 characters"):
        shop["models"].Account.model_validate(BODY)


def test_only_the_database_misses_a_required_field(start: Start) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: account\.name"):
        _post(shop, {})


def test_the_interface_description_promises_the_checks_all_the_same(start: Start) -> None:
    described = _shop(start, WRONG)["api"].app.openapi()["components"]["schemas"]["Account"]

    assert described["properties"]["name"]["minLength"] == 3
    assert described["required"] == ["name"]


def test_a_schema_refuses_the_short_name(start: Start) -> None:
    shop = _shop(start, RIGHT)

    status, answer = _post(shop, BODY)

    assert status == 422
    assert answer["detail"][0]["loc"] == ["body", "name"]


def test_a_schema_ignores_the_key_and_the_flag(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert _post(shop, BODY | {"name": "xyz"}) == (201, {"id": 1})

    assert _stored(shop, 999) is None
    assert _stored(shop, 1).is_admin is False


@pytest.mark.parametrize(
    ("method", "url", "body", "key"),
    [
        ("POST", "/heroes/many", [{"id": 999, "name": "x"}], 999),
        ("POST", "/heroes", {"hero": {"id": 999, "name": "x"}}, 999),
        ("PUT", "/heroes/7", {"id": 999, "name": "x"}, 7),
    ],
    ids=["list", "embedded", "optional"],
)
def test_no_way_to_write_the_parameter_checks_a_table(
    start: Start, method: str, url: str, body: object, key: int
) -> None:
    shop = start("orm_as_request_body", "In a list, with Body, or optional")
    engine = shop["api"].engine
    SQLModel.metadata.create_all(engine)
    app = FastAPI()
    app.include_router(shop["api"].router)

    assert _ask(app, method, url, body).status_code == 204

    with Session(engine) as session:
        assert session.get_one(shop["models"].Hero, key).name == "x"
