"""SQA204: what is left between two commits of one use case, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "An order without lines"
RIGHT = "A flush gives the key"


def _shop(start: Start, heading: str) -> Running:
    shop = start("several_commits_in_one_use_case", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _count(shop: Running, name: str) -> int:
    with Session(shop["db"].engine) as session:
        return session.scalar(select(func.count()).select_from(getattr(shop["models"], name))) or 0


@pytest.mark.parametrize(("heading", "orders"), [(WRONG, 1), (RIGHT, 0)])
def test_what_came_before_the_failure_stays(start: Start, heading: str, orders: int) -> None:
    shop = _shop(start, heading)

    with pytest.raises(ValueError, match="nothing ordered"):
        shop["services"].place_order("a@example.com", "")

    assert (_count(shop, "Order"), _count(shop, "Line")) == (orders, 0)


@pytest.mark.parametrize(("heading", "seen"), [(WRONG, [1]), (RIGHT, [0])])
def test_others_see_the_half_that_is_done(start: Start, heading: str, seen: list[int]) -> None:
    shop = _shop(start, heading)
    found: list[int] = []

    @event.listens_for(shop["models"].Line, "init")
    def look(*_: object) -> None:
        found.append(_count(shop, "Order"))

    assert shop["services"].place_order("a@example.com", "lamp") == 1

    assert found == seen
