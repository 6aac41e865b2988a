"""SQA801: what rows get by a default that was called on import, run against SQLAlchemy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, MappedAsDataclass, Session, mapped_column

from tests.proofs.conftest import Running, Start

WRONG = "All orders are created at one moment"
RIGHT = "Each order has its moment"
FUNCTION = "A function of another module makes the value"
SQLMODEL = "SQLModel"
DATACLASS = "A mapped dataclass"


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def _orders(start: Start, heading: str, engine: Engine) -> Any:
    shop: Running = start("called_default", heading)
    shop["models"].Base.metadata.create_all(engine)
    return shop["models"].Order


def _stored(session: Session, entity: Any) -> Any:
    session.add(entity)
    session.commit()
    time.sleep(0.01)
    return entity


def test_orders_stored_one_after_the_other_carry_one_moment(start: Start, engine: Engine, session: Session) -> None:
    order = _orders(start, WRONG, engine)

    first, second = (_stored(session, order(sku=sku, token=sku)) for sku in ("a", "b"))

    assert first.created == second.created


def test_the_second_order_raises_because_its_token_is_taken(start: Start, engine: Engine, session: Session) -> None:
    order = _orders(start, WRONG, engine)
    _stored(session, order(sku="a"))

    with pytest.raises(IntegrityError, match=r"orders\.token"):
        _stored(session, order(sku="b"))


def test_two_updates_set_one_moment(start: Start, engine: Engine, session: Session) -> None:
    first = _stored(session, _orders(start, WRONG, engine)(sku="a"))

    moments = [_changed(session, first, sku) for sku in ("b", "c")]

    assert moments[0] == moments[1]


def _changed(session: Session, order: Any, sku: str) -> datetime:
    order.sku = sku
    moment = _stored(session, order).changed
    assert isinstance(moment, datetime)
    return moment


def test_what_can_be_called_is_called_for_each_row(start: Start, engine: Engine, session: Session) -> None:
    order = _orders(start, RIGHT, engine)

    first, second = (_stored(session, order(sku=sku)) for sku in ("a", "b"))
    moments = [_changed(session, first, sku) for sku in ("c", "d")]

    assert first.created < second.created
    assert first.token != second.token
    assert moments[0] < moments[1]


def test_a_function_of_the_project_is_called_once_too(start: Start, engine: Engine, session: Session) -> None:
    models = start("called_default", FUNCTION)["models"]
    models.Base.metadata.create_all(engine)

    assert len({_stored(session, models.Voucher()).code for _ in range(5)}) == 1


def test_fields_of_sqlmodel_have_one_value(start: Start) -> None:
    ticket = start("called_default", SQLMODEL)["example"].Ticket

    first, second = ticket(), ticket()

    assert (first.id, first.opened, first.day) == (second.id, second.opened, second.day)
    assert isinstance(ticket.__table__.c.touched.onupdate.arg, datetime)


def test_a_mapped_dataclass_has_one_value_and_calls_a_factory(start: Start) -> None:
    example = start("called_default", DATACLASS)["example"]

    class Later(example.Base):  # type: ignore[misc, name-defined]  # the base is that of the page
        __tablename__ = "later"

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        created: Mapped[datetime] = mapped_column(default_factory=datetime.now)

    assert issubclass(example.Base, MappedAsDataclass)
    assert example.Order().created == example.Order().created
    assert Later().created < Later().created
