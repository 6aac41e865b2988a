"""A mapped class that finds itself a session fails when there is none and writes beside the caller's transaction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

RULE = "session_in_model"
WRONG = "Gone with the session, stored in spite of the rollback"
RIGHT = "The caller hands the session over"


def _stored(engine: Any, models: Any) -> Any:
    models.Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        order = models.Order(customer="Ann")
        session.add(order)
        session.commit()
        return order


def _count(engine: Any, models: Any) -> int | None:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(models.Order))


def test_the_property_fails_once_its_session_is_closed(start: Start) -> None:
    shop = start(RULE, WRONG)
    order = _stored(shop["db"].engine, shop["models"])
    with Session(shop["db"].engine) as session:
        session.add(order)
        assert order.siblings == 1
        session.expunge(order)

    with pytest.raises(AttributeError, match="NoneType"):
        _ = order.siblings


def test_the_copy_stays_when_the_caller_rolls_back(start: Start) -> None:
    shop = start(RULE, WRONG)
    engine = shop["db"].engine
    order = _stored(engine, shop["models"])

    with Session(engine) as session:
        session.get_one(shop["models"].Order, order.id).copy()
        session.rollback()

    assert _count(engine, shop["models"]) == 2


def test_the_copy_goes_with_the_callers_transaction(start: Start) -> None:
    shop = start(RULE, RIGHT)
    engine = create_engine("sqlite:///shop.db")
    order = _stored(engine, shop["models"])

    with Session(engine) as session:
        shop["orders"].copy(session, session.get_one(shop["models"].Order, order.id))
        assert shop["orders"].siblings(session, order) == 2
        session.rollback()

    assert _count(engine, shop["models"]) == 1
