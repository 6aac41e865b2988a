"""A transaction that is begun on a session which the caller may have begun already."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import SENDS, Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import BOUNDARY_LAYERS, MODEL
from ...project.summary import Event, Key
from ...project.traces import Leg
from ..registry import rule
from .commit_in_repository import borrowed, is_delegate, path_to, ways

_BEGINS = SENDS | {Verb.WRITE}
"""What begins a transaction by itself."""


@rule("SQA222", on=Event)
def begin_on_borrowed_session(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a `begin()` on a session that the function was given."""
    layer = project.layers.of(unit).layer
    if event.verb is not Verb.BEGIN or layer in BOUNDARY_LAYERS or layer == MODEL or event.asks == "state":
        return
    if not borrowed(project, unit, event.path) or is_delegate(unit, event, project):
        return
    legs = project.traces.legs(unit, Key(Verb.BEGIN, event.path, event.guard))
    if not legs:
        return
    may_be_used = any(leg.path.root != "fresh" or _is_used(project, leg) for leg in legs)
    own = Hop(unit.spot(event.at), "begins a transaction", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` begins a transaction on a session that was given to it",
        confidence=min(event.sure, legs[0].sure, Confidence.LIKELY if may_be_used else Confidence.POSSIBLE),
        label="the session may have a transaction already",
        why="raises InvalidRequestError once the caller has used the session; else its end commits for the caller",
        help="use `begin_nested()`, or let the caller that opened the session begin and commit",
        entry=project.layers.of(legs[0].entry).entry,
        because=() if may_be_used else ("every known caller has opened the session itself",),
        trace=path_to(own, legs[0], project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


def _is_used(project: Project, leg: Leg) -> bool:
    """Whether whoever opens the session has used it before the call that leads here."""
    summary, entry = project.summary(leg.entry), leg.entry
    used = [event.at for event in summary.events if event.path == leg.path and event.verb in _BEGINS]
    for edge in summary.edges:
        if any(one.outer.path == leg.path and one.outer.verb in _BEGINS for one in edge.carried):
            used.append(edge.at)
    call = entry.spot(leg.links[0].edge.at).at if leg.links else -1
    return any(entry.spot(at).at < call for at in used if at >= 0)
