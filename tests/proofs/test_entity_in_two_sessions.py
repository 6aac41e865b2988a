"""SQA122: what a session does with an entity of another one, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy.exc import InvalidRequestError

from tests.proofs.conftest import Running, Start

WRONG = "The user of the authentication, and the handler's session"
RIGHT = "Everybody uses one session"


def _shop(start: Start, heading: str) -> Running:
    shop = start("entity_in_two_sessions", heading)
    models = shop["models"]
    models.Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add(models.User(id=1, name="Ann"))
    return shop


def _post(shop: Running, url: str) -> None:
    async def main() -> None:
        transport = httpx.ASGITransport(app=shop["api"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            answer = await client.post(url)
        assert answer.status_code == 200

    asyncio.run(main())


def _name(shop: Running) -> str:
    with shop["db"].SessionLocal() as session:
        name: str = session.get(shop["models"].User, 1).name
    return name


@pytest.mark.parametrize("url", ["/rename?name=Bea", "/orders"])
def test_a_session_refuses_the_entity_of_another(start: Start, url: str) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises(InvalidRequestError, match="already attached to session"):
        _post(shop, url)


@pytest.mark.parametrize("name", ["move", "assign"])
def test_a_session_takes_what_its_entity_refers_to(start: Start, name: str) -> None:
    moves = start("entity_in_two_sessions", "One refers to the other")["moves"]
    with moves.SessionLocal() as session:
        moves.Base.metadata.create_all(session.connection())
        session.add_all([moves.User(id=1, orders=[moves.Order(id=one) for one in range(1, 6)]), moves.User(id=2)])
        session.commit()

    with pytest.raises(InvalidRequestError, match="already attached to session"):
        getattr(moves, name)(1, 2)
    moves.assign_key(2, 2)
    moves.move_closed(3, 2)
    moves.move_merged(4, 2)
    moves.see(5, 2)


def test_a_change_in_the_other_session_is_not_stored(start: Start) -> None:
    shop = _shop(start, WRONG)

    with shop["db"].SessionLocal() as reading, shop["db"].SessionLocal() as writing:
        shop["auth"].current_user(reading).name = "Bea"
        writing.commit()

    assert _name(shop) == "Ann"


def test_one_session_stores_both(start: Start) -> None:
    shop = _shop(start, RIGHT)

    _post(shop, "/rename?name=Bea")
    _post(shop, "/orders")

    assert _name(shop) == "Bea"
