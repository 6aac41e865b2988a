"""Two sessions in use at the same time, in small programs: which pairs are met, and what has made each of them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sqla_lint.config import Settings
from sqla_lint.facts.read import read
from sqla_lint.project import Module, Project, link
from sqla_lint.project.questions.twins import itself, one_pool, provided
from sqla_lint.project.values import UNKNOWN, Path

SHOP = """\
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from elsewhere import make_session
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///shop.db")
archive = create_engine("sqlite:///archive.db")
SessionLocal = sessionmaker(engine)
JobSession = sessionmaker(bind=engine)
Archive = sessionmaker(archive)
Both = sessionmaker(binds={object: archive})


@contextmanager
def scope():
    with SessionLocal() as session:
        yield session


@contextmanager
def hidden() -> Iterator[Session]:
    with make_session() as session:
        yield session


def hidden_too() -> Session:
    return make_session()


def work(session):
    session.execute(text("SELECT 1"))


def own():
    with scope() as session:
        work(session)


def deeper():
    own()


class Store:
    def __init__(self, factory: sessionmaker[Session]):
        self.factory = factory

    def own(self):
        with self.factory() as session:
            work(session)
"""


def project(body: str) -> Project:
    return link([Module("m", "", "m.py", read((SHOP + dedent(body)).encode(), False))], Settings())


def met(body: str) -> list[bool]:
    """For each pair of sessions that `f` has in use at the same time, whether they are on one engine for sure."""
    of = project(body)
    twins = of.summary(of.names.by_symbol["m.f"]).twins
    return [one_pool(of, twin.of_first, twin.of_then) for twin in twins]


@pytest.mark.parametrize(
    "inner", ["own()", "deeper()", "with scope() as b: work(b)", "with JobSession() as b: work(b)"]
)
def test_a_session_that_is_used_inside_anothers_transaction_is_met(inner: str) -> None:
    assert met(f"def f():\n    with SessionLocal() as a:\n        work(a)\n        {inner}\n") == [True]


@pytest.mark.parametrize(
    "body",
    [
        "own()\n    with SessionLocal() as a:\n        work(a)",
        "with SessionLocal() as a:\n        work(a)\n    own()",
        "with SessionLocal() as a:\n        work(a)\n        a.commit()\n        own()",
        "with SessionLocal() as a:\n        own()",
        "with ExitStack() as stack:\n        work(stack.enter_context(scope()))\n    own()",
        "with scope() as a:\n        work(a)\n        work(a)\n        a.execute(text('SELECT 1'))",
    ],
)
def test_sessions_one_after_another_are_not_met(body: str) -> None:
    assert met(f"def f():\n    {body}\n") == []


def test_what_an_exit_stack_has_entered_is_open_in_its_block() -> None:
    assert met("def f():\n    with ExitStack() as s:\n        work(s.enter_context(scope()))\n        own()\n") == [
        True
    ]


@pytest.mark.parametrize("inner", ["with Archive() as b: work(b)", "with Session(archive) as b: work(b)"])
def test_another_engine_is_another_pool(inner: str) -> None:
    assert met(f"def f():\n    with SessionLocal() as a:\n        work(a)\n        {inner}\n") == [False]


def test_a_session_with_an_engine_for_each_table_is_on_no_engine() -> None:
    assert (
        met("def f():\n    with Session(binds={}) as a, SessionLocal() as b:\n        work(a)\n        work(b)\n") == []
    )


@pytest.mark.parametrize(("given", "pool"), [("self", [True]), ("other", [False])])
def test_a_factory_of_the_same_object_is_the_same(given: str, pool: list[bool]) -> None:
    inner = f"        with self.factory() as a:\n            work(a)\n            {given}.own()\n"
    of = project(f"class Sub(Store):\n    def f(self, other: Store):\n{inner}")
    twins = of.summary(of.names.by_symbol["m.Sub.f"]).twins
    assert [one_pool(of, twin.of_first, twin.of_then) for twin in twins] == pool


def test_a_function_stands_for_what_nobody_knows_that_it_uses() -> None:
    assert met("def f():\n    with hidden() as a:\n        work(a)\n        with hidden() as b: work(b)\n") == [True]
    assert met("def f():\n    with hidden() as a:\n        work(a)\n        with hidden_too() as b: work(b)\n") == [
        False
    ]


def test_alternatives_are_one_session() -> None:
    either = "def f(x):\n    a = SessionLocal() if x else JobSession()\n    work(a)\n    work(a)\n    a.close()\n"
    assert met(either) == []


def test_a_session_that_may_have_been_given_has_no_maker() -> None:
    body = """
    @contextmanager
    def given_or_new(session):
        if session is not None and session.is_active:
            yield session
        else:
            with SessionLocal() as new:
                yield new


    def f(session: Session):
        work(session)
        with given_or_new(session) as own:
            work(own)
    """
    assert met(body) == []


def test_a_provider_tells_what_has_made_its_session() -> None:
    of = project(
        "def provide():\n    with scope() as session:\n        yield session\ndef other():\n    return hidden_too()\n"
    )
    assert provided(of, Path("injected", "m.provide")) == Path("global", "m.SessionLocal")
    assert provided(of, Path("injected", "m.other")) == itself(of.names.by_symbol["m.hidden_too"])
    assert provided(of, Path("injected", "m.nobody")) == provided(of, UNKNOWN) == UNKNOWN
