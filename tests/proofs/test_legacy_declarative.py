"""SQA805: what is left of `sqlalchemy.ext.declarative`, run against SQLAlchemy."""

from __future__ import annotations

import importlib
import inspect
import warnings

import pytest
import sqlalchemy.orm
from sqlalchemy.exc import MovedIn20Warning

from sqla_lint.knowledge.sqlalchemy import MOVED
from tests.proofs.conftest import Start

OLD = importlib.import_module("sqlalchemy.ext.declarative")
WRONG = "Imports from where it was"
RIGHT = "Imports from where it is"
STAYED = ("AbstractConcreteBase", "ConcreteBase", "DeferredReflection")


def test_the_old_functions_warn(start: Start) -> None:
    with pytest.warns(MovedIn20Warning, match="now available as sqlalchemy.orm"):
        start("legacy_declarative", WRONG)


def test_the_module_cannot_be_imported_where_warnings_are_errors(start: Start) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MovedIn20Warning):
            start("legacy_declarative", WRONG)


def test_the_new_ones_do_not(start: Start) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert start("legacy_declarative", RIGHT)["base"].Order.__table__.name == "orders"


@pytest.mark.parametrize("name", sorted(MOVED))
def test_what_the_fix_moves_is_in_both_modules(name: str) -> None:
    old, new = getattr(OLD, name), getattr(sqlalchemy.orm, name)

    same = old is new
    assert same or f"_{name}(" in inspect.getsource(old), "it is the same, or calls it"


def test_what_the_fix_leaves_is_in_the_old_one_only() -> None:
    assert all(hasattr(OLD, name) and not hasattr(sqlalchemy.orm, name) for name in STAYED)


def test_nothing_else_of_the_old_module_is_in_the_new_one() -> None:
    shared = {name for name in vars(OLD) if not name.startswith("_") and hasattr(sqlalchemy.orm, name)}

    assert {name for name in shared if not inspect.ismodule(getattr(OLD, name))} == MOVED
