"""An attribute that sends a statement when it is read, in asynchronous code."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Extent
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.mapping import mapped
from ...project.parents import leads_nowhere
from ...project.summary import Lack, Stale
from ..expiry import is_stale
from ..loads import doubts, hops, sureness
from ..raised import missing_greenlet
from ..registry import rule


@rule("SQA306", on=Lack)
def implicit_io_in_async(unit: Unit, lack: Lack, project: Project) -> Iterator[Claim]:
    """Yields a claim for a read of what an AsyncSession has not loaded, or of what has expired."""
    plan = lack.thing.plan
    if plan.kind not in ASYNC or plan.closed or project.layers.of(unit).layer in OUTSIDE:
        return
    stale = plan.stale
    if stale is not None and stale.how == "commit":
        if is_stale(project, plan, stale):
            return
        stale = stale.beside
    if stale is None and (not lack.absent or _is_none(lack, project)):
        return
    entity = lack.entity.rpartition(".")[2]
    yield Claim(
        spot=unit.spot(lack.at, Extent.CALL if lack.called else Extent.STATEMENT),
        symbol=unit.symbol,
        message=_message(entity, lack, stale),
        confidence=sureness(plan, stale),
        label=f"`{lack.name}` is loaded {'in this call' if lack.by else 'here'}, without an await",
        why=_why(project, stale),
        help=_help(lack, stale),
        entry=project.layers.of(unit).entry,
        because=doubts(plan, stale),
        trace=tuple(hops(project, plan, stale, lack.by)),
        legs=(unit.symbol,),
    )


def _is_none(lack: Lack, project: Project) -> bool:
    """Whether what is read is None, which takes no statement."""
    attribute = mapped(project.classes, lack.entity, lack.name)
    return attribute is not None and leads_nowhere(project, lack.thing, attribute)


def _why(project: Project, stale: Stale | None) -> str:
    if stale is not None and stale.how == "failure":
        return "until somebody rolls back nothing can be sent: this raises PendingRollbackError instead of what failed"
    return f"nothing awaits what this sends: it raises {missing_greenlet(project)}"


def _message(entity: str, lack: Lack, stale: Stale | None) -> str:
    if stale is not None:
        ended = {"failure": "failed, which made it expire", "undone": "made it expire and raised"}
        return f"`{lack.name}` of `{entity}` is read after `{stale.text}` {ended.get(stale.how, 'made it expire')}"
    if lack.kind == "relationship":
        return f"relationship `{lack.name}` of `{entity}` is read and no query has loaded it"
    return f"column `{lack.name}` of `{entity}` is read and the query has left it out"


def _help(lack: Lack, stale: Stale | None) -> str:
    if stale is not None and stale.how == "rollback":
        return f"keep `{lack.name}` in a variable before the rollback, or let `begin_nested()` hold what may fail"
    if stale is not None and stale.how in ("failure", "undone"):
        return f"keep `{lack.name}` in a variable before the `try`, or let `begin_nested()` hold what may fail"
    if stale is not None:
        return "make the session with expire_on_commit=False, or `await session.refresh(...)` first"
    if lack.kind == "relationship":
        return f"load it with the query: `.options(selectinload({lack.entity.rpartition('.')[2]}.{lack.name}))`"
    return "let the query load it, or `await session.refresh(...)` with its name first"
