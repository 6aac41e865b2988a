"""Whether a commit makes entities expire, as the project's factories of sessions say."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.schema import Call
from ..knowledge.sqlalchemy import ASYNC
from ..project import Project
from ..project.layers import OUTSIDE
from ..project.questions import twins
from ..project.summary import Factory, Plan, Stale


def expires(project: Project, asynchronous: bool) -> bool:
    """Whether all factories of this sort leave it at the default, by which a commit makes entities expire."""
    return {factory.keeps for factory in _factories(project) if factory.asynchronous is asynchronous} == {"no"}


def flushes(project: Project, asynchronous: bool) -> bool:
    """Whether no factory of this sort says otherwise than that a query writes first what is set of entities."""
    return all(factory.flushes for factory in _factories(project) if factory.asynchronous is asynchronous)


def only_asks(project: Project) -> bool:
    """Whether there are factories, and all of them say that a query writes nothing first. A session that is made by
    itself is for the function that makes it."""
    found = [
        factory.flushes
        for unit, factory in project.factories
        if not factory.single and not project.layers.is_apart(unit.module)
    ]
    return bool(found) and not any(found)


def _factories(project: Project) -> Iterator[Factory]:
    return (factory for unit, factory in project.factories if project.layers.of(unit).layer not in OUTSIDE)


def maker_of(project: Project, plan: Plan) -> tuple[str, Factory] | None:
    """The factory that has made the session in which an entity has expired, and the unit in which it is made; None when
    nobody knows."""
    symbol = plan.stale.maker if plan.stale is not None else ""
    if not symbol:
        provider = twins.provided(project, plan.session)
        symbol = str(provider.key) if provider.root == "global" and not provider.attrs else ""
    bound = list(project.names.bound(symbol)) if symbol else []
    if len(bound) != 1 or not isinstance(bound[0][1].value, Call):
        return None
    unit, at = bound[0][0], bound[0][1].value.at
    return next(((unit.key, one) for one in project.summary(unit).factories if one.at == at), None)


def is_stale(project: Project, plan: Plan, stale: Stale | None) -> bool:
    """Whether what may have expired has: a rollback makes everything expire, a commit what is not kept. Where it is
    known which factory has made the session, that one's setting counts, and else that of all together."""
    if stale is None or stale.how != "commit":
        return stale is not None
    made = maker_of(project, plan)
    if made is not None and made[1].keeps:
        return made[1].keeps == "no"
    return expires(project, plan.kind in ASYNC)
