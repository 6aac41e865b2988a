"""SQA401: what FastAPI sends when a handler returns an entity, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pydantic_core import PydanticSerializationError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "The password hash in the response"
RIGHT = "A response model says what leaves"


def _shop(start: Start, heading: str) -> Running:
    shop = start("orm_returned_from_handler", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    with Session(shop["db"].engine) as session:
        session.add(shop["models"].User(email="a@example.com", hashed_password="pbkdf2$1$x"))
        session.commit()
    return shop


def _one_user(start: Start, heading: str) -> Running:
    shop = start("orm_returned_from_handler", heading)
    engine = shop["api"].SessionLocal.kw["bind"]
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].User(email="a@example.com"))
        session.commit()
    return shop


def _ask(shop: Running, method: str, url: str) -> tuple[int, Any]:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=shop["api"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, url)

    answer = asyncio.run(ask())
    return answer.status_code, answer.json()


def test_the_password_hash_is_in_the_response(start: Start) -> None:
    shop = _shop(start, WRONG)

    status, body = _ask(shop, "GET", "/users/1")

    assert status == 200
    assert body == {"id": 1, "email": "a@example.com", "hashed_password": "pbkdf2$1$x"}


def test_after_a_commit_the_response_is_empty(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert _ask(shop, "POST", "/users?email=b@example.com") == (200, {})


def test_an_entity_deep_in_what_is_put_together_is_sent_whole(start: Start) -> None:
    shop = _one_user(start, "Inside a list or a dict")
    user = {"id": 1, "email": "a@example.com"}

    assert _ask(shop, "GET", "/feed") == (200, {"status": "ok", "data": {"feed": [{"author": user, "unread": 0}]}})


def test_a_response_model_sends_its_own_fields_only(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert _ask(shop, "GET", "/users/1") == (200, {"id": 1, "email": "a@example.com"})
    assert _ask(shop, "POST", "/users?email=b@example.com") == (200, {"id": 2, "email": "b@example.com"})


def test_the_interface_description_promises_nothing_without_a_model(start: Start) -> None:
    def promised(heading: str) -> Any:
        routes = _shop(start, heading)["api"].app.openapi()["paths"]
        return routes["/users/{user_id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert promised(WRONG) == {}
    assert promised(RIGHT) == {"$ref": "#/components/schemas/UserOut"}


def test_a_scalar_result_sends_the_insides_of_sqlalchemy(start: Start) -> None:
    shop = _one_user(start, "A Result or a list of rows")

    status, body = _ask(shop, "GET", "/result")

    assert status == 200
    assert "_row_getter" in body


def test_rows_cannot_be_sent_at_all(start: Start) -> None:
    shop = _one_user(start, "A Result or a list of rows")

    with pytest.raises(ValueError, match="dictionary update sequence"):
        _ask(shop, "GET", "/rows")


@pytest.mark.parametrize("url", ["/anything", "/me"])
def test_an_annotation_that_names_no_field_cannot_be_served(start: Start, url: str) -> None:
    shop = _one_user(start, "An annotation that names no field")

    with pytest.raises(PydanticSerializationError, match="Unable to serialize unknown type"):
        _ask(shop, "GET", url)


def test_a_response_as_annotation_makes_no_response_model(start: Start) -> None:
    shop = _one_user(start, "An annotation that is a response")

    assert _ask(shop, "GET", "/me") == (200, {"id": 1, "email": "a@example.com"})
