"""A mapped class that commits the session its instances live in."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Lit
from ...knowledge import WRITES, Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit, beside
from ...project.layers import BOUNDARY_LAYERS, MODEL, TEST
from ...project.summary import Event, Key, Summary
from ...project.traces import Leg
from ..reaching import is_turned_off
from ..registry import rule
from .commit_in_repository import OPENED, borrowed, is_delegate, is_opened_for_it, path_to, ways

_STORES = WRITES | {Verb.COMMIT}
_ALONE = "nobody who is known to call it stores anything else"
_NOW_AND_THEN = "it commits only when some time has gone by, as long work does to keep what it has"
_TURNED_OFF = "it commits only when it is told to, and nobody is known to"


@rule("SQA207", on=Event)
def commit_in_model(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit of a session that a mapped class, or a mixin of one, did not open itself."""
    role = project.layers.of(unit)
    if event.verb is not Verb.COMMIT or role.layer != MODEL or not borrowed(project, unit, event.path):
        return
    if is_delegate(unit, event, project) or event.provided:
        return
    klass = unit.klass
    legs = project.traces.legs(unit, Key(Verb.COMMIT, event.path, event.guard))
    opened = is_opened_for_it(project, unit, event.path, legs)
    off = _is_off(unit, event) and bool(legs) and all(is_turned_off(leg, project) for leg in legs)
    alone = _stores_alone(unit, event, legs, project)
    now_and_then = beside.is_now_and_then(project, unit, event.at)
    doubts = tuple(
        doubt
        for doubt, holds in ((OPENED, opened), (_TURNED_OFF, off), (_ALONE, alone), (_NOW_AND_THEN, now_and_then))
        if holds
    )[:1]
    own = Hop(unit.spot(event.at), "commits", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` in a mapped class commits everything in the session, not this entity",
        confidence=Confidence.POSSIBLE if doubts else min(event.sure, role.sure),
        label="commits from inside an entity",
        why="whatever else the use case has changed so far is stored with it, and can no longer be rolled back",
        help="add or change the entity here, at most flush; commit where the use case ends",
        role=f"model ({', '.join(role.because)})" if klass is not None else "",
        because=doubts,
        trace=path_to(own, legs[0], project) if legs else (),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


def _stores_alone(unit: Unit, event: Event, legs: list[Leg], project: Project) -> bool:
    """Whether all known ways to the only commit of a function begin at a boundary, and nobody on them stores more."""
    commits = project.summary(unit).commits
    legs = [leg for leg in legs if project.layers.of(leg.entry).layer != TEST]
    return (
        bool(legs)
        and not any(one.after for one in commits if one.path == event.path)
        and all(
            project.layers.of(leg.entry).layer in BOUNDARY_LAYERS
            and not any(_stores_beside(project.summary(link.caller), link.edge.at) for link in leg.links)
            for leg in legs
        )
    )


def _stores_beside(summary: Summary, at: int) -> bool:
    """Whether a caller writes or commits something at another place than this."""
    events = ((event.at, event.verb) for event in summary.events)
    calls = ((edge.at, carried.outer.verb) for edge in summary.edges for carried in edge.carried)
    return any(place != at and verb in _STORES for place, verb in (*events, *calls))


def _is_off(unit: Unit, event: Event) -> bool:
    """Whether a parameter decides whether an event happens, and by its default it does not."""
    params = unit.definition.params
    defaults = ((params[one.param].default, one.holds) for one in event.guard if one.test == "true" and not one.name)
    return any(isinstance(default, Lit) and bool(default.value) is not holds for default, holds in defaults)
