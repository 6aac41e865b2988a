"""A schema reads a relationship that nothing has loaded: a statement for each row, and in async code an error."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent, Severity
from ...project import Project, Unit
from ...project.layers import UNHURRIED
from ...project.serializing import lazily_read, read_of_row
from ...project.summary import Shown, Thing
from ...project.traces import short
from ..loads import doubts, hops, sureness
from ..raised import missing_greenlet
from ..registry import rule
from ..serialized import Miss, misses
from .contracts import reasons

_SYNC = "each row costs a statement of its own: thirty rows are thirty-one statements"
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
            why=(_CALLED if by_call else _ASYNC).format(missing_greenlet(project)) if asynchronous else _SYNC,
            help=_help(found[0], expired),
            role="" if by_call else f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=(*(() if by_call else reasons(role)), *doubts(thing.plan, stale)),
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
        why=_SYNC,
        help=_help(Miss("", (found[0].attribute.name,), found[0].attribute.owner, True), False),
        role=f"handler ({', '.join(role.because)})",
        entry=role.entry,
        because=() if found[0].sure is Confidence.LIKELY else ("a test decides whether it is read",),
        trace=tuple(hops(project, thing.plan, None, by)),
        legs=(unit.symbol,),
    )


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _message(thing: Thing, found: list[Miss], expired: bool) -> str:
    first = found[0]
    if expired and thing.plan.stale is not None:
        return f"`{_short(first.schema)}` reads `{_short(thing.entity)}` after `{thing.plan.stale.text}` made it expire"
    names = ", ".join(f"`{name}`" for name in list(dict.fromkeys(".".join(miss.names) for miss in found))[:3])
    return f"`{_short(first.schema)}` reads {names} of `{_short(thing.entity)}`, which the query does not load"


def _help(miss: Miss, expired: bool) -> str:
    if expired:
        return "`await session.refresh(...)` before"
    return f"load it with the query: `.options(selectinload({_short(miss.entity)}.{miss.names[-1]}))`"
