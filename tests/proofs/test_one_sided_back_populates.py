"""SQA607: relationships that do not name each other drift apart or cannot be configured, run against SQLAlchemy."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import AmbiguousForeignKeysError, ArgumentError, InvalidRequestError, SAWarning
from sqlalchemy.orm import Session, configure_mappers, relationship

from tests.pages import SHIPPED, read_page
from tests.proofs.conftest import Start

RULE = "one_sided_back_populates"
Models = Callable[..., Any]


def _placed(start: Start, heading: str) -> int:
    shop = start(RULE, heading)
    engine = create_engine("sqlite://")
    shop["models"].Base.metadata.create_all(engine)
    with warnings.catch_warnings(), Session(engine) as session:
        warnings.simplefilter("error")
        total = shop["orders"].place(session, [3, 4])
        session.rollback()
        assert isinstance(total, int)
        return total


def test_what_is_set_on_the_silent_side_is_not_seen(start: Start) -> None:
    assert _placed(start, "The line is not in its order") == 0


def test_both_sides_are_in_step(start: Start) -> None:
    assert _placed(start, "Each names the other") == 7


def test_the_other_way_round_it_is_seen(start: Start) -> None:
    models = start(RULE, "The line is not in its order")["models"]
    line = models.Line()
    order = models.Order(lines=[line])

    assert line.order is order


def test_a_name_that_is_not_there_breaks_every_class(start: Start) -> None:
    shop = start(RULE, "A name that is not there")

    with pytest.raises(InvalidRequestError, match="has no property 'costumer'"):
        shop["orders"].Order()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    """Imports the models of a case, less the lines with some texts."""
    made: list[Any] = []

    def run(heading: str, *lines: str) -> Any:
        case = read_page(SHIPPED / "relationships" / f"{RULE}.md").case(heading)
        source = case.files["app/models.py"].split("\n")
        kept = [line for line in source if not any(text in line for text in lines)]
        (tmp_path / "kept_models.py").write_text("\n".join(kept), "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "kept_models", raising=False)
        made.append(importlib.import_module("kept_models"))
        return made[-1]

    yield run
    for module in made:
        module.Base.registry.dispose()
        sys.modules.pop("kept_models", None)


MIXED = "A column, a third relationship, another class"
OTHERS = "A tree without a remote side, two keys, a class that is nowhere"
TREE, KEYS, NOWHERE = ("children =", "parent ="), ("receiver =",), ("category =",)


@pytest.mark.parametrize(
    ("heading", "without", "error", "said"),
    [
        (MIXED, ("clerks:", "open_orders:"), InvalidRequestError, "that is not a relationship|has no property"),
        (MIXED, (" orders:", "open_orders:", "shop:"), ArgumentError, "does not reference mapper"),
        (OTHERS, (*KEYS, *NOWHERE), ArgumentError, "both of the same direction"),
        (OTHERS, (*TREE, *NOWHERE), AmbiguousForeignKeysError, "multiple foreign key paths"),
        (OTHERS, (*TREE, *KEYS), InvalidRequestError, "failed to locate a name"),
    ],
)
def test_it_cannot_be_configured(
    heading: str, without: tuple[str, ...], error: type[Exception], said: str, models: Models
) -> None:
    models(heading, *without)

    with pytest.raises((error, ArgumentError), match=said):
        configure_mappers()


def test_a_third_relationship_is_a_conflict_when_it_is_used(models: Models) -> None:
    found = models(MIXED, "clerks:", " orders:")
    found.Shop.orders = relationship("Order", back_populates="shop")

    with pytest.warns(SAWarning, match="Shop.orders"):
        configure_mappers()
    shop = found.Shop()
    with pytest.raises(ValueError, match=re.escape('"Shop.orders" via the backref "Order.shop"')):
        shop.open_orders.append(found.Order())
    shop = found.Shop()
    order = found.Order(shop=shop)
    assert shop.orders == [order]
    assert shop.open_orders == []


@pytest.mark.parametrize(
    "heading",
    [
        "Only one direction, or only for reading",
        "From a mixin, from a base class, by `backref`, or added later",
        "Two keys, and it is said which",
    ],
)
def test_what_is_fine_is_configured(heading: str, models: Models) -> None:
    models(heading)
    configure_mappers()
