"""A provider of sessions that does not close what it hands out."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...knowledge import Verb
from ...knowledge.containers import FINISHES
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.reading.heap import inside
from ...project.summary import Abandoned, Opened, Summary
from ...project.traces import short
from ...project.values import Path, Value
from ..registry import Provider, rule

_HELD = {"begun": Confidence.CERTAIN, "failing": Confidence.LIKELY}
"""How sure a leak is by the state in which the session is left; in other states it holds no connection."""
_WHY = "its connection stays checked out until the cyclic garbage collector runs; a busy pool is exhausted first"


@rule("SQA107", on=(Opened, Provider, Abandoned))
def leaky_session_dependency(unit: Unit, found: Opened | Provider | Abandoned, project: Project) -> Iterator[Claim]:
    """Yields a claim for a provider that yields a session and does not close it, or that returns one."""
    if project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    if isinstance(found, Provider):
        yield from _returned(unit, found, project)
    elif isinstance(found, Abandoned):
        yield from _delegated(unit, found, project)
    elif found.how == "lent" and found.state in _HELD:
        fails = " when the request fails" if found.exit == "exception" else ""
        yield Claim(
            spot=unit.spot(found.at),
            symbol=unit.symbol,
            message=f"the session that `{short(unit)}` hands out is not closed{fails}",
            confidence=min(found.sure, _HELD[found.state]),
            label="not closed after the `yield`",
            why=_WHY,
            help="yield it from a `with` block, or close it in `finally`",
            legs=(unit.symbol,),
        )


def _returned(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """A claim for a session that is returned open to dependents of which some do not close it."""
    summary = project.summary(unit)
    if unit.definition.is_generator or not summary.hands_over:
        return
    direct = any(value.path in summary.hands_over for value in summary.returns)
    held = any(_held(summary, value) for value in summary.returns)
    careless = [
        one
        for one in provider.dependents
        if (one.marker or FINISHES & (project.packages(unit.module) | project.packages(one.unit.module)))
        and project.layers.of(one.unit).layer not in OUTSIDE
        and not any(
            key.verb is Verb.CLOSE and str(key.path.key) == one.key for key in project.summary(one.unit).effects
        )
    ]
    if (
        not held
        or not careless
        or any(project.classes.method(str(one.type.name), "__del__") for one in summary.returns)
    ):
        return
    first = careless[0].unit
    gives = (one for one in summary.returned if any(_held(summary, value) for value in one.values))
    at = next((one.at for one in gives), -1)
    sure = Confidence.CERTAIN if direct and len(careless) == len(provider.dependents) else Confidence.LIKELY
    what = "an open session" if direct else "an object that keeps an open session"
    spot = unit.spot(at, Extent.STATEMENT) if at >= 0 else unit.spot(OWN_NAME, Extent.NAME)
    user = Hop(first.spot(first.definition.params[careless[0].position].at, Extent.NAME), "gets it", first.symbol)
    yield Claim(
        spot=spot,
        symbol=unit.symbol,
        message=f"`{short(unit)}` returns {what}, and nobody closes it",
        confidence=sure,
        label="the framework does not close what is returned",
        why=_WHY,
        help="yield it from a `with` block: the framework goes on after the `yield` when the request has ended",
        because=() if len(careless) == len(provider.dependents) else ("some of those who get it close it",),
        trace=(Hop(spot, "returns the session open", unit.symbol), user),
        legs=(unit.symbol,),
    )


def _held(summary: Summary, value: Value) -> set[Path]:
    """What a function hands over open with this: a session, or what an object keeps."""
    return {one.path for one in (value, *inside(summary.heap, value))} & set(summary.hands_over)


def _has_session(project: Project, value: Value) -> bool:
    """Whether this is a session, or an object that was given one."""
    name = str(value.type.name)
    return bool(project.classes.session_kind(value.type) or project.classes.takes_session(name))


def _delegated(unit: Unit, abandoned: Abandoned, project: Project) -> Iterator[Claim]:
    """A claim for a provider that yields from within a loop over another provider."""
    if abandoned.exit != "yield" or not any(_has_session(project, one) for one in project.summary(unit).yields):
        return
    inner = project.names.units[abandoned.callee]
    own = unit.spot(abandoned.at)
    yield Claim(
        spot=own,
        symbol=unit.symbol,
        message=f"an exception of the request never reaches `{short(inner)}`, which closes the session some time later",
        confidence=abandoned.sure,
        label="the exception ends the loop and leaves this generator where it is",
        why="its `except` and `finally` run when the event loop finalizes it; until then the connection is in use",
        help=f"depend on `{short(inner)}` itself, or loop over it inside `async with aclosing(...)`",
        trace=(
            Hop(own, "yields inside a loop over it", unit.symbol),
            Hop(inner.spot(OWN_NAME, Extent.NAME), "is left where it stands", inner.symbol),
        ),
        legs=(unit.symbol,),
    )
