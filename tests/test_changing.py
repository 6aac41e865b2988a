"""Entities that are changed, in small programs: whose session writes them."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from sqla_lint.config import Settings
from sqla_lint.facts.read import read
from sqla_lint.knowledge import Verb
from sqla_lint.project import Module, Project, link
from sqla_lint.project.layers import UNIT_OF_WORK
from sqla_lint.project.summary import Summary
from sqla_lint.project.values import Path

MODELS = """\
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    cached = None

    def rename(self, name):
        self.name = name


def find(session: Session) -> User:
    return session.get(User, 1)


def found_by(session: Session, numbers) -> list[User]:
    found = []
    for number in numbers:
        found.append(session.get(User, number))
    return found


def rename(user: User, name):
    user.name = name


def fill(user, values):
    for key, value in values.items():
        setattr(user, key, value)
"""


def project(body: str) -> Project:
    return link([Module("m", "", "m.py", read((MODELS + dedent(body)).encode(), False))], Settings())


def summary(body: str) -> Summary:
    made = project(body)
    (unit,) = [unit for unit in made.units if unit.definition.name == "work"]
    return made.summary(unit)


def writes(body: str) -> list[Path]:
    found = summary(body)
    return sorted({key.path for key in found.effects if key.verb is Verb.CHANGE and found.effects[key].kind})


@pytest.mark.parametrize(
    "change",
    [
        "session.get(User, 1).name = 'x'",
        "find(session).name = 'x'",
        "for user in session.scalars(select(User)):\n        user.name = 'x'",
        "user = find(session)\n    user.name, other = 'x', 2",
        "user = find(session)\n    user.name += 'x'",
        "user = find(session)\n    setattr(user, 'name', 'x')",
        "user = find(session)\n    user.rename('x')",
        "rename(find(session), 'x')",
        "for user in found_by(session, [1, 2]):\n        rename(user, 'x')",
        "fill(find(session), {'name': 'x'})",
    ],
)
def test_a_change_of_what_a_session_has_loaded_is_a_write_of_it(change: str) -> None:
    assert writes(f"def work(session: Session):\n    {change}\n") == [Path("param", 0)]


@pytest.mark.parametrize(
    "change",
    [
        "session.query(User).filter(User.id == 1).delete()",
        "session.query(User).update({'name': 'x'})",
        "users = session.query(User)\n    users.filter_by(id=1).update({'name': 'x'})",
        "session.execute(update(User).values(name='x'))",
    ],
)
def test_a_statement_that_writes_is_a_write_of_its_session(change: str) -> None:
    found = summary(f"from sqlalchemy import update\ndef work(session: Session):\n    {change}\n")
    assert {key.path for key in found.effects if key.verb is Verb.WRITE} == {Path("param", 0)}


@pytest.mark.parametrize(
    "change",
    [
        "user = User()\n    user.name = 'x'",
        "user = find(session)\n    user.cached = 1",
        "user = find(session)\n    user = user.name",
        "user = find(session)\n    session.expunge(user)\n    user.name = 'x'",
        "other.name = 'x'",
    ],
)
def test_what_no_session_is_known_to_hold_is_no_write(change: str) -> None:
    assert writes(f"def work(session: Session, other):\n    {change}\n") == []


def test_a_change_of_what_was_given_is_for_the_callers_to_tell() -> None:
    found = summary("def work(user: User, on):\n    if on:\n        rename(user, 'x')\n")
    (key,) = [key for key in found.effects if key.verb is Verb.CHANGE]
    assert key.path == Path("param", 0)
    assert [(one.param, one.test, one.holds) for one in key.guard] == [(1, "true", True)]


def test_what_a_closed_session_had_loaded_is_nobodys() -> None:
    body = """
    def work(factory: sessionmaker):
        with factory() as session:
            user = find(session)
        user.name = "x"
    """
    assert not summary(dedent(body)).lost
    inside = body.replace("        user.name", "            user.name")
    (lost,) = summary(dedent(inside)).lost
    assert lost.step.text == "user.name = ..."


@pytest.mark.parametrize(("body", "layer"), [("user.name = 'x'", ""), ("self.session.add(user)", UNIT_OF_WORK)])
def test_changing_an_entity_is_nothing_done_to_a_session(body: str, layer: str) -> None:
    enters = "    def __enter__(self): ...\n    def __exit__(self, *error): ...\n"
    made = project(f"class Block:\n{enters}    session: Session\n    def work(self, user: User):\n        {body}\n")
    (unit,) = [unit for unit in made.units if unit.definition.name == "work"]
    assert made.layers.of(unit).layer == layer


READING = """
import asyncio
import logging
from contextlib import contextmanager
from functools import wraps

import outside
from outside import retried
from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = sessionmaker()
AsyncLocal = async_sessionmaker()
log = logging.getLogger(__name__)


class Mixin:
    def touch(self):
        self.name = "seen"


class Item(Mixin, Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    tags: Mapped[list["Item"]] = relationship()


class Items:
    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> list[Item]:
        return list(self.session.scalars(select(Item)))

    def one(self, number) -> Item:
        return self.session.get_one(Item, number)

    def stored(self):
        raise NotImplementedError


def anything(session: Session):
    return outside.made_by(select(Item)).given(session.get(Item, 1))


def untyped(session):
    return session.query(outside.Model).first()


def touched(item):
    item.touched = True


def looked(item):
    log.info("found %s", item.name)
    return len(item.name)


def with_lock():
    return select(Item).with_for_update()


def changed_by(found):
    for one in found:
        one.name = ""


def passed_on(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@passed_on
def wrapped(session: Session):
    return session.get(Item, 1)


@retried
def decorated(session: Session):
    return session.get(Item, 1)


@contextmanager
def opened():
    with SessionLocal() as session:
        yield session
"""


def idle(body: str) -> list[bool]:
    """Of each commit of `work`, whether nothing but reads is known to have come before it."""
    code = READING + f"\ndef work(number, callback):\n{indent(dedent(body).strip(), '    ')}\n"
    found = summary(code).commits
    return [one.idle for one in found] or [False]


def in_a_session(body: str) -> str:
    return f"with SessionLocal() as session:\n{indent(dedent(body).strip(), '    ')}\n    session.commit()\n"


@pytest.mark.parametrize(
    "body",
    [
        "session.get(Item, 1)",
        "session.query(Item).filter(Item.id == number).all()",
        "found = list(session.scalars(select(Item)))\nprint(len(found))",
        "session.execute(select(func.count()).select_from(Item))",
        "item = session.get_one(Item, 1)\nlog.info(item.name)",
        "item = session.get_one(Item, 1)\nlooked(item)",
        "found = Items(session).all()\nnames = []\nnames.append(found[0].name)",
        "repository = Items(session)\nrepository.one(1)",
        "session.get(Item, 1)\noutside.send('found')",
        "user = find(session)\nseen = {}\nseen[number] = user.name",
    ],
)
def test_a_session_is_known_to_have_only_read(body: str) -> None:
    assert idle(in_a_session(body)) == [True]


def test_what_was_unclear_before_a_session_began_does_not_matter() -> None:
    assert idle("thing = outside.make()\nthing.name = 1\n" + in_a_session("session.get(Item, 1)")) == [True]
    assert idle("with opened() as session:\n    session.get(Item, 1)\n    session.commit()") == [True]


@pytest.mark.parametrize(
    "body",
    [
        "item = session.get(Item, 1)\noutside.use(item)",
        "item = session.get(Item, 1)\ncallback(item)",
        "session.get(Item, 1)\noutside.use(session)",
        "session.get(Item, 1)\ncallback(session)",
        "found = list(session.scalars(select(Item)))\noutside.use(found)",
        "found = session.scalars(select(Item))\n[outside.use(one) for one in found]",
        "item = session.get(Item, 1)\nitem.touch()",
        "item = session.get(Item, 1)\nitem.unknown()",
        "item = session.get(Item, 1)\nitem.unknown += 1",
        "item = session.get(Item, 1)\nitem.tags.append(number)",
        "item = session.get(Item, 1)\nitem.data['key'] = number",
        "item = session.get(Item, 1)\ndel item.data['key']",
        "item = session.get(Item, 1)\nsetattr(item, number, 1)",
        "item = session.get(Item, 1)\ntouched(item)",
        "changed_by(Items(session).all())",
        "thing = anything(session)\nthing.name = 1",
        "thing = anything(session)\nthing.rename()",
        "thing = anything(session)\noutside.use(thing)",
        "thing = anything(session)\noutside.use([thing])",
        "thing = anything(session)\ntouched(thing)",
        "thing = untyped(session)\nthing.name = 1",
        "thing = untyped(session)\nthing.rename()",
        "thing = untyped(session)\noutside.use(thing)",
        "thing = untyped(session)\noutside.use([thing])",
        "thing = untyped(session)\nthings = [thing]\noutside.use(things)",
        "thing = untyped(session)\nfor one in thing:\n    one.name = 1",
        "thing = untyped(session)\nthing.parts[0].name = 1",
        "thing = untyped(session)\nfill(thing, number)",
        "thing = untyped(session)\nouter = Items(thing)\nouter.unknown()",
        "thing = session.query(outside.Model).first()\nthing.name = 1",
        "session.query(outside.Model).filter_by(id=1).update({})",
        "session.query(Item).delete()",
        "Items(session).stored()",
        "items = Items(session)\nitems.all()\nitems.unknown()",
        "items = Items(session)\nitems.all()\noutside.use(items)",
        "items = Items(session)\nitems.all()\noutside.use(items.all)",
        "find(session)\noutside.use(lambda: session)",
        "wrapped(session)",
        "decorated(session)",
        "session.execute(text('PRAGMA optimize'))",
        "session.execute(outside.statement)",
        "session.execute(number)",
        "session.scalars(select(Item).with_for_update())",
        "session.scalars(with_lock())",
        "session.get(Item, 1, with_for_update=True)",
        "session.execute(select(func.pg_advisory_xact_lock(1)))",
        "session.get(Item, 1)\nsession.flush()",
        "item = session.get(Item, 1)\nsession.merge(item)",
        "session.get(Item, 1)\nsession.rollback()",
        "item = session.get(Item, 1)\nItem(tags=[item])",
    ],
)
def test_whatever_nobody_knows_may_be_a_write(body: str) -> None:
    assert not any(idle(in_a_session(body)))


def test_of_two_sessions_that_it_may_be_neither_may_have_written() -> None:
    body = """
    session = SessionLocal() if number else callback
    if number == 2:
        session = SessionLocal()
        rename(find(session), "x")
    session.commit()
    """
    assert not any(idle(body))


def test_the_second_commit_has_the_first_before_it() -> None:
    assert idle(in_a_session("session.get(Item, 1)\nsession.commit()")) == [True, False]


@pytest.mark.parametrize(
    "then", ["time.sleep(1)", "requests.get('https://example.org')", "callback()", "client.ask(number)"]
)
def test_a_commit_before_something_that_may_wait_gives_the_connection_back(then: str) -> None:
    body = in_a_session("session.get(Item, 1)")
    assert not any(idle(f"import time\nimport requests\nfrom outside import client\n{body}    {then}"))


def test_a_commit_in_each_turn_of_a_loop_ends_what_that_turn_has_read() -> None:
    body = """
    with SessionLocal() as session:
        for one in number:
            session.get(Item, one)
            session.commit()
    """
    assert not any(idle(body))


@pytest.mark.parametrize(
    ("made", "only_reads"),
    [
        ("return await session.get_one(Item, 1)", True),
        ("item = await session.get_one(Item, 1)\n    item.name = 'seen'\n    return item", False),
        ("return await outside.current(session)", False),
    ],
)
def test_what_else_a_framework_provides_may_have_written_in_the_session(made: str, only_reads: bool) -> None:
    code = f"""
from fastapi import Depends


async def provided():
    async with AsyncLocal() as session:
        yield session


async def current(session: AsyncSession = Depends(provided)) -> Item:
    {made}


async def work(session: AsyncSession = Depends(provided), item: Item = Depends(current)):
    await session.get_one(Item, 2)
    await session.commit()
"""
    assert any(one.idle for one in summary(READING + code).commits) is only_reads
