"""A loop that reads entities which a commit or rollback has made expire."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent, Severity
from ...project import Project, Unit
from ...project.layers import UNHURRIED
from ...project.summary import Lack
from ..expiry import is_stale
from ..loads import doubts, hops, sureness
from ..registry import rule


@rule("SQA225", on=Lack, severity=Severity.WARNING, default=False)
def read_after_commit_in_loop(unit: Unit, lack: Lack, project: Project) -> Iterator[Claim]:
    """Yields a claim for a read of each of many entities that sends a query of its own, for they have expired."""
    plan = lack.thing.plan
    stale = plan.stale
    if not lack.thing.many or plan.kind in ASYNC or plan.closed or project.layers.of(unit).layer in UNHURRIED:
        return
    if stale is None or not is_stale(project, plan, stale):
        return
    entity = lack.entity.rpartition(".")[2]
    how = "set" if lack.written else "read"
    yield Claim(
        spot=unit.spot(lack.at, Extent.CALL if lack.called else Extent.STATEMENT),
        symbol=unit.symbol,
        message=f"`{lack.name}` of each `{entity}` is {how} after `{stale.text}` made them all expire",
        confidence=Confidence.POSSIBLE if stale.each else sureness(plan, stale),
        label="one SELECT for each of them" + (", before its UPDATE" if lack.written else ""),
        why="what one query has fetched is fetched again row by row: 51 statements for 50 rows",
        help=("" if lack.written else "read what you need before the commit, ")
        + "commit after the loop, or make the session with expire_on_commit=False",
        entry=project.layers.of(unit).entry,
        because=(
            *doubts(plan, stale),
            *(("some turns of the loop commit, or each before it goes on",) if stale.each else ()),
        ),
        trace=tuple(hops(project, plan, stale, lack.by)),
        legs=(unit.symbol,),
    )
