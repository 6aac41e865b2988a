"""A domain that imports the ORM works only with a session; one that is mapped from outside works without."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

RULE = "domain_imports_orm"
WRONG = "The price needs a session"
RIGHT = "Mapped from outside"
TOTAL = """
import sys
from app.domain.orders import Line, Order, total
assert total(Order([Line(2), Line(3)])) == 5
assert not [name for name in sys.modules if name.startswith("sqlalchemy")]
"""


def test_the_total_is_lost_without_a_session(start: Start) -> None:
    shop = start(RULE, WRONG)
    total = shop["domain.orders"].total

    with pytest.raises(AttributeError, match="NoneType"):
        total(shop["models"].Order(price=5))


def test_the_total_needs_no_orm(start: Start) -> None:
    start(RULE, RIGHT)

    subprocess.run([sys.executable, "-c", TOTAL], check=True, env={"PYTHONPATH": "."})


def test_the_same_class_is_stored_once_it_is_mapped(start: Start) -> None:
    shop = start(RULE, RIGHT)
    orders = shop["domain.orders"]
    engine = create_engine("sqlite://")
    shop["mapping"].mapper.metadata.create_all(engine)
    shop["mapping"].map_domain()

    try:
        with Session(engine) as session:
            session.add(orders.Order([orders.Line(2), orders.Line(3)]))
            session.commit()
            assert orders.total(session.get_one(orders.Order, 1)) == 5
    finally:
        shop["mapping"].mapper.dispose()
