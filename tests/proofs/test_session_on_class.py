"""SQA102: what one Session for all instances of a class does to them, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from tests.proofs.conftest import Running, Start

WRONG = "One customer confirms the order of another"
RIGHT = "The session is given to each instance"
INHERITED = "Inherited from a base class in another module"
DATACLASS = "The default of a dataclass field"
EACH = "Made for each instance"


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_on_class", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    return shop


def _ordered(shop: Running) -> set[tuple[str, str]]:
    item = shop["models"].Item
    with shop["db"].SessionLocal() as session:
        return {(customer, sku) for customer, sku in session.execute(select(item.customer, item.sku))}


def test_one_confirms_what_the_other_has_not_decided(start: Start) -> None:
    shop = _shop(start, WRONG)
    ann, bob = shop["checkout"].Checkout("Ann"), shop["checkout"].Checkout("Bob")
    ann.add("lamp")
    bob.add("chair")

    bob.confirm()
    ann.cancel()

    assert _ordered(shop) == {("Ann", "lamp"), ("Bob", "chair")}


def test_one_cancels_and_the_other_confirms_an_empty_order_without_an_error(start: Start) -> None:
    shop = _shop(start, WRONG)
    ann, bob = shop["checkout"].Checkout("Ann"), shop["checkout"].Checkout("Bob")
    ann.add("lamp")
    bob.add("chair")

    bob.cancel()
    ann.confirm()

    assert _ordered(shop) == set()


@pytest.mark.filterwarnings("ignore:Session's state has been changed")
def test_one_failed_flush_fails_instances_that_are_made_later(start: Start) -> None:
    shop = _shop(start, WRONG)
    for _ in range(2):
        shop["checkout"].Checkout("Ann").add("lamp")
    with pytest.raises(IntegrityError):
        shop["checkout"].Checkout("Ann").confirm()

    for customer in ("Bob", "Cid"):
        checkout = shop["checkout"].Checkout(customer)
        checkout.add("chair")
        with pytest.raises(PendingRollbackError):
            checkout.confirm()

    assert _ordered(shop) == set()


def test_a_session_for_each_instance_keeps_them_apart(start: Start) -> None:
    shop = _shop(start, RIGHT)

    with shop["db"].SessionLocal() as of_ann, shop["db"].SessionLocal() as of_bob:
        shop["checkout"].Checkout(of_ann, "Ann").add("lamp")
        shop["checkout"].Checkout(of_bob, "Bob").add("chair")
        of_bob.commit()
        of_ann.rollback()
    assert _ordered(shop) == {("Bob", "chair")}

    with pytest.raises(IntegrityError):
        shop["orders"].order("Ann", ["lamp", "chair"])
    shop["orders"].order("Ann", ["lamp", "rug"])
    assert _ordered(shop) == {("Bob", "chair"), ("Ann", "lamp"), ("Ann", "rug")}


def test_subclasses_in_other_modules_inherit_the_same_session(start: Start) -> None:
    shop = start("session_on_class", INHERITED)

    assert shop["users"].UserService().session is shop["orders"].OrderService().session is shop["base"].Service.session


@pytest.mark.parametrize("name", ["Invoices", "Reminders"])
def test_a_default_of_a_dataclass_field_is_one_session_for_all(start: Start, name: str) -> None:
    kept = getattr(start("session_on_class", DATACLASS)["example"], name)

    assert kept("Ann").session is kept("Bob").session


def test_a_default_factory_makes_one_for_each_instance(start: Start) -> None:
    reader = start("session_on_class", EACH)["example"].Reader

    assert reader().session is not reader().session
