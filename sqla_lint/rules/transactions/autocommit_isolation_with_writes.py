"""Sessions on an engine that commits each statement by itself, and what is written in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...knowledge import WRITES
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.questions.autocommit import origin
from ...project.summary import Factory
from ...project.traces import short
from ...project.values import Path
from ..registry import rule


class _Write(NamedTuple):
    """A write in a session of the factory: the function that has the session, the calls from there, and where it is."""

    user: Unit
    calls: tuple[Hop, ...]
    unit: Unit
    at: int
    text: str
    sure: Confidence


@rule("SQA215", on=Factory)
def autocommit_isolation_with_writes(unit: Unit, factory: Factory, project: Project) -> Iterator[Claim]:
    """Yields a claim for a factory, or a session by itself, on an engine in AUTOCOMMIT, where something is written."""
    if factory.autocommit is None or project.layers.of(unit).layer in OUTSIDE:
        return
    mark = origin(unit, factory.at)
    writes = sorted(_writes(project, mark), key=lambda one: (-one.sure, len(one.calls), one.user.symbol, one.at))
    if not writes:
        return
    first = writes[0]
    others = len({one.user.symbol for one in writes}) - 1
    more = f", as {others} other function{'s do' if others > 1 else ' does'}" if others else ""
    yield Claim(
        spot=unit.spot(factory.at),
        symbol=unit.symbol,
        message=f"each statement is committed at once (AUTOCOMMIT), and `{short(first.user)}` writes in such a session"
        + more,
        confidence=min(first.sure, factory.autocommit),
        label="on an engine in AUTOCOMMIT",
        why="a rollback takes nothing back, so a failure leaves half of the work stored, and FOR UPDATE locks nothing",
        help='leave `isolation_level` off this engine; `connection.execution_options(isolation_level="AUTOCOMMIT")` is '
        "for the few statements that need it",
        entry=project.layers.of(first.user).entry,
        trace=(
            Hop(unit.spot(factory.at), "made on an engine in AUTOCOMMIT", unit.symbol),
            *first.calls,
            Hop(first.unit.spot(first.at), f"`{first.text}` writes", first.unit.symbol),
        ),
        legs=tuple(dict.fromkeys(one.user.symbol for one in writes)),
    )


def _writes(project: Project, mark: str) -> Iterator[_Write]:
    """What is written in the sessions of one factory by functions that open one, or are given one by a framework."""
    shared: set[Path] = set()
    for unit in project.units:
        summary = project.summary(unit)
        own = [path for path, by in summary.fed if by == mark]
        if unit.kind == "module":
            symbols = (name for name, values in summary.env.items() if any(value.path in own for value in values))
            shared.update(Path("global", f"{unit.module.name}.{name}") for name in symbols)
        if own and project.layers.of(unit).layer not in OUTSIDE:
            for path in own:
                yield from _in(project, unit, path)
            for handler, keys in project.dependents.handlers(unit).items():
                for path in dict.fromkeys(key.path for key in keys):
                    yield from _in(project, handler, path)
    for unit in project.units if shared else ():
        if project.layers.of(unit).layer not in OUTSIDE:
            for path in sorted(shared, key=repr):
                yield from _in(project, unit, path, own_only=True)


def _in(project: Project, unit: Unit, path: Path, own_only: bool = False) -> Iterator[_Write]:
    """What a function writes in one session, right here or, unless everyone can reach the session, by calls."""
    summary = project.summary(unit)
    for event in summary.events:
        if event.verb in WRITES and event.path.owner() == path:
            yield _Write(unit, (), unit, event.at, event.text, event.sure)
    for edge in () if own_only else summary.edges:
        for inner in [one.inner for one in edge.carried if one.outer.verb in WRITES and one.outer.path == path]:
            found = project.traces.down(project.names.units[edge.callee], inner)
            if found is None:
                continue
            calls, end, key = found
            rank = project.summary(end).effects[key]
            events = (one for one in project.summary(end).events if one.at == rank.at and one.verb is key.verb)
            callees = [(unit, edge), *calls]
            hops = tuple(
                Hop(
                    caller.spot(call.at),
                    f"`{short(caller)}` calls `{short(project.names.units[call.callee])}`",
                    caller.symbol,
                )
                for caller, call in callees
            )
            text = next((one.text for one in events), "")
            if text:
                yield _Write(unit, hops, end, rank.at, text, min(rank.sure, edge.sure))
