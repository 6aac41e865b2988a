"""A transaction that is begun on a session which the caller may have begun already."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import ENDS, SENDS, WRITES, Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.dependents import provided_by
from ...project.layers import BOUNDARY_LAYERS, MODEL, REPOSITORY
from ...project.parts import is_statement
from ...project.reading.state import UNSAVED, USED
from ...project.summary import Event, Key, Step
from ...project.traces import Leg
from ...project.values import Path
from ..registry import rule
from .commit_in_repository import borrowed, is_delegate, path_to, ways

_BEGINS = SENDS | {Verb.WRITE}
"""What begins a transaction by itself."""
_ENDS = ENDS | {Verb.BEGIN}
_USED_HERE = "raises InvalidRequestError: the session has been used by then, and has begun a transaction by itself"
_USED_ABOVE = "raises InvalidRequestError once the caller has used the session; else its end commits for the caller"


@rule("SQA222", on=Event)
def begin_on_borrowed_session(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a `begin()` on a session that the function was given."""
    layer = project.layers.of(unit).layer
    if event.verb is not Verb.BEGIN or layer == MODEL or event.asks == "state":
        return
    if not borrowed(project, unit, event.path) or is_delegate(unit, event, project):
        return
    used = _used_before(project, unit, event.path, event.at)
    if not used and (layer in BOUNDARY_LAYERS or _has_ended(project, unit, event.path, event.at)):
        return
    legs = project.traces.legs(unit, Key(Verb.BEGIN, event.path, event.guard))
    if not legs:
        return
    opened = {"fresh", "global", "injected"} if _is_use_case(project, unit) else {"fresh", "global"}
    may_be_used = used or any(leg.path.root not in opened or _is_used(project, leg) for leg in legs)
    own = Hop(unit.spot(event.at), "begins a transaction", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` begins a transaction on a session that {_origin(event.path)}",
        confidence=min(event.sure, legs[0].sure, Confidence.LIKELY if may_be_used else Confidence.POSSIBLE),
        label="the session may have a transaction already",
        why=_USED_HERE if used else _USED_ABOVE,
        help="use `begin_nested()`, or let the caller that opened the session begin and commit",
        entry=project.layers.of(legs[0].entry).entry,
        because=() if may_be_used else ("no known caller has used the session before",),
        trace=path_to(own, legs[0], project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


def _origin(path: Path) -> str:
    return "all of its thread or request use" if path.root == "global" else "was given to it"


def _is_use_case(project: Project, unit: Unit) -> bool:
    """Whether a method is of a class, no repository, of which each ends itself what it has written."""
    if unit.klass is None or project.layers.of(unit).layer == REPOSITORY:
        return False
    for method in project.names.children(unit.klass).values():
        if method.kind == "function":
            summary = project.summary(method)
            verbs = {key.verb for key in summary.effects if key.path.root == "param" and key.path.key == 0}
            if verbs & WRITES and not any(event.verb in _ENDS for event in summary.events):
                return False
    return True


def _has_ended(project: Project, unit: Unit, path: Path, at: int) -> bool:
    """Whether the function itself ends the transaction of a session before it gets to a place, whatever happens."""
    return any(
        one.verb in ENDS
        and one.path == path
        and (is_statement(unit.body, one.at) or not (one.asked or one.guard or one.loop))
        and unit.spot(one.at).at < unit.spot(at).at
        for one in project.summary(unit).events
    )


def _is_used(project: Project, leg: Leg) -> bool:
    """Whether somebody has used the session before the calls that lead here."""
    return any(_used_before(project, one.caller, one.outer.path, one.edge.at) for one in leg.links)


def _used_before(project: Project, unit: Unit, path: Path, at: int) -> bool:
    """Whether a session has a transaction by the time of a place, for all that the function knows."""
    return (_uses_by_dependencies(project, unit, path) and not _has_ended(project, unit, path, at)) or any(
        first.what in (USED, UNSAVED)
        and first.path == path
        and then.at == at
        and then.verb is Verb.BEGIN
        and not _ends_it(project, first)
        for first, then in project.summary(unit).sequels
    )


def _ends_it(project: Project, first: Step) -> bool:
    """Whether what has used the session is a callee that ends a transaction of it."""
    effects = project.summary(project.names.units[first.via]).effects if first.via and first.inner is not None else ()
    return any(first.inner is not None and key.path == first.inner.path and key.verb in _ENDS for key in effects)


def _uses_by_dependencies(project: Project, unit: Unit, path: Path) -> bool:
    """Whether another dependency of a handler uses the session that it is injected, and leaves its transaction open."""
    waiting, seen = [unit] if path.root == "injected" else [], set[str]()
    for one in waiting:
        for key in project.summary(one).injected:
            provider = project.names.by_symbol.get(provided_by(key))
            if provider is not None and provider.key not in seen and provider.kind == "function":
                seen.add(provider.key)
                waiting.append(provider)
                verbs = {key.verb for key in project.summary(provider).effects if key.path == path}
                if verbs & _BEGINS and not verbs & _ENDS:
                    return True
    return False
