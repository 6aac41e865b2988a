"""SQA219: what a commit inside a use case leaves behind when the use case fails, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.proofs.conftest import Running, Start

WRONG = "The order is stored, its lines are not"
RIGHT = "One commit, where the use case ends"
DECORATED = "A decorator that commits, around functions that call each other"
REENTRANT = "A decorator that knows when it is inside itself"


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)


def _orders(shop: Running) -> int:
    with shop["db"].SessionLocal() as session:
        return int(session.scalar(select(func.count()).select_from(shop["models"].Order)))


@pytest.mark.parametrize(("heading", "kept"), [(WRONG, 1), (RIGHT, 0)])
def test_the_inner_commit_keeps_an_order_without_lines(start: Start, heading: str, kept: int) -> None:
    shop = start("nested_commit", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)

    with pytest.raises(IntegrityError):
        shop["checkout"].check_out("ann", ["lamp", "lamp"])

    assert _orders(shop) == kept
    with shop["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].Line)) == 0


@pytest.mark.parametrize(("heading", "module", "kept"), [(DECORATED, "bank", 1), (REENTRANT, "example", 0)])
def test_a_decorator_that_commits_keeps_the_first_half_of_a_transfer(
    start: Start, heading: str, module: str, kept: int
) -> None:
    bank = start("nested_commit", heading)[module]
    bank.Session.execute(text("CREATE TABLE entry (id INTEGER PRIMARY KEY)"))
    bank.Session.commit()

    with pytest.raises(IntegrityError):
        bank.transfer(Entry(id=1), Entry(id="not a number"))

    assert bank.Session.scalar(select(func.count()).select_from(Entry)) == kept
    bank.Session.remove()
