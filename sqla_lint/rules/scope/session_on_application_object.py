"""A session on an object that outlives a request."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...knowledge.sqlalchemy import REGISTRIES, REGISTRY
from ...model import Claim, Extent
from ...project import Project, Unit
from ...project.layers import HANDLER, MIDDLEWARE, OUTSIDE
from ...project.summary import JUDGED, Stored
from ..closing import closes_its_own
from ..registry import rule


@rule("SQA118", on=Stored)
def session_on_application_object(unit: Unit, stored: Stored, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that is stored on an application, its state, or a worker's context."""
    if stored.holder != "application" or project.layers.of(unit).layer in OUTSIDE:
        return
    owner, _, name = stored.target.rpartition(".")
    if closes_its_own(unit.klass, name, project) or (stored.kind == REGISTRY and _is_emptied(project)):
        return
    yield Claim(
        spot=unit.spot(stored.at, Extent.STATEMENT),
        symbol=unit.symbol,
        message=f"`{name}` keeps one session for everything the application does",
        confidence=stored.sure,
        label="lives as long as the application",
        why="overlapping requests share one transaction and fail; what one leaves undone, the next one commits",
        help="keep the sessionmaker there and open a session per request or use case",
        because=(f"stored on {owner}",),
        legs=(unit.symbol,),
    )


def _is_emptied(project: Project) -> bool:
    """Whether a handler ends the session of a registry that it is given."""
    return any(
        project.summaries.says(unit, JUDGED)
        and project.layers.of(unit).layer in (HANDLER, MIDDLEWARE)
        and any(
            key.verb is Verb.CLOSE and rank.kind in REGISTRIES for key, rank in project.summary(unit).effects.items()
        )
        for unit in project.units
    )
