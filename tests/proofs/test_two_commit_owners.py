"""SQA226: what is stored of a request that fails between two commits, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.proofs.conftest import Start

WRONG = "An order without its invoice"
RIGHT = "One owner"


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, ["lamp", "chair"]), (RIGHT, ["chair"])])
def test_an_order_that_was_refused_is_stored(start: Start, heading: str, stored: list[str]) -> None:
    shop = start("two_commit_owners", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    client = TestClient(shop["api"].app)

    assert client.post("/orders", params={"sku": "lamp", "credit": 0}).status_code == 402
    assert client.post("/orders", params={"sku": "chair", "credit": 9}).status_code == 200

    with shop["db"].SessionLocal() as session:
        assert list(session.scalars(select(shop["models"].Order.sku).order_by(shop["models"].Order.id))) == stored
