"""One AsyncSession in tasks that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Arm, Attr, Bind, Call, Index, Test
from ...knowledge import READS, WRITES, Verb
from ...knowledge.sqlalchemy import ASYNC_REGISTRY, ASYNC_SESSION
from ...model import Claim, Confidence
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.scopes import scopes
from ...project.summary import Overlap, Race
from ..reaching import done_at
from ..registry import rule
from ..sharing import steps_to, users

_USES = READS | WRITES | {Verb.COMMIT, Verb.FLUSH, Verb.USE}
_ABSENT = frozenset({"is", "not", "not in"})


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
    sure = Confidence.POSSIBLE if _is_one_work(project, race) else sure
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


def _is_one_work(project: Project, race: Race) -> bool:
    """Whether the session is used by a task that who asks first starts and keeps, and all others wait for."""
    starter = project.names.units[race.where]
    ways = [way for at in set(race.calls) for verb in _USES for way in done_at(project, starter, at, verb)]
    return bool(ways) and all(any(_is_kept(caller, edge.at) for caller, edge in way.calls) for way in ways)


def _is_kept(unit: Unit, at: int) -> bool:
    """Whether what a function starts at a place is started only where there is none, and kept by a name that others
    know."""
    for arm in parts(unit.body):
        if isinstance(arm, Arm) and isinstance(arm.test, Test) and arm.test.op in _ABSENT:
            binds = [one for one in parts(arm.body) if isinstance(one, Bind)]
            makers = [
                one for one in binds if any(isinstance(part, Call) and part.at == at for part in parts(one.value))
            ]
            names = {target for one in makers for target in one.targets}
            kept = (one for one in binds if any(isinstance(target, Attr | Index) for target in one.targets))
            if any(one in makers or one.value in names for one in kept):
                return True
    return False


def _doubts(overlap: Overlap) -> tuple[str, ...]:
    if not overlap.kind:
        return ("the session's type is not known",)
    return ("tasks inherit the context that the registry goes by",) if overlap.kind == ASYNC_REGISTRY else ()
