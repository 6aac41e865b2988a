"""A function that closes a session it was given."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import SENDS, Verb
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import BOUNDARY_LAYERS, COMMAND, MODEL, OUTSIDE
from ...project.summary import Event, Key, Sequel
from ...project.traces import short
from ..reaching import reached
from ..registry import rule
from ..transactions.commit_in_repository import borrowed, path_to, ways

_USES = SENDS | {Verb.WRITE}
_ENDS = ("close", "__exit__", "__aexit__", "__del__")


@rule("SQA116", on=(Event, Sequel))
def borrowed_session_closed(unit: Unit, found: Event | Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that a function was given, works with, and closes."""
    if isinstance(found, Sequel):
        yield from _used_afterwards(unit, found, project)
        return
    layer = project.layers.of(unit).layer
    if layer in BOUNDARY_LAYERS or layer == MODEL or not _is_closed(project, unit, found):
        return
    legs = project.traces.legs(unit, Key(Verb.CLOSE, found.path, found.guard))
    if not legs:
        return
    own = Hop(unit.spot(found.at), "closes it", unit.symbol)
    kept = bool(found.path.attrs)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{found.text}` closes a session that was given to it",
        confidence=min(found.sure, legs[0].sure, Confidence.LIKELY if kept else Confidence.POSSIBLE),
        label="the caller's session is closed here",
        why=_WHY,
        help=_HELP,
        entry=project.layers.of(legs[0].entry).entry,
        because=() if kept else ("nobody is known to use the session afterwards",),
        trace=path_to(own, legs[0], project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


_WHY = "what the caller has added and not flushed yet is lost without an error, and its entities are detached"
_HELP = "leave the session open; whoever opened it closes it"


def _used_afterwards(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """A claim for a close after which a caller goes on with the session."""
    first, then = sequel
    if first.what != "closed" or project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    end = reached(project, unit, first)
    event = next((one for one in end.events if one.verb is Verb.CLOSE), None) if end is not None else None
    if end is None or event is None or not _is_closed(project, end.unit, event):
        return
    own = Hop(end.unit.spot(end.at), "closes it", end.unit.symbol)
    after = Hop(unit.spot(then.at), f"`{short(unit)}` goes on with it", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=end.unit.symbol,
        message=f"`{event.text}` closes a session that `{short(unit)}` goes on with",
        confidence=min(first.sure, then.sure),
        label="the caller's session is closed here",
        why=_WHY,
        help=_HELP,
        entry=project.layers.of(unit).entry,
        because=("the close stands under a condition that the caller decides",) if first.guard else (),
        trace=(*end.steps, own, after),
        legs=(unit.symbol,),
    )


def _is_closed(project: Project, unit: Unit, event: Event) -> bool:
    """Whether a function works with a session that it was given, in any case, and closes it whatever happens."""
    if event.verb is not Verb.CLOSE or event.kind not in SESSIONS or event.asked:
        return False
    if (
        unit.definition.is_generator
        or event.path.root == "global"
        or any(word in unit.definition.name for word in _ENDS)
    ):
        return False
    summary = project.summary(unit)
    closed = [one.path for one in summary.events if (one.at, one.verb) == (event.at, event.verb)]
    if not all(borrowed(project, unit, path) for path in closed):
        return False
    if any(one.param != event.path.key for one in event.guard):
        return False
    return any(key.verb in _USES and key.path == event.path for key in summary.effects)
