"""Synchronous database I/O in a coroutine: the event loop stands until the database has answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...knowledge import OWN_LOOP
from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.eventloops import has_own_loop
from ...project.layers import COMMAND, HANDLER, MIDDLEWARE, OUTSIDE, STARTUP, TASK
from ...project.summary import Stall, Stalled
from ...project.traces import short
from ..registry import rule

_ALONE = OUTSIDE | {COMMAND, STARTUP}
"""Layers that have the event loop to themselves."""
_SERVING = frozenset({HANDLER, MIDDLEWARE, TASK})
_NEAR = 2
"""So many calls below a coroutine what it waits for is its own matter. Further down it is that of the function that
asks the database: all coroutines that get there tell of one thing, and it is mended there."""


class Way(NamedTuple):
    """The calls from a coroutine down to the one that waits; `root` is the step whose function sends what is waited
    for, be it through a helper."""

    steps: tuple[tuple[Unit, Stall], ...]
    root: int

    @property
    def is_far(self) -> bool:
        return self.root > _NEAR


@rule("SQA305", on=Stalled, severity=Severity.WARNING)
def blocking_session_in_async(unit: Unit, stalled: Stalled, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first call of a coroutine that waits for the database without giving up the loop: where
    that is far below, for the function that waits, and the coroutine is a leg."""
    role = project.layers.of(unit)
    stalls = [stall for stall in stalled.stalls if stall.at >= 0]
    if not stalls or role.layer in _ALONE or role.framework in OWN_LOOP or project.run_only_by(unit, _ALONE):
        return
    way = min((_way(unit, stall, project) for stall in stalls), key=_order)
    first, last = way.steps[0][1], way.steps[-1][1]
    where, stall = way.steps[way.root] if way.is_far else way.steps[0]
    hops = tuple(_hops(way, project)) if len(way.steps) > 1 else ()
    reach = " and gets here" if way.is_far else ""
    yield Claim(
        spot=where.spot(stall.at),
        symbol=where.symbol,
        message=f"`{stall.text}` holds up the event loop: `{short(unit)}` is async{reach}, the {_what(last)} is not",
        confidence=_sureness(unit, first, role.layer, project),
        label="waits for the database",
        why="everything else on this event loop stands still meanwhile: five requests of 0.2 s each took 1.03 s, and "
        "0.22 s with an AsyncSession",
        help=_help(role.layer, "" if way.is_far else role.framework),
        entry=role.entry,
        trace=hops,
        legs=(unit.symbol,),
        ways=((unit.symbol, hops),) if hops else (),
    )


def _sureness(unit: Unit, stall: Stall, layer: str, project: Project) -> Confidence:
    """How sure it is that others wait: in an event loop that was made for a coroutine there may be none, and what an
    object keeps is asked for once."""
    if stall.kept is not None or has_own_loop(project, unit):
        return min(stall.sure, Confidence.POSSIBLE)
    return stall.sure if layer in _SERVING else min(stall.sure, Confidence.LIKELY)


def _order(way: Way) -> tuple[int, bool, int]:
    """A coroutine tells of what is its own before it tells of what is far below, and of the surest of that."""
    sure = way.steps[0][1].sure
    return (-min(sure, Confidence.LIKELY), way.is_far, -sure)


def _way(unit: Unit, stall: Stall, project: Project) -> Way:
    steps = [(unit, stall)]
    seen: set[tuple[str, object]] = set()
    while stall.via and (stall.via, stall.inner) not in seen:
        seen.add((stall.via, stall.inner))
        unit = project.names.units[stall.via]
        inner = stall.inner
        found = project.summary(unit).stalls
        stall = next(
            (one for one in found if (one.path, one.guard) == inner), min(found, key=lambda one: (one.depth, -one.sure))
        )
        steps.append((unit, stall))
    root = len(steps) - 1
    while root and (steps[root][1].at < 0 or _serves(*steps[root], project)):
        root -= 1
    return Way(tuple(steps), root)


def _serves(unit: Unit, stall: Stall, project: Project) -> bool:
    """Whether a function only waits on behalf of its caller: on a session that is given to it, as a context manager, or
    as what a decorator puts around a function."""
    given = stall.path.root == "param" and not (unit.klass is not None and stall.path.key == 0 and not unit.is_static)
    return given or unit.definition.is_generator or bool(project.decorated_by(unit))


def _hops(way: Way, project: Project) -> Iterator[Hop]:
    for unit, stall in way.steps:
        if stall.via and stall.at >= 0:
            callee = project.names.units[stall.via]
            yield Hop(unit.spot(stall.at), f"`{short(unit)}` calls `{short(callee)}`", unit.symbol)
    unit, stall = way.steps[-1]
    yield Hop(unit.spot(stall.at), "waits for the database", unit.symbol)


def _what(stall: Stall) -> str:
    """What waits, by the last name of its class."""
    return stall.kind.rpartition(".")[2]


def _help(layer: str, framework: str) -> str:
    if layer == HANDLER and framework == "fastapi":
        return "make it a plain `def`, which FastAPI runs in a thread, or use an AsyncSession"
    return "use an AsyncSession, or do the work in a plain function that `asyncio.to_thread` runs"
