"""SQA227: what a listener may not do to the session of its event, run against SQLAlchemy."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import InvalidRequestError, ResourceClosedError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, object_session

from tests.proofs.conftest import Start

WRONG = "Every insert fails"
RIGHT = "The log is written by the same connection"
IN_FLUSH = ("before_flush", "after_flush", "after_flush_postexec", "before_insert", "after_insert")


def _stored(start: Start, heading: str) -> int:
    models = start("session_work_in_event_hook", heading)["models"]
    engine = create_engine("sqlite://")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(models.Order(sku="lamp"))
        session.commit()
        return int(session.scalar(select(func.count()).select_from(models.Entry)) or 0)


def test_a_commit_in_the_flush_fails(start: Start) -> None:
    with pytest.raises(ResourceClosedError, match="This transaction is closed"):
        _stored(start, WRONG)


def test_the_event_s_connection_does_not(start: Start) -> None:
    assert _stored(start, RIGHT) == 1


@pytest.mark.parametrize(
    ("name", "does"),
    [
        *((name, does) for name in IN_FLUSH for does in ("commit", "rollback", "flush")),
        *(("before_commit", does) for does in ("commit", "rollback")),
        *(("after_commit", does) for does in ("commit", "rollback", "scalars")),
    ],
)
def test_each_of_these_fails_in_its_event(name: str, does: str) -> None:
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)

    def listener(first: Any, *others: Any) -> None:
        session = first if isinstance(first, Session) else object_session(others[-1])
        getattr(session, does)(*([select(Order)] if does == "scalars" else []))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    target = Order if name.endswith("insert") else Session
    event.listen(target, name, listener)
    try:
        with Session(engine) as session:
            session.add(Order())
            with pytest.raises((InvalidRequestError, ResourceClosedError)):
                session.commit()
    finally:
        event.remove(target, name, listener)
