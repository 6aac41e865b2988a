"""What the database gives a row with an UPDATE is read through an AsyncSession that has not fetched it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent, Hop, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Ask, Lack, Plan, Shown
from ...project.traces import short
from ..boundary.contracts import reasons
from ..expiry import expires, flushes, is_stale
from ..loads import doubts, hops
from ..raised import missing_greenlet
from ..registry import rule
from ..serialized import renewals

_ANSWERED = "FastAPI answers 500 with ResponseValidationError, caused by MissingGreenlet"


@rule("SQA314", on=(Lack, Shown), severity=Severity.WARNING)
def server_onupdate_in_async(unit: Unit, found: Lack | Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for a read of a column that the database has updated, by the code or by a schema."""
    role = project.layers.of(unit)
    if role.layer in OUTSIDE:
        return
    if isinstance(found, Lack):
        plan = found.thing.plan
        if found.renewed and plan.kind in ASYNC:
            extent = Extent.CALL if found.called else Extent.STATEMENT
            yield from _claim(project, unit, plan, found.at, extent, found.entity, found.name, by=found.by)
        return
    for thing, miss in renewals(project, unit, found):
        extent = Extent.CALL if found.schema else Extent.STATEMENT
        name, handled = miss.names[-1], not found.schema
        yield from _claim(project, unit, thing.plan, found.at, extent, thing.entity, name, miss.schema, handled)
        return


def _claim(
    project: Project,
    unit: Unit,
    plan: Plan,
    at: int,
    extent: Extent,
    entity: str,
    name: str,
    schema: str = "",
    handled: bool = False,
    by: Ask | None = None,
) -> Iterator[Claim]:
    update, role = plan.update, project.layers.of(unit)
    if update is None or is_stale(project, plan, plan.stale) or (update.ended and expires(project, True)):
        return
    if update.how == "query" and not flushes(project, True):
        return
    owner = entity.rpartition(".")[2]
    sender = project.names.units.get(update.where)
    sent = [Hop(sender.spot(update.at), f"`{update.text}` sends an UPDATE", sender.symbol)] if sender else []
    reads = f"`{schema.rpartition('.')[2]}` reads `{name}` of `{owner}`" if schema else f"`{name}` of `{owner}` is read"
    reader = project.names.units.get(by.where) if by is not None else None
    if by is not None and reader is not None:
        reads = f"`{short(reader)}` reads `{name}` of `{owner}`"
        sent.append(Hop(reader.spot(by.at), f"`{short(reader)}` reads `{name}`", reader.symbol))
    unsure = ("the UPDATE is sent on some ways here only",) if update.sure < Confidence.LIKELY else ()
    yield Claim(
        spot=unit.spot(at, extent),
        symbol=unit.symbol,
        message=f"{reads} after `{update.text}` had the database give it a new value",
        confidence=min(plan.sure, update.sure, role.sure if handled else Confidence.CERTAIN),
        label=f"`{name}` is loaded {'in this call' if reader is not None else 'here'}, without an await",
        why=f"an UPDATE does not fetch what the database sets, and nothing awaits the statement that reading it sends: "
        f"{_ANSWERED if handled else f'it raises {missing_greenlet(project)}'}",
        help=f'say `__mapper_args__ = {{"eager_defaults": True}}` in `{owner}`, or `await session.refresh(...)` first',
        role=f"handler ({', '.join(role.because)})" if handled else "",
        entry=role.entry,
        because=(*(reasons(role) if handled else ()), *doubts(plan, None), *unsure),
        trace=(*hops(project, plan, None), *sent),
        legs=(unit.symbol,),
    )
