"""SQA221: what a middleware stores of requests that were answered with an error, run against FastAPI."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "The order that was refused"
RIGHT = "The status decides"


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, ["chair", "lamp", "sofa"]), (RIGHT, ["sofa"])])
def test_orders_that_were_refused_are_stored(start: Start, heading: str, stored: list[str]) -> None:
    shop = start("commit_on_error_response", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    orders = [("lamp", 0), ("chair", -1), ("sofa", 9)]

    with TestClient(shop["api"].app) as client:
        found = [client.post("/orders", params={"sku": sku, "credit": credit}).status_code for sku, credit in orders]

    assert found == [402, 402, 200]
    with Session(engine) as session:
        assert sorted(session.scalars(select(shop["models"].Order.sku))) == stored
    engine.dispose()
