"""An attribute of an entity is read that is not loaded, and its session is closed."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.questions.lacking import TEMPLATE
from ...project.summary import Lack, Plan, Shown, Stale
from ..boundary.contracts import reasons
from ..expiry import is_stale
from ..loads import doubts, hops, sureness
from ..registry import rule
from ..serialized import misses

_WHY = "it raises DetachedInstanceError: an entity without a session has what was loaded before, and no more"


@rule("SQA119", on=(Lack, Shown))
def entity_used_after_close(unit: Unit, answer: Lack | Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for a read of what a closed session has not loaded, or of what it has let expire, by the code or
    by a schema. What an AsyncSession lets expire with a commit is for expire-on-commit-in-async to say, at the
    factory."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    if isinstance(answer, Lack):
        yield from _read(unit, answer, project)
    else:
        yield from _shown(unit, answer, project)


def _read(unit: Unit, lack: Lack, project: Project) -> Iterator[Claim]:
    plan = lack.thing.plan
    stale = plan.stale if is_stale(project, plan, plan.stale) else None
    stale = None if lack.absent and _is_at_factory(plan, stale) else stale
    if not plan.closed or _is_at_factory(plan, stale) or (stale is None and not lack.absent):
        return
    entity = _short(lack.entity)
    what = f"{'relationship' if lack.kind == 'relationship' else 'column'} `{lack.name}` of `{entity}` is read"
    what = f"`{entity}` is read by a template" if lack.kind == TEMPLATE else what
    yield Claim(
        spot=unit.spot(lack.at, Extent.CALL if lack.called else Extent.STATEMENT),
        symbol=unit.symbol,
        message=f"{what} after its session was closed, and {_state(stale)}",
        confidence=min(sureness(plan, stale), Confidence.LIKELY if lack.kind == TEMPLATE else Confidence.CERTAIN),
        label="nothing can load it any more",
        why=_WHY,
        help=_help(lack.kind == "relationship", lack.name, entity, stale, plan.kind in ASYNC),
        entry=project.layers.of(unit).entry,
        because=doubts(plan, stale),
        trace=tuple(hops(project, plan, stale, lack.by)),
        legs=(unit.symbol,),
    )


def _shown(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """A claim for the first entity that a schema takes apart when its session is closed."""
    role = project.layers.of(unit)
    for thing, found, expired in misses(project, unit, shown):
        plan, first = thing.plan, found[0]
        stale = plan.stale if expired else None
        if not plan.closed or _is_at_factory(plan, stale):
            continue
        entity, name = _short(first.entity), first.names[-1]
        by_call, sure = bool(shown.schema), min(sureness(plan, stale), first.sure)
        read = f"`{_short(first.schema)}` reads `{name}` of `{entity}`"
        yield Claim(
            spot=unit.spot(shown.at, Extent.CALL if by_call else Extent.STATEMENT),
            symbol=unit.symbol,
            message=f"{read} after its session was closed, and {_state(stale)}",
            confidence=sure if by_call else min(sure, role.sure),
            label=f"the {'schema' if by_call else 'response model'} reads the entity here",
            why=_WHY,
            help=_help(not expired, name, entity, stale, plan.kind in ASYNC),
            role="" if by_call else f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=(*(() if by_call else reasons(role)), *doubts(plan, stale)),
            trace=tuple(hops(project, plan, stale, shown.through)),
            legs=(unit.symbol,),
        )
        return


def _is_at_factory(plan: Plan, stale: Stale | None) -> bool:
    return plan.kind in ASYNC and stale is not None and stale.how == "commit"


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _state(stale: Stale | None) -> str:
    return f"`{stale.text}` had made it expire" if stale is not None else "no query has loaded it"


def _help(related: bool, name: str, entity: str, stale: Stale | None, asynchronous: bool) -> str:
    if stale is not None:
        wait = "await " if asynchronous else ""
        return f"read it inside the block, `{wait}session.refresh(...)` there, or make it with expire_on_commit=False"
    if related:
        return f"load it with the query: `.options(selectinload({entity}.{name}))`, or read it inside the block"
    return "let the query load it, or read it inside the block"
