"""An asynchronous engine whose connections outlive the event loop that they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Arm
from ...knowledge import OWN_LOOP
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import HANDLER, MIGRATION, OUTSIDE, TASK, TEST
from ...project.parts import parts, reads
from ...project.questions.loops import Made, engines
from ...project.summary import Draw, Drawn, Looped
from ...project.traces import short
from ..registry import Handler, rule

_FARTHEST = 4
_EVENTS = ["event", "context"]
"""The parameters of a function that AWS Lambda calls."""


@rule("SQA310", on=(Looped, Handler, Drawn))
def engine_across_event_loops(unit: Unit, found: Looped | Handler | Drawn, project: Project) -> Iterator[Claim]:
    """Yields a claim for an engine of asyncpg that each of several event loops takes pooled connections from."""
    if project.layers.of(unit).layer in (TEST, MIGRATION):
        return
    if isinstance(found, Looped):
        often = _often(unit, found, project)
        loop = Hop(unit.spot(found.at), "begins an event loop of its own", unit.symbol)
        draws = found.draws if often else ()
    elif isinstance(found, Drawn):
        around = _runner(unit, project)
        if around is None:
            return
        often = f"each call of `{short(unit)}` begins one"
        loop = Hop(around[0].spot(around[1].at), "begins an event loop of its own", around[0].symbol)
        draws = tuple(one for one in found.draws if one.given is None)
    else:
        own = unit.definition.is_async and found.framework in OWN_LOOP
        often = f"each request to `{short(unit)}` has an event loop of its own" if own else ""
        loop = Hop(unit.spot(OWN_NAME, Extent.NAME), "has an event loop of its own for each request", unit.symbol)
        draws = tuple(one for one in project.summary(unit).draws if one.given is None) if own else ()
    disposed = {
        (made.unit.key, made.call.at) for symbol in project.summary(unit).disposed for made in engines(project, symbol)
    }
    for draw in draws:
        makes = list(engines(project, draw.source))
        for made in makes:
            if (made.unit.key, made.call.at) not in disposed and not _makes_anew(project, made, draw.source, unit):
                yield _claim(project, unit, often, made, draw, loop, sole=len(makes) == 1)


def _runner(unit: Unit, project: Project) -> tuple[Unit, Looped] | None:
    """What a decorator puts around a coroutine function that is a task: it begins an event loop for each call."""
    if project.layers.of(unit).layer not in (TASK, HANDLER):
        return None
    return next(
        (
            (wrapper, looped)
            for wrapper in project.wrappers(unit)
            for looped in project.summary(wrapper).looped
            if looped.given is not None and looped.given.root == "free"
        ),
        None,
    )


def _claim(project: Project, unit: Unit, often: str, made: Made, draw: Draw, loop: Hop, *, sole: bool) -> Claim:
    role = project.layers.of(unit)
    spot = made.unit.spot(made.call.at)
    taker = project.names.units[draw.where]
    name = draw.source.rpartition(".")[2]
    return Claim(
        spot=spot,
        symbol=made.unit.symbol,
        message=f"the pool of this engine is used in several event loops: {often}",
        confidence=min(made.sure, draw.sure, Confidence.CERTAIN if sole else Confidence.LIKELY),
        label="its connections outlive the loop they were opened in",
        why="a connection of asyncpg belongs to the event loop that opened it: from the second loop on statements "
        "raise RuntimeError (attached to a different loop) or InterfaceError, and pool_pre_ping does not help",
        help="make the engine with `poolclass=NullPool`, or await its `dispose()` before each loop ends",
        entry=role.entry,
        because=() if made.sure is Confidence.CERTAIN else ("its URL is not known, and the project speaks of asyncpg",),
        trace=(
            Hop(spot, "makes the engine, once", made.unit.symbol),
            loop,
            Hop(taker.spot(draw.at), f"takes a connection by `{name}`", taker.symbol),
        ),
        legs=(unit.symbol,),
    )


def _makes_anew(project: Project, made: Made, symbol: str, unit: Unit) -> bool:
    """Whether somebody who begins an event loop also makes the engine, each time: not if it is made only where there is
    none."""
    name = frozenset({symbol.rpartition(".")[2]})
    if not made.unit.definition.globals or any(
        isinstance(part, Arm) and reads(part.test, name) for part in parts(made.unit.body)
    ):
        return False
    return not _all_runners(project, made.unit).isdisjoint(_all_runners(project, unit))


def _all_runners(project: Project, unit: Unit) -> set[str]:
    found, queue = {unit.key}, [unit.key]
    for key in queue:
        new = project.summaries.runners(key) - found
        found |= new
        queue.extend(sorted(new))
    return found


def _often(unit: Unit, looped: Looped, project: Project) -> str:
    """Why an event loop is begun more than once in one process; "" when nothing says so."""
    if looped.loop:
        return f"`{short(unit)}` begins one in each turn of a loop"
    before = [one for one in project.summary(unit).looped if one.at in looped.after]
    if any({draw.source for draw in one.draws} & {draw.source for draw in looped.draws} for one in before):
        return f"`{short(unit)}` begins several"
    caller = _called_again(unit, project)
    return f"each call of `{short(caller)}` begins one" if caller is not None else ""


def _called_again(unit: Unit, project: Project) -> Unit | None:
    """A task, a handler or the like that leads here: a process runs such a function many times."""
    queue, seen = [(unit, 0)], {unit.key}
    for one, depth in queue:
        role = project.layers.of(one)
        names = [param.name for param in one.definition.params]
        if not one.definition.is_async and (role.layer in (TASK, HANDLER) or names == _EVENTS):
            return one
        if depth < _FARTHEST and role.layer not in OUTSIDE:
            for key in sorted(project.summaries.runners(one.key) - seen):
                seen.add(key)
                queue.append((project.names.units[key], depth + 1))
    return None
