"""SQA216: what a rollback takes back after a COMMIT that the session does not know of, run against SQLAlchemy."""

from __future__ import annotations

import warnings

import pytest
from sqlalchemy import select

from tests.proofs.conftest import Running, Start

WRONG = "An order that a rollback leaves in the table"
RIGHT = "The session commits, when all is known"
CONNECTION = "On the connection that the session has"


def _shop(start: Start, heading: str) -> Running:
    shop = start("raw_transaction_statement", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _items(shop: Running) -> list[str]:
    with shop["db"].SessionLocal() as session:
        return list(session.scalars(select(shop["models"].Order.item)))


@pytest.mark.parametrize(("heading", "items"), [(WRONG, ["lamp"]), (RIGHT, [])])
def test_a_rollback_takes_back_what_the_session_has_not_committed(start: Start, heading: str, items: list[str]) -> None:
    shop = _shop(start, heading)

    shop["orders"].place("lamp", in_stock=False)

    assert _items(shop) == items


def test_a_commit_of_the_connection_is_for_good(start: Start) -> None:
    shop, orders = _shop(start, WRONG), start("raw_transaction_statement", CONNECTION)["orders"]

    with shop["db"].SessionLocal() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        orders.Orders(session).store(shop["models"].Order(item="lamp"))
        session.rollback()

    assert _items(shop) == ["lamp"]
