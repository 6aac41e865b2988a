"""SQA202: what a rollback in a repository takes from its caller, run against SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.exc import IntegrityError, MissingGreenlet, StatementError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "The order is gone and nobody is told"
RIGHT = "A savepoint takes back only what failed"
ASYNC = "An AsyncSession loses what was loaded"
HELPER = "Through a helper of a base class in another module"
AGAIN = "The error is raised again"


def _shop(start: Start, heading: str) -> Running:
    shop = start("rollback_in_repository", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _orders(shop: Running) -> list[str]:
    with shop["db"].SessionLocal() as session:
        return list(session.scalars(select(shop["models"].Order.sku)))


def test_the_second_order_of_a_customer_is_lost_without_an_error(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert shop["services"].place_order("a@example.com", "lamp") == "welcome"
    assert shop["services"].place_order("a@example.com", "chair") == "welcome back"

    assert _orders(shop) == ["lamp"]


def test_a_savepoint_keeps_both_orders(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert shop["services"].place_order("a@example.com", "lamp") == "welcome"
    assert shop["services"].place_order("a@example.com", "chair") == "welcome back"

    assert _orders(shop) == ["lamp", "chair"]


@pytest.mark.parametrize(("heading", "expired"), [(WRONG, True), (RIGHT, False)])
def test_the_rollback_expires_entities_although_expire_on_commit_is_off(
    start: Start, heading: str, expired: bool
) -> None:
    shop = _shop(start, heading)
    shop["services"].place_order("a@example.com", "lamp")

    with shop["db"].SessionLocal() as session:
        order = session.scalars(select(shop["models"].Order)).one()
        session.commit()
        assert not inspect(order).expired

        assert not shop["repositories"].CustomerRepository(session).add_if_new("a@example.com")

        assert inspect(order).expired == expired


@pytest.mark.parametrize(("heading", "kept"), [(WRONG, "lamp"), (RIGHT, "sofa")])
def test_the_rollback_undoes_changes_of_loaded_entities(start: Start, heading: str, kept: str) -> None:
    shop = _shop(start, heading)
    shop["services"].place_order("a@example.com", "lamp")

    with shop["db"].SessionLocal() as session:
        order = session.scalars(select(shop["models"].Order)).one()
        order.sku = "sofa"
        shop["repositories"].CustomerRepository(session).add_if_new("a@example.com")
        session.commit()

    assert _orders(shop) == [kept]


def test_in_async_code_the_next_attribute_fails(start: Start) -> None:
    blog = start("rollback_in_repository", ASYNC)
    engine = create_engine("sqlite:///blog.db")
    blog["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(blog["models"].Author(name="Ann"))
        session.commit()
    engine.dispose()

    async def publish_twice() -> str:
        try:
            first: str = await blog["publishing"].publish(1, "python")
            with pytest.raises((MissingGreenlet, StatementError), match="greenlet_spawn has not been called"):
                await blog["publishing"].publish(1, "python")
            return first
        finally:
            await blog["db"].engine.dispose()

    assert asyncio.run(publish_twice()) == "python by Ann"


def test_a_helper_of_the_base_class_undoes_what_another_repository_did(start: Start) -> None:
    shop = start("rollback_in_repository", HELPER)
    order, engine = shop["models"].Order, create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)

    with Session(engine) as session:
        orders = shop["repositories.orders"].OrderRepository(session)
        assert orders.add(order(number="1"))
        assert not orders.add(order(number="1"))
        session.commit()

        assert session.scalar(select(func.count()).select_from(order)) == 0


def test_raising_again_does_not_bring_the_work_back(start: Start) -> None:
    shop = _shop(start, WRONG)
    again = start("rollback_in_repository", AGAIN)
    customer = shop["models"].Customer

    with shop["db"].SessionLocal() as session:
        session.add(customer(id=1, email="a@example.com"))
        with pytest.raises(IntegrityError):
            again["dao.coupons"].CouponDAO(session).redeem(customer(id=2, email="a@example.com"))
        session.commit()

        assert session.scalar(select(func.count()).select_from(customer)) == 0
