"""Whether a commit makes entities expire, as the project's factories of sessions say."""

from __future__ import annotations

from ..knowledge.sqlalchemy import ASYNC
from ..project import Project
from ..project.layers import OUTSIDE
from ..project.summary import JUDGED, Plan, Stale


def expires(project: Project, asynchronous: bool) -> bool:
    """Whether all factories of this sort leave it at the default, by which a commit makes entities expire."""
    said = set()
    for unit in project.units:
        if project.summaries.says(unit, JUDGED):
            found = project.summary(unit).factories
            if found and project.layers.of(unit).layer not in OUTSIDE:
                said |= {factory.keeps for factory in found if factory.asynchronous is asynchronous}
    return said == {"no"}


def is_stale(project: Project, plan: Plan, stale: Stale | None) -> bool:
    """Whether what may have expired has: a rollback makes everything expire, a commit what is not kept."""
    if stale is None:
        return False
    return stale.how != "commit" or expires(project, plan.kind in ASYNC)
