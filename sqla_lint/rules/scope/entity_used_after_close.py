"""An attribute of an entity is read that is not loaded, and its session is closed."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Extent
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Lack, Stale
from ..expiry import is_stale
from ..loads import doubts, hops, sureness
from ..registry import rule


@rule("SQA119", on=Lack)
def entity_used_after_close(unit: Unit, lack: Lack, project: Project) -> Iterator[Claim]:
    """Yields a claim for a read of what a closed session has not loaded, or of what it has let expire. What an
    AsyncSession lets expire with a commit is for expire-on-commit-in-async to say, at the factory."""
    plan = lack.thing.plan
    if not plan.closed or project.layers.of(unit).layer in OUTSIDE:
        return
    stale = plan.stale if is_stale(project, plan, plan.stale) else None
    at_factory = plan.kind in ASYNC and stale is not None and stale.how == "commit"
    if at_factory or (stale is None and not lack.absent):
        return
    entity = lack.entity.rpartition(".")[2]
    what = "relationship" if lack.kind == "relationship" else "column"
    yield Claim(
        spot=unit.spot(lack.at, Extent.CALL if lack.called else Extent.STATEMENT),
        symbol=unit.symbol,
        message=f"{what} `{lack.name}` of `{entity}` is read after its session was closed, and {_state(stale)}",
        confidence=sureness(plan, stale),
        label="nothing can load it any more",
        why="it raises DetachedInstanceError: an entity without a session has what was loaded before, and no more",
        help=_help(lack, entity, stale, plan.kind in ASYNC),
        entry=project.layers.of(unit).entry,
        because=doubts(plan, stale),
        trace=tuple(hops(project, plan, stale, lack.by)),
        legs=(unit.symbol,),
    )


def _state(stale: Stale | None) -> str:
    return f"`{stale.text}` had made it expire" if stale is not None else "no query has loaded it"


def _help(lack: Lack, entity: str, stale: Stale | None, asynchronous: bool) -> str:
    if stale is not None:
        wait = "await " if asynchronous else ""
        return f"read it inside the block, `{wait}session.refresh(...)` there, or make it with expire_on_commit=False"
    if lack.kind == "relationship":
        return f"load it with the query: `.options(selectinload({entity}.{lack.name}))`, or read it inside the block"
    return "let the query load it, or read it inside the block"
