"""Rows that come once for each member of a joined collection: SQLAlchemy hands them out only when they are made unique.

What is known of that goes with the plan of a statement and of its result, as ways of how rows come (`summary.Plan`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...facts.schema import Call, Expr
from ...knowledge.sqlalchemy import RESULTS
from ...model import Confidence
from ..summary import Plan, Repeated
from ..text import render
from ..values import Values
from . import planning
from .streams import PARTS, Ways, both

if TYPE_CHECKING:
    from ..reading.arguments import Given
    from ..reading.reading import Reading

JOINED, MAPPED, MAYBE, UNIQUE = "joined ", "mapped ", "partly", "unique"
"""The first two are followed by the collection: one that an option joins, one that the mapping does."""
_APART, _LATER = "apart", "later"
_JOINS = frozenset({"joinedload", "contains_eager", "joinedload_all"})
_PART = frozenset({"load_only", "defer", "undefer", "options", "with_expression"})
"""Options that name columns, and lead nowhere."""
_LAZY = frozenset({"lazyload", "noload", "raiseload"})
_FETCHES = frozenset(
    {"all", "one", "one_or_none", "scalar_one", "scalar_one_or_none", "fetchall", "fetchone", "fetchmany", "partitions"}
)
"""Methods that hand out rows as they come; `first` and `scalar` take one and do not mind."""
_COMBINES = frozenset({"union", "union_all"})


# -- what a statement joins --


def option(r: Reading, name: str, loads: Iterable[tuple[str, str]], before: Ways = ()) -> Ways:
    """What a loader option joins, after others of a chain have led to what it names."""
    if name in _PART:
        return ()
    if name not in _JOINS:
        return (_APART, _LATER) if name in _LAZY else (_APART,)
    if _APART in before:
        return ()
    relations = r.project.relations
    return tuple(
        f"{JOINED}{owner.rpartition('.')[2]}.{attribute}"
        for owner, attribute in loads
        if owner and relations.is_collection(owner, attribute)
    )


def beneath(before: Ways, ways: Ways) -> Ways:
    """The ways of options that begin where others have led to."""
    return tuple(way for way in ways if way not in _joined(ways)) if _APART in before else ways


def sent(r: Reading, plan: Plan, plans: Iterable[Plan], classes: Iterable[str]) -> Ways:
    """What is joined in the rows of a statement that is sent, whichever of these plans it has."""
    each = [_joined(one.ways) for one in plans]
    found = {way for ways in each for way in ways}
    if found and not all(each):
        found.add(MAYBE)
    if not plan.is_open and _LATER not in plan.ways:
        named = {name for _, name in plan.loads}
        for symbol in classes:
            for chain in r.project.relations.joined(symbol):
                if named.isdisjoint(name for _, name in chain):
                    owner, name = chain[-1]
                    found.add(f"{MAPPED}{owner.rpartition('.')[2]}.{name}")
    return both(tuple(found), tuple(way for way in plan.ways if way in (MAYBE, UNIQUE)))


def _joined(ways: Ways) -> Ways:
    return tuple(way for way in ways if way.startswith((JOINED, MAPPED)))


def passed(ways: Ways, name: str) -> Ways:
    """The ways that a method of a statement or a result adds to these, or leaves."""
    if name in _COMBINES:
        return tuple(way for way in ways if way not in _joined(ways))
    return both(ways, (UNIQUE,)) if name == "unique" else ways


def either(one: Ways, other: Ways) -> Ways:
    """The ways of what came the one way or the other."""
    ways = both(one, other)
    return both(ways, (MAYBE,)) if bool(_joined(one)) != bool(_joined(other)) else ways


# -- where rows are fetched --


def fetched(r: Reading, call: Call, plan: Plan, owner: str, name: str, sure: Confidence) -> None:
    """A method of a result is called."""
    if owner in RESULTS and name in _FETCHES and call.at >= 0:
        _note(r, call.at, name, render(call), plan, sure)


def gone_through(r: Reading, values: Values, head: Expr | None) -> None:
    """A loop, or what collects its members, goes through these. It has no place of its own: the call that made the
    result stands for it."""
    for value in values if r.plans else ():
        plan = planning.plan_of(r, value.path)
        is_result = value.type.kind == "instance" and value.type.name in RESULTS and not value.path.attrs
        if plan is not None and is_result and plan.where == r.unit.key and plan.at >= 0:
            _note(r, plan.at, "", render(head) if head is not None else "", plan, value.sure)


def collected(r: Reading, given: Given, source: Call | str) -> None:
    """`list(result)` and the like."""
    if given.positional:
        gone_through(r, given.positional[0], source.args[0].value if isinstance(source, Call) and source.args else None)


def _note(r: Reading, at: int, how: str, text: str, plan: Plan, sure: Confidence) -> None:
    joined = _joined(plan.ways)
    if joined and UNIQUE not in plan.ways and PARTS not in plan.ways:
        partly = MAYBE in plan.ways
        r.repeated.setdefault(at, Repeated(at, how, text, joined, partly, plan.where, plan.at, min(sure, plan.sure)))
