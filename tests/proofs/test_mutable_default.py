"""SQA802: who shares the container that a column has for a default, run against SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "One basket for all"
RIGHT = "Each basket has its own"
NAMED = "A constant, a call, a function of another module"
INSIDE = "Inside what a Mutable copies"
SQLMODEL = "SQLModel"


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


def _baskets(start: Start, heading: str, engine: Engine) -> Running:
    shop = start("mutable_default", heading)
    shop["models"].Base.metadata.create_all(engine)
    return shop


def _stored(shop: Running, engine: Engine) -> list[Any]:
    """The options of two baskets, of which the first has a coupon."""
    for coupon in ("SECRET", ""):
        with Session(engine) as session, session.begin():
            shop["baskets"].open_basket(session, coupon)
    with Session(engine) as session:
        basket = shop["models"].Basket
        return list(session.scalars(select(basket.options).order_by(basket.id)))


def test_a_coupon_is_stored_with_the_next_basket(start: Start, engine: Engine) -> None:
    shop = _baskets(start, WRONG, engine)

    assert _stored(shop, engine) == [{}, {"coupon": "SECRET"}]


def test_each_basket_is_stored_with_its_own(start: Start, engine: Engine) -> None:
    shop = _baskets(start, RIGHT, engine)

    assert _stored(shop, engine) == [{"coupon": "SECRET"}, {}]


@pytest.mark.parametrize("name", ["settings", "tabs", "tags"])
def test_a_constant_and_what_a_call_made_are_shared_too(start: Start, engine: Engine, name: str) -> None:
    models = _baskets(start, NAMED, engine)["models"]
    with Session(engine) as session:
        first, second = models.Profile(), models.Profile()
        session.add_all([first, second])
        session.flush()

        assert getattr(first, name) is getattr(second, name)


def test_a_mutable_copies_what_is_outside_and_keeps_what_is_inside(start: Start, engine: Engine) -> None:
    example = start("mutable_default", INSIDE)["example"]
    example.Base.metadata.create_all(engine)
    with Session(engine) as session:
        first, second = example.Board(), example.Board()
        session.add_all([first, second])
        session.flush()

        assert first.view is not second.view
        assert first.view["columns"] is second.view["columns"]


def test_instances_of_sqlmodel_have_copies(start: Start) -> None:
    basket = start("mutable_default", SQLMODEL)["example"].Basket

    assert basket().items is not basket().items
