"""A query that leaves its repository: it runs on a session that was closed, and a connection stays away."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "query_returned_from_repository"
WRONG = "It runs after the session was closed"
RIGHT = "The repository asks and answers"
MORE = "Results, statements and generators"


def _shop(start: Start, heading: str, module: str) -> Running:
    shop = start(RULE, heading)
    engine = shop[module].engine
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([shop["models"].Order(id=1), shop["models"].Order(id=2)])
        session.commit()
    return shop


def _away(engine: Any) -> int:
    return int(engine.pool.checkedout())


@pytest.mark.parametrize(("heading", "away"), [(WRONG, 1), (RIGHT, 0)])
def test_a_closed_session_opens_itself_anew_and_keeps_a_connection(start: Start, heading: str, away: int) -> None:
    shop = _shop(start, heading, "reports")

    assert shop["reports"].unpaid() == [1, 2]

    assert _away(shop["reports"].engine) == away


def test_a_generator_that_is_left_early_keeps_its_connection(start: Start) -> None:
    shop = _shop(start, MORE, "repositories")
    engine = shop["repositories"].engine

    orders = shop["repositories"].each_order()
    next(orders)

    assert _away(engine) == 1
    orders.close()
    assert _away(engine) == 0
