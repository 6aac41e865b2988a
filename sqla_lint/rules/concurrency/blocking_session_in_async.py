"""Synchronous database I/O in a coroutine: the event loop stands until the database has answered."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import OWN_LOOP
from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import COMMAND, HANDLER, MIDDLEWARE, OUTSIDE, STARTUP, TASK
from ...project.summary import Stall, Stalled
from ...project.traces import short
from ..registry import rule

_ALONE = OUTSIDE | {COMMAND, STARTUP}
"""Layers that have the event loop to themselves."""
_SERVING = frozenset({HANDLER, MIDDLEWARE, TASK})


@rule("SQA305", on=Stalled, severity=Severity.WARNING)
def blocking_session_in_async(unit: Unit, stalled: Stalled, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first call of a coroutine that waits for the database without giving up the loop."""
    role = project.layers.of(unit)
    stalls = [stall for stall in stalled.stalls if stall.at >= 0]
    if not stalls or role.layer in _ALONE or role.framework in OWN_LOOP or project.run_only_by(unit, _ALONE):
        return
    best = max(stall.sure for stall in stalls)
    first = next(stall for stall in stalls if stall.sure == best)
    steps = list(_down(unit, first, project))
    sure = best if role.layer in _SERVING else min(best, Confidence.LIKELY)
    yield Claim(
        spot=unit.spot(first.at),
        symbol=unit.symbol,
        message=f"`{first.text}` holds up the event loop: `{short(unit)}` is async, the {_what(steps[-1][1])} is not",
        confidence=sure,
        label="waits for the database",
        why="everything else on this event loop stands still meanwhile: five requests of 0.2 s each took 1.03 s, and "
        "0.22 s with an AsyncSession",
        help=_help(role.layer, role.framework),
        entry=role.entry,
        trace=tuple(hop for hop, _ in steps) if len(steps) > 1 else (),
        legs=(unit.symbol,),
    )


def _down(unit: Unit, stall: Stall, project: Project) -> Iterator[tuple[Hop, Stall]]:
    """The calls from the coroutine down to the one that waits."""
    seen: set[str] = set()
    while stall.via and stall.via not in seen:
        seen.add(stall.via)
        callee = project.names.units[stall.via]
        if stall.at >= 0:
            yield Hop(unit.spot(stall.at), f"`{short(unit)}` calls `{short(callee)}`", unit.symbol), stall
        found = project.summary(callee).stalls
        unit, stall = callee, min(found, key=lambda one: (one.depth, -one.sure))
    yield Hop(unit.spot(stall.at), "waits for the database", unit.symbol), stall


def _what(stall: Stall) -> str:
    """What waits, by the last name of its class."""
    return stall.kind.rpartition(".")[2]


def _help(layer: str, framework: str) -> str:
    if layer == HANDLER and framework == "fastapi":
        return "make it a plain `def`, which FastAPI runs in a thread, or use an AsyncSession"
    return "use an AsyncSession, or do the work in a plain function that `asyncio.to_thread` runs"
