"""A schema reads a relationship that nothing has loaded: a statement for each row, or for each entity that rows lead
to, and in async code an error."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent, Severity
from ...project import Project, Unit
from ...project.layers import UNHURRIED
from ...project.parents import Cost
from ...project.serializing import Read, lazily_read, read_of_row
from ...project.summary import Shown, Thing
from ...project.traces import short
from ..loads import doubts, hops, sureness
from ..raised import missing_greenlet
from ..registry import rule
from ..serialized import Miss, misses
from .contracts import reasons

_SYNC = "each row costs a statement of its own: thirty rows are thirty-one statements"
_SHARED = (
    "each `{}` that the session does not hold yet costs a statement: thirty rows that lead to ten are eleven statements"
)
_MAY_SHARE = "rows may lead to the same `{}`, which costs one statement"
_APART = "each row was fetched or made by itself: this is not its first statement"
_MAY_LACK = "its key may be NULL, and such a row costs nothing"
_ASYNC = (
    "reading it sends a statement that nothing awaits: FastAPI answers 500 with ResponseValidationError, caused by {}"
)
_CALLED = "reading it sends a statement that nothing awaits: it raises {}"


@rule("SQA405", on=Shown)
def lazy_load_in_serialization(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for entities that a schema takes apart although what it reads of them is not loaded."""
    if shown.by:
        yield from _by_hand(unit, shown, project)
        return
    role = project.layers.of(unit)
    for thing, found, expired in misses(project, unit, shown):
        stale = thing.plan.stale if expired else None
        if thing.plan.closed or (stale is not None and stale.how == "commit"):
            continue
        by_call, asynchronous = bool(shown.schema), thing.plan.kind in ASYNC
        if not asynchronous and (role.layer in UNHURRIED or project.run_only_by(unit, UNHURRIED)):
            continue
        sure = min(sureness(thing.plan, stale), found[0].sure)
        yield Claim(
            spot=unit.spot(shown.at, Extent.CALL if by_call else Extent.STATEMENT),
            symbol=unit.symbol,
            message=_message(thing, found, expired),
            confidence=sure if by_call else min(sure, role.sure),
            severity=Severity.ERROR if asynchronous else Severity.WARNING,
            label=f"the {'schema' if by_call else 'response model'} reads the entity here",
            why=(_CALLED if by_call or found[0].raises else _ASYNC).format(missing_greenlet(project))
            if asynchronous
            else _why(found[0].cost),
            help=_help(found[0], expired),
            role="" if by_call else f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=(
                *(() if by_call else reasons(role)),
                *doubts(thing.plan, stale),
                *(() if asynchronous else _weak(found[0].cost)),
                *((_APART,) if thing.apart and not asynchronous else ()),
            ),
            trace=tuple(hops(project, thing.plan, stale, shown.through)),
            legs=(unit.symbol,),
        )
        return


def _by_hand(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """A claim for a method of the entity that a handler calls for each row of a query."""
    role, method = project.layers.of(unit), project.names.units[shown.by]
    thing = shown.things[0]
    if role.layer != "handler" or thing.plan.closed:
        return
    by = shown.through
    found = read_of_row(project, thing, method, by.name) if by is not None else lazily_read(project, thing, method)
    if not found:
        return
    names = ", ".join(f"`{read.attribute.name}`" for read in found[:3] if read.sure is found[0].sure)
    reader = found[0].unit
    via = f", by `{reader.definition.name}`" if reader is not method else ""
    yield Claim(
        spot=unit.spot(shown.at, Extent.CALL),
        symbol=unit.symbol,
        message=f"`{short(method)}` reads {names} of each `{_short(thing.entity)}`, which the query does not load",
        confidence=min(found[0].sure, role.sure, sureness(thing.plan, None)),
        severity=Severity.WARNING,
        label=f"called for each row{via}",
        why=_why(found[0].cost),
        help=_help(Miss("", (found[0].attribute.name,), found[0].attribute.owner, True), False),
        role=f"handler ({', '.join(role.because)})",
        entry=role.entry,
        because=(*_weak(found[0].cost), *_tested(found[0])),
        trace=tuple(hops(project, thing.plan, None, by)),
        legs=(unit.symbol,),
    )


def _why(cost: Cost) -> str:
    return _SHARED.format(_short(cost.of)) if cost.of else _SYNC


def _weak(cost: Cost) -> tuple[str, ...]:
    """What makes it less sure that there are many statements."""
    shared = (_MAY_SHARE.format(_short(cost.of)),) if cost.of else ()
    return (*shared, _MAY_LACK) if cost.null else shared


def _tested(read: Read) -> tuple[str, ...]:
    return () if read.sure is Confidence.LIKELY or read.cost.null else ("a test decides whether it is read",)


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _message(thing: Thing, found: list[Miss], expired: bool) -> str:
    first, sure = found[0], min(found[0].sure, Confidence.LIKELY)
    if expired and thing.plan.stale is not None:
        return f"`{_short(first.schema)}` reads `{_short(thing.entity)}` after `{thing.plan.stale.text}` made it expire"
    named = (".".join(miss.names) for miss in found if miss.sure >= sure)
    names = ", ".join(f"`{name}`" for name in list(dict.fromkeys(named))[:3])
    return f"`{_short(first.schema)}` reads {names} of `{_short(thing.entity)}`, which the query does not load"


def _help(miss: Miss, expired: bool) -> str:
    if expired:
        return "`await session.refresh(...)` before"
    return f"load it with the query: `.options(selectinload({_short(miss.entity)}.{miss.names[-1]}))`"
