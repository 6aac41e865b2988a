"""Engines that commit each statement by itself, and the sessions that are made on them.

The type of such an engine carries a mark; so does that of a factory on it, which also says which factory it is. Marks
go wherever values go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Call, Expr
from ...knowledge.sqlalchemy import (
    ASYNC_ENGINE,
    ASYNC_FACTORY,
    ASYNC_SESSION,
    ENGINE,
    ENGINES,
    FACTORY,
    REGISTRIES,
    SESSION,
)
from ...model import Confidence
from ..classes import said_under
from ..reading.arguments import Given, Site
from ..reading.spelled import spelled
from ..summary import Factory
from ..values import NOTHING, Constant, Path, Type, Value, Values, constant, instance

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.reading import Reading
    from ..summary import Summary

_MARK = "autocommit"
_MADE = {FACTORY: SESSION, ASYNC_FACTORY: ASYNC_SESSION}
_OPTION = "isolation_level"


@dataclass(slots=True)
class Ledger:
    """The sessions of one function that commit by themselves."""

    factories: dict[int, Factory] = field(default_factory=dict)
    """What makes sessions here, with its settings."""
    fed: dict[Path, str] = field(default_factory=dict)
    """What each session is fed by."""


def engine(r: Reading, maker: str, given: Given, site: Site, kinds: tuple[Type, ...]) -> tuple[Type, ...]:
    """The types of what a function of the library makes, marked when it is an engine of this sort."""
    if maker not in ENGINES or not isinstance(site.source, Call):
        return kinds
    spread = [spelled(r, arg.value) for arg in site.source.args if arg.name == "**"]
    inner = [said_under(_options(r, one), _OPTION) for one in (site.source, *spread)]
    told = [said_under(one, _OPTION) for one in spread]
    said = [given.keywords.get(_OPTION, NOTHING), *(r.value(one) for one in (*inner, *told) if one is not None)]
    return _marked(kinds) if any(_is_autocommit(values) for values in said) else kinds


def _options(r: Reading, expr: Expr) -> Expr | None:
    """What `execution_options` says in a call, or in a dict that is unpacked there."""
    inner = said_under(expr, "execution_options")
    return spelled(r, inner) if inner is not None else None


def options(owner: str, name: str, given: Given, kinds: tuple[Type, ...]) -> tuple[Type, ...]:
    """The types of what a method of an engine gives: the same engine with other options may be one of this sort."""
    if owner not in (ENGINE, ASYNC_ENGINE) or name != "execution_options" or _OPTION not in given.keywords:
        return kinds
    if _is_autocommit(given.keywords[_OPTION]):
        return _marked(kinds)
    return tuple(instance(str(kind.name)) for kind in kinds)


def _marked(kinds: tuple[Type, ...]) -> tuple[Type, ...]:
    return tuple(instance(str(kind.name), Type(_MARK)) for kind in kinds)


def _is_autocommit(values: Values) -> bool:
    return commits_at_once(constant(values)[1])


def commits_at_once(isolation: Constant) -> bool:
    """Whether this isolation level is the one in which each statement commits by itself."""
    return isinstance(isolation, str) and isolation.upper() == "AUTOCOMMIT"


def bound(given: Given) -> Confidence | None:
    """How sure it is that a session, or a factory of sessions, is given such an engine; None when nothing says so."""
    binds = given.keywords.get("bind", given.positional[0] if given.positional else NOTHING)
    if not binds or any(_mark(value.type) != "" for value in binds):
        return None
    return min(value.sure for value in binds)


def _mark(kind: Type) -> str | None:
    """The factory that a type is marked with, "" for an engine, None when there is no mark."""
    marks = [str(arg.name) for arg in kind.args if arg.kind == _MARK] if kind.kind == "instance" else []
    return marks[0] if marks else None


def is_one(kind: Type) -> bool:
    """Whether this is the type of an engine that commits each statement by itself."""
    return _mark(kind) is not None


def origin(unit: Unit, at: int) -> str:
    """What a factory, or a session made by itself, is known by."""
    return f"{unit.key}@{at}"


def made(r: Reading, symbol: str, kind: Type, given: Given, site: Site) -> Type:
    """A session, or what makes sessions, is made: its type, marked when it is a factory on such an engine."""
    path = Path("fresh", site.at)
    if symbol in REGISTRIES:
        for value in given.positional[0] if given.positional else NOTHING:
            gives(r, value, path)
    elif site.at in r.autocommit.factories and r.autocommit.factories[site.at].autocommit is not None:
        if symbol not in _MADE:
            r.autocommit.fed[path] = origin(r.unit, site.at)
        else:
            row = kind.args or (instance(_MADE[symbol]),)
            return instance(symbol, *row, Type(_MARK, origin(r.unit, site.at)))
    return kind


def gives(r: Reading, factory: Value, session: Path) -> None:
    """A factory has made this session."""
    mark = _mark(factory.type)
    if mark and session.root == "fresh":
        r.autocommit.fed[session] = mark


def take_over(r: Reading, summary: Summary, applied: Applied) -> None:
    """A callee hands out sessions of such factories."""
    for path, mark in summary.handed_fed:
        r.autocommit.fed[applied.fresh(path)] = mark
