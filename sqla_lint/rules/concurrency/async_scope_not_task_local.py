"""A registry that gives tasks one session between them, or each child task one that nobody ends."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...knowledge import OWN_LOOP, Verb
from ...knowledge.sqlalchemy import ASYNC_REGISTRY, REGISTRIES
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE, STARTUP
from ...project.scopes import Scope, is_shared, scopes
from ...project.summary import Draw, Drawn, Overlap
from ...project.traces import short
from ..registry import rule
from ..sharing import steps_to

_ALONE = OUTSIDE | {COMMAND, STARTUP}
"""Layers whose coroutines have the event loop to themselves."""
_BY = {"thread": "thread", "loop": "event loop", "nothing": "process"}


@rule("SQA309", on=(Drawn, Overlap))
def async_scope_not_task_local(unit: Unit, found: Drawn | Overlap, project: Project) -> Iterator[Claim]:
    """Yields a claim for a registry that coroutines use and that does not tell tasks apart, and for child tasks whose
    work stays in sessions of their own."""
    role = project.layers.of(unit)
    if role.layer in _ALONE or role.framework in OWN_LOOP or project.run_only_by(unit, _ALONE):
        return
    if isinstance(found, Overlap):
        yield from _lost(unit, found, project)
        return
    for draw in (one for one in found.draws if one.given is None):
        if draw.kind in REGISTRIES:
            for scope in scopes(project, draw.source):
                if is_shared(scope, draw, unit):
                    yield _shared(unit, draw, scope, project)


def _shared(unit: Unit, draw: Draw, scope: Scope, project: Project) -> Claim:
    spot = scope.unit.spot(scope.call.at)
    taker = project.names.units[draw.where]
    name = draw.source.rpartition(".")[2]
    sure = draw.sure if scope.kind == ASYNC_REGISTRY else min(draw.sure, Confidence.LIKELY)
    return Claim(
        spot=spot,
        symbol=scope.unit.symbol,
        message=f"`{name}` has one session for each {_BY[scope.by]}, and `{short(unit)}` is a coroutine",
        confidence=sure,
        label=f"one session for all tasks of a {_BY[scope.by]}",
        why="all tasks of an event loop run in one thread, so that requests share one transaction: one of them rolls "
        "back or commits what another has not finished, without an error",
        help="open a session in each request, or use async_scoped_session with scopefunc=asyncio.current_task",
        entry=project.layers.of(unit).entry,
        trace=(
            Hop(spot, "makes the registry", scope.unit.symbol),
            Hop(unit.spot(OWN_NAME, Extent.NAME), "may run in several tasks at once", unit.symbol),
            Hop(taker.spot(draw.at), f"uses the session of `{name}`", taker.symbol),
        ),
        legs=(unit.symbol,),
    )


def _lost(unit: Unit, overlap: Overlap, project: Project) -> Iterator[Claim]:
    """Child tasks write in sessions of their own, and do not commit them."""
    if overlap.kind != ASYNC_REGISTRY or overlap.path.root != "global" or overlap.race.threads:
        return
    symbol = str(overlap.path.key)
    if not any(scope.by == "task" for scope in scopes(project, symbol)):
        return
    starter = project.names.units[overlap.race.where]
    edges = [edge for edge in project.summary(starter).edges if edge.at in overlap.race.calls]
    for edge in edges:
        verbs = {carried.outer.verb for carried in edge.carried if carried.outer.path == overlap.path}
        if Verb.WRITE in verbs and Verb.COMMIT not in verbs:
            break
    else:
        return
    name = symbol.rpartition(".")[2]
    steps, own, _ = steps_to(project, overlap.race, "runs each in a task of its own")
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{overlap.race.text}` runs tasks that write by `{name}`, each in a session of its own that nobody "
        "commits",
        confidence=min(overlap.sure, Confidence.LIKELY),
        label="another task, another session",
        why=f"`{name}` is keyed by task: what the children add is not in the session that is committed here, and is "
        "lost without an error",
        help="pass one session on and await them one after another, or commit and remove in each task",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own) if steps else (),
        legs=(unit.symbol,),
    )
