"""A factory of AsyncSessions whose entities expire with each commit, and are read after one."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Change, Claim, Confidence, Hop, Recipe
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import JUDGED, Factory, Plan
from ...project.traces import short
from ..expiry import is_stale, maker_of
from ..loads import doubts, hops, sureness
from ..raised import missing_greenlet
from ..registry import rule
from ..serialized import misses


@rule("SQA307", on=Factory)
def expire_on_commit_in_async(unit: Unit, factory: Factory, project: Project) -> Iterator[Claim]:
    """Yields a claim for a factory that says nothing of `expire_on_commit`, where entities are read after a commit."""
    if not factory.asynchronous or factory.keeps != "no" or project.layers.of(unit).layer in OUTSIDE:
        return
    reads = (one for one in _reads(project) if maker_of(project, one[2]) in (None, (unit.key, factory)))
    found = sorted(reads, key=lambda one: (-one[1], one[5], one[0].symbol, one[3]))
    if not found:
        return
    reader, sure, plan, at, what, _ = found[0]
    several = len({(one[0].symbol, one[3]) for one in found})
    more = f", and at {several - 1} other place{'s' if several > 2 else ''}" if several > 1 else ""
    yield Claim(
        spot=unit.spot(factory.at),
        symbol=unit.symbol,
        message=f"entities of these sessions expire with a commit, and `{short(reader)}` reads {what} after one{more}",
        confidence=sure,
        label="expire_on_commit is on, as it is by default",
        why=(
            "reading what has expired sends a statement that nothing awaits: it raises "
            f"{missing_greenlet(project)}, in a response ResponseValidationError"
        ),
        help="say expire_on_commit=False; `await session.refresh(...)` loads what the database itself has changed",
        because=doubts(plan, plan.stale),
        trace=(
            *hops(project, plan, plan.stale),
            Hop(reader.spot(at), f"`{short(reader)}` reads {what}", reader.symbol),
        ),
        legs=tuple(dict.fromkeys(one[0].symbol for one in found)),
        fix=Recipe(Change.SET_KEYWORD, arguments=("expire_on_commit", "False")),
    )


def _reads(project: Project) -> Iterator[tuple[Unit, Confidence, Plan, int, str, bool]]:
    """Reads of what a commit has made expire: in which function, how sure, of what, where, and whether by a schema."""
    for unit in project.units:
        if not project.summaries.says(unit, JUDGED) or project.layers.of(unit).layer in OUTSIDE:
            continue
        summary = project.summary(unit)
        for lack in summary.lacks:
            if _expired(project, lack.thing.plan):
                plan = lack.thing.plan
                entity = lack.entity.rpartition(".")[2]
                yield unit, sureness(plan, plan.stale), plan, lack.at, f"`{lack.name}` of `{entity}`", False
        for shown in summary.shown:
            for thing, _, expired in misses(project, unit, shown):
                if expired and _expired(project, thing.plan):
                    sure = sureness(thing.plan, thing.plan.stale)
                    yield unit, sure, thing.plan, shown.at, f"`{thing.entity.rpartition('.')[2]}`", True


def _expired(project: Project, plan: Plan) -> bool:
    stale = plan.stale
    return plan.kind in ASYNC and stale is not None and stale.how == "commit" and is_stale(project, plan, stale)
