"""Whether a commit makes entities expire, as the project's factories of sessions say."""

from __future__ import annotations

from collections.abc import Iterator

from ..knowledge.sqlalchemy import ASYNC
from ..project import Project
from ..project.layers import OUTSIDE
from ..project.summary import JUDGED, Factory, Plan, Stale


def expires(project: Project, asynchronous: bool) -> bool:
    """Whether all factories of this sort leave it at the default, by which a commit makes entities expire."""
    return {factory.keeps for factory in _factories(project) if factory.asynchronous is asynchronous} == {"no"}


def flushes(project: Project, asynchronous: bool) -> bool:
    """Whether no factory of this sort says otherwise than that a query writes first what is set of entities."""
    return all(factory.flushes for factory in _factories(project) if factory.asynchronous is asynchronous)


def _factories(project: Project) -> Iterator[Factory]:
    for unit in project.units:
        if project.summaries.says(unit, JUDGED):
            found = project.summary(unit).factories
            if found and project.layers.of(unit).layer not in OUTSIDE:
                yield from found


def is_stale(project: Project, plan: Plan, stale: Stale | None) -> bool:
    """Whether what may have expired has: a rollback makes everything expire, a commit what is not kept."""
    if stale is None:
        return False
    return stale.how != "commit" or expires(project, plan.kind in ASYNC)
