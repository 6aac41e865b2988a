"""`sqla-lint callers SYMBOL`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.runs import write

SHOP = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/db.py": """\
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

make = sessionmaker(create_engine("sqlite://"))


def get_session() -> Iterator[Session]:
    with make() as session:
        yield session
""",
    "app/repositories.py": """\
from sqlalchemy.orm import Session


class Base:
    def __init__(self, session: Session) -> None:
        self.session = session

    def save(self, entity: object) -> None:
        self.session.add(entity)
        self.session.commit()

    def undo(self) -> None:
        self.session.rollback()


class Orders(Base):
    def place(self) -> None:
        self.save(object())
""",
    "app/services.py": """\
from app.db import make
from app.repositories import Orders


class Service:
    def __init__(self, orders: Orders) -> None:
        self.orders = orders

    def place(self, again: int) -> None:
        self.orders.place()
        if again:
            self.place(again - 1)


def nightly() -> None:
    with make() as session:
        Orders(session).place()


def twice(orders: Orders) -> None:
    orders.undo()
    orders.undo()


def unused() -> None:
    pass
""",
    "app/handlers.py": """\
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app import services
from app.db import get_session
from app.repositories import Orders

router = APIRouter()


@router.post("/orders")
def create_order(session: Session = Depends(get_session)) -> None:
    services.Service(Orders(session)).place(2)


@router.post("/nightly")
def start() -> None:
    services.nightly()
""",
}


@pytest.fixture
def shop(shell: Shell, tmp_path: Path) -> Shell:
    write(tmp_path, SHOP)
    return shell


def test_callers_are_told_up_to_the_entries_with_what_each_call_carries(shop: Shell) -> None:
    said = shop("callers", "Base.save")
    assert (said.code, said.err) == (0, "")
    assert (
        said.out
        == """\
app.repositories.Base.save app/repositories.py:8 (repository)
  effects that callers see: write, commit on self.session
  app/repositories.py:18:9 Orders.place (repository): write, commit on self.session
    app/services.py:10:9 Service.place: write, commit on self.orders.session
      app/handlers.py:13:5 create_order (handler, POST /orders): write, commit on <get_session>
      app/services.py:12:13 Service.place: write, commit on self.orders.session
        (calls itself, see above)
    app/services.py:17:9 nightly: write, commit on <opened here>
      app/handlers.py:18:5 start (handler, POST /nightly)
"""
    )


def test_it_is_the_same_for_programs(shop: Shell) -> None:
    whole = json.loads(shop("callers", "Base.save", "--format", "json").out)
    assert whole["symbol"] == "app.repositories.Base.save"
    assert whole["effects"][1] == {"effect": "commit", "session": "self.session", "confidence": "certain"}
    (orders,) = whole["callers"]
    assert [caller["symbol"] for caller in orders["callers"]] == ["app.services.Service.place", "app.services.nightly"]
    handler, itself = orders["callers"][0]["callers"]
    assert (handler["layer"], handler["entry"], handler["cut"]) == ("handler", "POST /orders", "")
    assert handler["calls"] == [
        {
            "path": "app/handlers.py",
            "line": 13,
            "column": 5,
            "injected": False,
            "carries": [
                {"effect": "write", "session": "<get_session>", "confidence": "certain"},
                {"effect": "commit", "session": "<get_session>", "confidence": "certain"},
            ],
        }
    ]
    assert itself["cut"] == "cycle"


def test_each_call_of_a_caller_has_its_line(shop: Shell) -> None:
    lines = shop("callers", "undo").out.splitlines()
    assert lines[2:] == [
        "  app/services.py:21:5 twice: rollback on orders.session",
        "  app/services.py:22:5 twice: rollback on orders.session",
    ]


def test_who_is_given_what_a_provider_yields_is_a_caller(shop: Shell) -> None:
    lines = shop("callers", "get_session").out.splitlines()
    assert lines[2:] == ["  app/handlers.py:12:5 create_order (handler, POST /orders) is given its result"]


def test_a_class_stands_for_its_constructor(shop: Shell) -> None:
    assert shop("callers", "Service").out.splitlines()[2:] == [
        "  app/handlers.py:13:5 create_order (handler, POST /orders)"
    ]


def test_a_function_that_nobody_calls(shop: Shell) -> None:
    assert shop("callers", "unused").out.splitlines()[1:] == [
        "  effects that callers see: none",
        "  no call of it is known",
    ]


def test_the_whole_name_is_never_ambiguous(shop: Shell) -> None:
    assert shop("callers", "app.services.Service.place").code == 0


def test_an_ambiguous_name_is_listed_and_refused(shop: Shell) -> None:
    said = shop("callers", "place")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "sqla-lint: error: `place` may be any of 2:\n  app.repositories.Orders.place\n  app.services.Service.place\n"
    )


def test_an_unknown_name_is_refused_with_the_nearest(shop: Shell) -> None:
    said = shop("callers", "Base.saev")
    assert (said.code, said.out) == (2, "")
    assert said.err == "sqla-lint: error: no function is called `Base.saev`, did you mean `Base.save`?\n"


def test_a_large_tree_is_cut_and_says_so(shop: Shell) -> None:
    lines = shop("callers", "Base.save", "--limit", "3").out.splitlines()
    assert lines[2:] == [
        "  app/repositories.py:18:9 Orders.place (repository): write, commit on self.session",
        "    app/services.py:10:9 Service.place: write, commit on self.orders.session",
        "      (more callers are left out; --limit 0 shows all)",
        "    (more callers are left out; --limit 0 shows all)",
    ]


def test_a_long_chain_is_told_to_its_end(shell: Shell, tmp_path: Path) -> None:
    links = "".join(f"def f{n}(session: Session) -> None:\n    f{n + 1}(session)\n\n\n" for n in range(40))
    text = f"from sqlalchemy.orm import Session\n\n\n{links}def f40(session: Session) -> None:\n    session.commit()\n"
    write(tmp_path, {"pyproject.toml": "", "chain.py": text})
    lines = shell("callers", "f40").out.splitlines()
    assert len(lines) == 42
    assert lines[-1].strip() == "chain.py:5:5 f0: commit on session"
