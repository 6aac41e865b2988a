"""A body that goes into an entity as it is: the client makes itself an administrator."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from flask import Flask
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

RULE = "mass_assignment"
WRONG = "The body becomes the entity"
RIGHT = "A schema says what may be set"
THROUGH = "Through services and repositories"
FLASK = "In Flask, and a schema that allows more"
GREEDY = {"email": "a@example.com", "is_admin": True}


async def _send(app: FastAPI, method: str, url: str, body: dict[str, Any]) -> int:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.request(method, url, json=body)
    return answer.status_code


@pytest.mark.parametrize(("heading", "admin"), [(WRONG, True), (RIGHT, False)])
@pytest.mark.parametrize(("method", "url"), [("POST", "/users"), ("PATCH", "/users/1")])
def test_the_client_is_an_administrator_unless_a_schema_stands_between(
    start: Start, heading: str, admin: bool, method: str, url: str
) -> None:
    shop = start(RULE, heading)
    engine, user = shop["db"].engine, shop["models"].User
    shop["models"].Base.metadata.create_all(engine)
    if method == "PATCH":
        with Session(engine) as session:
            session.add(user(email="b@example.com"))
            session.commit()

    assert asyncio.run(_send(shop["api"].app, method, url, GREEDY)) == 200

    with Session(engine) as session:
        assert session.get_one(user, 1).is_admin is admin


@pytest.mark.parametrize(("method", "url"), [("POST", "/users"), ("PATCH", "/users/1"), ("PUT", "/users/1")])
def test_a_repository_between_them_changes_nothing(start: Start, method: str, url: str) -> None:
    shop = start(RULE, THROUGH)
    app = FastAPI()
    app.include_router(shop["api"].router)

    async def run() -> bool:
        user = shop["models"].User
        async with shop["api"].engine.begin() as connection:
            await connection.run_sync(shop["models"].Base.metadata.create_all)
        if method != "POST":
            async with shop["api"].factory() as session:
                session.add(user(email="b@example.com"))
                await session.commit()
        assert await _send(app, method, url, GREEDY) == 200
        async with shop["api"].factory() as session:
            found = (await session.get_one(user, 1)).is_admin
        await shop["api"].engine.dispose()
        return bool(found)

    assert asyncio.run(run())


@pytest.mark.parametrize("url", ["/users", "/users/loose"])
def test_a_flask_view_lets_it_in_and_so_does_a_schema_that_allows_more(start: Start, url: str) -> None:
    shop = start(RULE, FLASK)
    db, user = shop["models"].db, shop["models"].User
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    app.register_blueprint(shop["views"].users)

    with app.app_context():
        db.create_all()
        assert app.test_client().post(url, json=GREEDY).status_code in (200, 204)
        assert db.session.get(user, 1).is_admin is True
