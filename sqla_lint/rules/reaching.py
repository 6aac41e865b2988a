"""The way from a call down to what it does to a session, as rules about transactions tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..facts.schema import Call, Expr, Lit, Name
from ..knowledge import DIRTIES, Verb
from ..model import Confidence, Hop
from ..project import Project, Unit
from ..project.layers import BOUNDARY_LAYERS, PROVIDER
from ..project.summary import Breach, Commit, Edge, Event, Key, Step, Summary
from ..project.traces import Leg, short

DEEPEST = 9
"""How many calls a way is followed down at most."""
_WORKS = DIRTIES | {Verb.USE}


class Reached(NamedTuple):
    """The calls that lead to an effect (by whom, and by which edge), and the function and place that has it."""

    project: Project
    calls: tuple[tuple[Unit, Edge], ...]
    unit: Unit
    at: int
    text: str

    @property
    def steps(self) -> tuple[Hop, ...]:
        """The calls as steps of a trace."""
        names = self.project.names
        return tuple(
            Hop(
                caller.spot(edge.at),
                f"`{short(caller)}` calls `{short(names.units[edge.callee])}`",
                caller.symbol,
            )
            for caller, edge in self.calls
        )

    @property
    def events(self) -> list[Event]:
        """What is done there."""
        return [one for one in self.project.summary(self.unit).events if one.at == self.at]

    @property
    def is_asked(self) -> bool:
        """Whether a test decides there if it is done at all."""
        return any(event.asked for event in self.events)

    @property
    def is_whichever(self) -> bool:
        """Whether a test that nobody knows chooses the session, and each of them is one to do it to."""
        return len({event.path for event in self.events}) > 1

    @property
    def is_apart(self) -> bool:
        """Whether it ends what a provider has begun: a transaction of its own, even on a session that others know."""
        return bool(self.calls) and self.project.layers.of(self.unit).layer == PROVIDER

    @property
    def is_done_once(self) -> bool:
        """Whether a call on the way is always the same and only creates what is missing yet: `get_admin_role()`."""
        return any(
            self._is_constant(caller, edge) and (self.is_asked or position + 1 < len(self.calls))
            for position, (caller, edge) in enumerate(self.calls)
        )

    @property
    def is_of_its_own(self) -> bool:
        """Whether a function on the way that is told nothing writes all of it: housekeeping, no part of a use case."""
        names, summary = self.project.names, self.project.summary
        return any(
            self._is_constant(caller, edge)
            and any(key.verb in _WORKS for key in summary(names.units[edge.callee]).effects)
            for caller, edge in self.calls
        )

    def _is_constant(self, caller: Unit, edge: Edge) -> bool:
        """Whether a plain function is called with nothing but literals and sessions."""
        return (
            not edge.receiver
            and isinstance(edge.source, Call)
            and all(isinstance(arg.value, Lit) or self._is_session(caller, arg.value) for arg in edge.source.args)
        )

    def _is_session(self, caller: Unit, expr: Expr) -> bool:
        values = self.project.summary(caller).env.get(expr.id, ()) if isinstance(expr, Name) else ()
        return bool(values) and all(self.project.classes.session_kind(value.type) for value in values)


def reached(project: Project, unit: Unit, what: Breach | Commit | Step) -> Reached | None:
    """Where what a function is said to do is really done; None when that cannot be told."""
    if not what.via or what.inner is None:
        return Reached(project, (), unit, what.at, what.text)
    own = next((one for one in project.summary(unit).edges if (one.at, one.callee) == (what.at, what.via)), None)
    return _through(project, unit, own, what.inner, what.text) if own is not None else None


def handed_on(
    project: Project, unit: Unit, step: Step, what: str, left: Callable[[Summary], tuple[Step, ...]]
) -> Iterator[tuple[tuple[Hop, ...], Unit, Step]]:
    """Each function that has left a step to its callers, with the calls down to it and the step as it sees it; `what`
    marks steps that a callee has left, `left` tells what it has."""
    ways: list[tuple[tuple[Hop, ...], Unit, Step]] = [((), unit, step)]
    known = {(unit.key, step)}
    for calls, caller, one in ways:
        if one.what != what:
            yield calls, caller, one
        elif one.inner is not None and len(calls) < DEEPEST:
            callee, inner = project.names.units[one.via], one.inner
            hop = Hop(caller.spot(one.at), f"`{short(caller)}` calls `{short(callee)}`", caller.symbol)
            receiver = project.traces.receiver(caller, one.at, one.via)
            for other in left(project.summary(callee)):
                if not project.classes.akin(other.klass, receiver):
                    continue
                if (other.path, other.guard) == (inner.path, inner.guard) and (callee.key, other) not in known:
                    known.add((callee.key, other))
                    ways.append(((*calls, hop), callee, other))


def whichever(one: Commit | Step, found: Iterable[Commit | Step]) -> Confidence:
    """How sure it is that this is done to some session: where a test that nobody knows chooses whose method is called,
    it is only possible for each of them, and likely for one of them."""
    paths = {other.path for other in found if other.at == one.at and not other.via}
    return max(one.sure, Confidence.LIKELY) if len(paths) > 1 and not one.via else one.sure


def done_at(project: Project, unit: Unit, at: int, verb: Verb) -> list[Reached]:
    """What a function does of this kind at one place, right there or by calls."""
    summary = project.summary(unit)
    found: list[Reached | None] = [
        Reached(project, (), unit, at, event.text) for event in summary.events if event.at == at and event.verb is verb
    ]
    found += [
        _through(project, unit, edge, carried.inner, "")
        for edge in summary.edges
        if edge.at == at
        for carried in edge.carried
        if carried.inner.verb is verb
    ]
    return [one for one in found if one is not None]


def is_turned_off(leg: Leg, project: Project) -> bool:
    """Whether all who call the function that a way ends at turn the effect off."""
    layer = project.layers.of(leg.entry).layer
    return bool(leg.key.guard) and layer not in BOUNDARY_LAYERS and any(project.traces.callers(leg.entry))


def below(project: Project, unit: Unit, key: Key) -> Reached | None:
    """Where an effect of a function is really done; None when that cannot be told."""
    return _down(project, unit, key, (), "")


def _through(project: Project, unit: Unit, edge: Edge, inner: Key, text: str) -> Reached | None:
    return _down(project, project.names.units[edge.callee], inner, ((unit, edge),), text)


def _down(project: Project, unit: Unit, key: Key, before: tuple[tuple[Unit, Edge], ...], text: str) -> Reached | None:
    found = project.traces.down(unit, key)
    if found is None:
        return None
    calls, ending, inner = found
    at = project.summary(ending).effects[inner].at
    events = (one for one in project.summary(ending).events if one.at == at and one.verb is inner.verb)
    return Reached(project, (*before, *calls), ending, at, next((one.text for one in events), text))
