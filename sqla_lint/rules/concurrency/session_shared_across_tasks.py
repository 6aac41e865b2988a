"""One AsyncSession in tasks that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC_REGISTRY, ASYNC_SESSION
from ...model import Claim, Confidence
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.scopes import scopes
from ...project.summary import Overlap
from ..registry import rule
from ..sharing import steps_to, users


@rule("SQA301", on=Overlap)
def session_shared_across_tasks(unit: Unit, overlap: Overlap, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that two awaitables use which are started together."""
    inherited = overlap.kind == ASYNC_REGISTRY and _is_inherited(project, overlap)
    if overlap.kind not in (ASYNC_SESSION, "") and not inherited:
        return
    if project.layers.of(unit).layer == TEST or overlap.race.threads:
        return
    race = overlap.race
    sure = overlap.sure if overlap.kind else Confidence.POSSIBLE
    sure = min(sure, Confidence.LIKELY) if inherited else sure
    steps, own, starter = steps_to(project, race, "runs them at the same time")
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{race.text}` runs {users(overlap)} tasks on one AsyncSession, `{overlap.name}`",
        confidence=sure,
        label="one session, one transaction, one connection",
        why="it may pass today: on a warm connection the driver runs them one after another; a cold pool, pre-ping, "
        "a flush or a commit raises InvalidRequestError or IllegalStateChangeError. Nothing is gained: four reads "
        "took 0.81 s on one session and 0.21 s on four",
        help="open one session in each task, or await them one after another",
        entry=project.layers.of(unit).entry,
        because=_doubts(overlap),
        trace=(*steps, own),
        legs=(unit.symbol,),
    )


def _is_inherited(project: Project, overlap: Overlap) -> bool:
    """Whether a registry tells sessions apart by a context variable, which tasks have from the one that starts them."""
    symbol = str(overlap.path.key) if overlap.path.root == "global" else ""
    return any(scope.by == "context" for scope in scopes(project, symbol))


def _doubts(overlap: Overlap) -> tuple[str, ...]:
    if not overlap.kind:
        return ("the session's type is not known",)
    return ("tasks inherit the context that the registry goes by",) if overlap.kind == ASYNC_REGISTRY else ()
