"""Entities that are changed, in small programs: whose session writes them."""

from __future__ import annotations

from textwrap import dedent

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
