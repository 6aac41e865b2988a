"""A transaction that is begun on a session which the caller may have begun already."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import BOUNDARY_LAYERS, MODEL
from ...project.summary import Event, Key
from ..registry import rule
from .commit_in_repository import borrowed, is_delegate, path_to


@rule("SQA222", on=Event)
def begin_on_borrowed_session(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a `begin()` on a session that the function was given."""
    layer = project.layers.of(unit).layer
    if event.verb is not Verb.BEGIN or layer in BOUNDARY_LAYERS or layer == MODEL or event.asks == "state":
        return
    if not borrowed(project, unit, event.path) or is_delegate(unit, event):
        return
    legs = project.traces.legs(unit, Key(Verb.BEGIN, event.path, event.guard))
    if not legs:
        return
    own = Hop(unit.spot(event.at), "begins a transaction", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` begins a transaction on a session that was given to it",
        confidence=min(event.sure, legs[0].sure, Confidence.LIKELY),
        label="the session may have a transaction already",
        why="raises InvalidRequestError once the caller has used the session; else its end commits for the caller",
        help="use `begin_nested()`, or let the caller that opened the session begin and commit",
        entry=project.layers.of(legs[0].entry).entry,
        trace=path_to(own, legs[0], project),
        legs=tuple(dict.fromkeys(one.entry.symbol for one in legs)),
    )
