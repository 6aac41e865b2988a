"""All columns of an entity in a response: the hash is in it, and after a commit nothing is."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "entity_dict_in_response"
WRONG = "The hash is in the answer, or nothing is"
RIGHT = "The fields are named"
LOOP = "A loop over all columns"
DATACLASS = "A mapped dataclass, in Flask"
HASH = "pbkdf2$1$x"
ANN = {"id": 1, "email": "a@example.com", "password_hash": HASH}


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    engine = shop["db"].engine
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].User(**ANN))
        session.commit()
    return shop


async def _send(app: FastAPI, method: str, url: str) -> Any:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.request(method, url)
    assert answer.status_code == 200
    return answer.json()


def _ask(app: FastAPI, method: str, url: str) -> Any:
    return asyncio.run(_send(app, method, url))


def test_the_hash_is_in_the_answer(start: Start) -> None:
    assert _ask(_shop(start, WRONG)["api"].app, "GET", "/users/1") == ANN


def test_the_answer_is_empty_after_a_commit(start: Start) -> None:
    assert _ask(_shop(start, WRONG)["api"].app, "POST", "/users/1/confirm?email=b@example.com") == {"user": {}}


def test_named_fields_are_there_and_nothing_else(start: Start) -> None:
    app = _shop(start, RIGHT)["api"].app

    assert _ask(app, "GET", "/users/1") == {"id": 1, "email": "a@example.com"}
    changed = {"user": {"id": 1, "email": "b@example.com"}}
    assert _ask(app, "POST", "/users/1/confirm?email=b@example.com") == changed


def test_json_refuses_the_state_of_an_entity(start: Start) -> None:
    shop = _shop(start, WRONG)

    with Session(shop["db"].engine) as session:
        user = session.get_one(shop["models"].User, 1)
        with pytest.raises(TypeError, match="InstanceState"):
            JSONResponse(vars(user))


def test_the_loops_send_the_hash(start: Start) -> None:
    shop = start(RULE, LOOP)
    app = FastAPI()
    app.include_router(shop["api"].router)

    async def run() -> list[Any]:
        async with shop["db"].engine.begin() as connection:
            await connection.run_sync(shop["models"].Base.metadata.create_all)
        async with shop["db"].factory() as session:
            session.add(shop["models"].User(**ANN))
            await session.commit()
        answers = [await _send(app, "GET", url) for url in ("/users", "/users/first", "/users/1", "/users/1/all")]
        await shop["db"].engine.dispose()
        return answers

    listed, first, one, everything = asyncio.run(run())
    assert (listed, first, one, everything) == ([ANN], ANN, {"user": ANN}, {**ANN, "key": 1})


def test_jsonify_writes_all_fields_of_a_dataclass(start: Start) -> None:
    shop = start(RULE, DATACLASS)
    models, client = shop["models"], shop["views"].app.test_client()
    models.Base.metadata.create_all(shop["views"].engine)
    with Session(shop["views"].engine) as session:
        session.add(models.User(email="a@example.com", password_hash=HASH))
        session.commit()

    assert client.get("/users/1").get_json() == ANN
    assert client.get("/users/1/dict").get_json() == ANN
