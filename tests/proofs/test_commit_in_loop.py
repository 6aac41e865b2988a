"""SQA203: what a commit for each row leaves behind, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "Half of an order list is stored"
RIGHT = "One commit for all rows"
SWALLOWED = "The error of a row is swallowed and nothing is rolled back"


def _shop(start: Start, heading: str) -> Running:
    shop = start("commit_in_loop", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _stored(shop: Running) -> list[str]:
    with shop["db"].SessionLocal() as session:
        return list(session.scalars(select(shop["models"].Product.sku)))


@pytest.mark.parametrize(("heading", "stored"), [(WRONG, ["lamp", "chair"]), (RIGHT, [])])
def test_the_rows_before_the_one_that_fails_are_stored(start: Start, heading: str, stored: list[str]) -> None:
    shop = _shop(start, heading)

    with pytest.raises(IntegrityError):
        shop["services"].add_products(["lamp", "chair", "lamp"])

    assert _stored(shop) == stored


@pytest.mark.parametrize(("heading", "commits"), [(WRONG, 20), (RIGHT, 1)])
def test_each_row_costs_a_commit(start: Start, heading: str, commits: int) -> None:
    shop = _shop(start, heading)
    seen: list[object] = []
    event.listen(shop["db"].engine, "commit", seen.append)

    shop["services"].add_products([str(number) for number in range(20)])

    assert len(seen) == commits
    assert len(_stored(shop)) == 20


def test_without_a_rollback_the_rows_after_a_failed_flush_are_lost_too(start: Start) -> None:
    shop, swallowed = _shop(start, WRONG), start("commit_in_loop", SWALLOWED)
    product = shop["models"].Product

    with Session(shop["db"].engine) as session, pytest.raises(IntegrityError):
        swallowed["services"].create_all(session, [product(sku=sku) for sku in ("lamp", "lamp", "chair")])

    with Session(shop["db"].engine) as session:
        assert session.scalar(select(func.count()).select_from(product)) == 1
