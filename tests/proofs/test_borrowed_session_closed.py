"""SQA116: what a function that closes its caller's session takes from it, run against SQLAlchemy and FastAPI."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.proofs.conftest import Start

WRONG = "The order of a customer who is looked up"
RIGHT = "The session is left as it was"
ASYNC = "An AsyncSession of a dependency"


@pytest.mark.parametrize(("heading", "orders"), [(WRONG, []), (RIGHT, ["lamp"])])
def test_the_callers_order_is_not_stored_and_nothing_is_raised(start: Start, heading: str, orders: list[str]) -> None:
    shop = start("borrowed_session_closed", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)

    shop["services"].place_order("a@example.com", "lamp")

    with shop["db"].SessionLocal() as session:
        assert list(session.scalars(select(shop["models"].Order.sku))) == orders
        assert list(session.scalars(select(shop["models"].Customer.email))) == ["a@example.com"]


def test_the_callers_entities_are_detached(start: Start) -> None:
    shop = start("borrowed_session_closed", WRONG)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal() as session:
        order = shop["models"].Order(sku="lamp")
        session.add(order)
        session.commit()

        shop["repositories"].CustomerRepository(session).find("a@example.com")

        assert inspect(order).detached
        with pytest.raises(DetachedInstanceError):
            _ = order.sku


def test_the_visit_of_a_request_is_counted_and_not_stored(start: Start) -> None:
    shop = start("borrowed_session_closed", ASYNC)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)

    with TestClient(shop["api"].app) as client:
        assert client.post("/visits", params={"page": "/"}).json() == {"visit": 1}

    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].Visit)) == 0
    engine.dispose()
