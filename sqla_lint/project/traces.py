"""How an effect is reached: shortest walks over the edges that carry it, made only for what is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import OWN_NAME
from ..model import Confidence, Extent, Hop
from .dependents import provided_by
from .layers import BOUNDARY_LAYERS, TEST
from .modules import Unit
from .summary import CALLS, Edge, Key
from .values import Path

if TYPE_CHECKING:
    from .project import Project

_MOST = 2_000


class Link(NamedTuple):
    """One call on a leg: the caller, the edge it calls by, and the effect as the caller sees it."""

    caller: Unit
    edge: Edge
    outer: Key


class Leg(NamedTuple):
    """A way from an entry down to an effect: links from the entry to the function that has the effect.

    `klass` is the class that `self` must be of at the entry, because a method below overrides another's.
    """

    entry: Unit
    links: tuple[Link, ...]
    key: Key
    sure: Confidence
    klass: str = ""

    @property
    def path(self) -> Path:
        """The session as the entry sees it."""
        return self.key.path


class Traces:
    """Legs of one project; the index of callers is built on first use."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._callers: dict[str, list[tuple[Unit, Edge]]] | None = None

    def callers(self, unit: Unit) -> list[tuple[Unit, Edge]]:
        """Who calls a unit with effects on sessions, in a fixed order."""
        if self._callers is None:
            self._callers = {}
            for caller in self._project.units:
                if caller.kind != "class" and self._project.summaries.says(caller, CALLS):
                    for edge in self._project.summary(caller).edges:
                        self._callers.setdefault(edge.callee, []).append((caller, edge))
        return self._callers.get(unit.key, [])

    def legs(self, unit: Unit, key: Key) -> list[Leg]:
        """All ways to this effect from where its session comes from, the best first.

        A leg ends upwards where the session is no longer a parameter, at a boundary, or where nobody calls.
        """
        found: list[Leg] = []
        seen: set[tuple[str, Key]] = {(unit.key, key)}
        queue: list[Leg] = [Leg(unit, (), key, Confidence.CERTAIN)]
        for leg in queue:
            if len(queue) > _MOST:
                break
            ups = list(self._up(leg)) if self._goes_up(leg) else []
            if not ups:
                found.append(leg)
                continue
            for up in ups:
                mark = (up.entry.key, up.key)
                if mark not in seen:
                    seen.add(mark)
                    queue.append(up)
        found.sort(key=lambda leg: (-leg.sure, self._layer_order(leg), len(leg.links), leg.entry.symbol))
        return found

    def _layer_order(self, leg: Leg) -> int:
        layer = self._project.layers.of(leg.entry).layer
        return 0 if layer in ("handler", "task", "command") else 2 if layer in ("test", "script", "migration") else 1

    def _goes_up(self, leg: Leg) -> bool:
        if leg.path.root != "param":
            return leg.path.root == "global"
        return not leg.links or self._project.layers.of(leg.entry).layer not in BOUNDARY_LAYERS

    def _up(self, leg: Leg) -> Iterator[Leg]:
        if leg.path.root == "global" and len(leg.links) > 4:
            return
        for caller, edge in self.callers(leg.entry):
            if not self._project.classes.akin(leg.klass, edge.receiver):
                continue
            for carried in edge.carried:
                if carried.inner == leg.key:
                    likely = edge.sure == leg.sure == Confidence.LIKELY and leg.links
                    sure = Confidence.POSSIBLE if likely and edge.how else min(edge.sure, leg.sure)
                    links = (Link(caller, edge, carried.outer), *leg.links)
                    yield Leg(caller, links, carried.outer, sure, self._needs(leg, caller, edge))

    def _needs(self, leg: Leg, caller: Unit, edge: Edge) -> str:
        """The class that `self` of the caller must be of: that of the override it runs on itself."""
        klass = caller.klass
        if klass is None or not edge.receiver or not self._project.classes.akin(klass.symbol, edge.receiver):
            return ""
        own = leg.entry.klass.symbol if leg.entry.klass is not None else ""
        below = [one.symbol for one in self._project.classes.line(own)] if own else []
        return own if klass.symbol in below else leg.klass

    def down(self, unit: Unit, key: Key) -> tuple[list[tuple[Unit, Edge]], Unit, Key] | None:
        """The calls from a function with an effect down to the one that has it itself, that function, and the effect
        as it sees it; None when none is found."""
        steps: list[tuple[Unit, Edge]] = []
        seen: set[tuple[str, Key]] = set()
        while True:
            rank = self._project.summary(unit).effects.get(key)
            if rank is None or (unit.key, key) in seen:
                return None
            if not rank.via:
                return steps, unit, key
            seen.add((unit.key, key))
            for edge in self._project.summary(unit).edges:
                if edge.at == rank.at and edge.callee == rank.via:
                    inner = next((one.inner for one in edge.carried if one.outer == key), None)
                    break
            else:
                return None
            if inner is None:
                return None
            steps.append((unit, edge))
            unit, key = self._project.names.units[edge.callee], inner

    def receiver(self, unit: Unit, at: int, callee: str) -> str:
        """The class of what a function calls a method on; "" when it is no method call."""
        edges = self._project.summary(unit).edges
        return next((edge.receiver for edge in edges if edge.at == at and edge.callee == callee), "")

    def agree(self, unit: Unit, at: int, callee: str, calls: Sequence[tuple[Unit, Edge]]) -> bool:
        """Whether the calls below a call can be those of one object: what it runs of itself is of its own class."""
        receiver = self.receiver(unit, at, callee)
        for caller, edge in calls:
            own, below = caller.klass, self._project.names.units[edge.callee].klass
            if own is None or below is None or not receiver or edge.receiver != own.symbol:
                return True
            if not self._project.classes.akin(below.symbol, receiver):
                return False
        return True

    def opener(self, leg: Leg) -> Hop | None:
        """Where the session of a leg comes from: the call that opens it, or the provider that injects it."""
        path = leg.path
        if path.root == "fresh":
            at = path.key
            while isinstance(at, tuple):
                at = at[0]
            if isinstance(at, int) and at >= 0 and leg.entry.has(at):
                spot = leg.entry.spot(at)
                return Hop(spot, f"`{short(leg.entry)}` opens the session", leg.entry.symbol)
        return self.provider(path)

    def provider(self, path: Path) -> Hop | None:
        """The function that a framework calls for an injected session, and where it opens it."""
        if path.root == "injected":
            unit = self._project.names.by_symbol.get(provided_by(path.key))
            if unit is not None and unit.kind == "function":
                spot = unit.spot(OWN_NAME, Extent.NAME)
                for value in (*self._project.summary(unit).yields, *self._project.summary(unit).returns):
                    if value.path.root == "fresh" and isinstance(value.path.key, int) and value.path.key >= 0:
                        spot = unit.spot(value.path.key)
                return Hop(spot, f"`{short(unit)}` provides the session", unit.symbol)
        return None

    def hops(self, leg: Leg) -> list[Hop]:
        """The steps of a leg from opener to the last call; the effect itself is the rule's to add. Where tests call,
        the way begins with what they call."""
        links = [link for link in leg.links if self._project.layers.of(link.caller).layer != TEST]
        opener = self.opener(leg) if len(links) == len(leg.links) else None
        found = [opener] if opener is not None else []
        for link in links:
            callee = self._project.names.units[link.edge.callee]
            text = f"`{short(link.caller)}` calls `{short(callee)}`"
            found.append(Hop(link.caller.spot(link.edge.at), text, link.caller.symbol))
        return found


def short(unit: Unit) -> str:
    """A function as messages call it: with its class, without its module."""
    klass = unit.klass
    if klass is not None:
        return f"{klass.definition.name}.{unit.definition.name}"
    return unit.definition.name or unit.module.name
