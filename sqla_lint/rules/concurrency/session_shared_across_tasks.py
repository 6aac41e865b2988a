"""One AsyncSession in tasks that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC_SESSION
from ...model import Claim, Confidence, Hop, Spot
from ...project import Project, Unit
from ...project.summary import Overlap
from ..registry import rule


@rule("SQA301", on=Overlap)
def session_shared_across_tasks(unit: Unit, overlap: Overlap, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that two awaitables use which are started together."""
    if project.layers.of(unit).layer == "test" or overlap.kind not in (ASYNC_SESSION, ""):
        return
    sure = overlap.sure if overlap.kind else Confidence.POSSIBLE
    module = unit.module.name
    own = Hop(Spot(module, overlap.at), "runs them at the same time", unit.symbol)
    branches = [
        Hop(Spot(module, at), "uses the session", unit.symbol)
        for at in dict.fromkeys(overlap.branches) if at != overlap.at
    ]
    count = "several" if len(overlap.branches) > 1 and len(set(overlap.branches)) == 1 else str(len(overlap.branches))
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{overlap.text}` runs {count} tasks on one AsyncSession",
        confidence=sure,
        label="one session, one transaction, one connection",
        why="it may pass today: on a warm connection the driver runs them one after another; a cold pool, pre-ping, "
        "a flush or a commit raises InvalidRequestError or IllegalStateChangeError. Nothing is gained: four reads "
        "took 0.81 s on one session and 0.21 s on four",
        help="open one session in each task, or await them one after another",
        entry=project.layers.of(unit).entry,
        because=("the session's type is not known",) if not overlap.kind else (),
        trace=(*branches, own),
        legs=(unit.symbol,),
    )
