"""A repository that rolls back a session it was given."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Name
from ...knowledge import Verb
from ...knowledge.sqlalchemy import ASYNC_SESSION
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit, batches, callers
from ...project.layers import BOUNDARY_LAYERS, MODEL
from ...project.modules import last_name
from ...project.parts import parts
from ...project.summary import Event, Key
from ...project.traces import Leg
from ..registry import rule
from .commit_in_repository import (
    OPENED,
    because,
    borrowed,
    is_delegate,
    is_opened_for_it,
    path_to,
    repository,
    sureness,
    ways,
)


@rule("SQA202", on=Event)
def rollback_in_repository(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a rollback that a repository, or a helper it calls, does on a borrowed session."""
    layer = project.layers.of(unit).layer
    if event.verb is not Verb.ROLLBACK or layer in BOUNDARY_LAYERS or layer == MODEL:
        return
    if (
        not borrowed(project, unit, event.path)
        or is_delegate(unit, event, project)
        or _beside_commit(unit, event, project)
    ):
        return
    legs = project.traces.legs(unit, Key(Verb.ROLLBACK, event.path, event.guard))
    placed = repository(project, unit, legs) if legs else None
    if placed is None:
        return
    role, leg, holder = placed
    doubts = list(_doubts(project, unit, event, legs))
    sure = Confidence.POSSIBLE if doubts else sureness(event, role, leg)
    reasons = [*because(event, leg, holder, unit), *doubts]
    swallowed = any(link.edge.caught for one in legs for link in one.links)
    broken = event.read_after and event.kind == ASYNC_SESSION
    if event.failed and event.raises and not swallowed and not broken:
        sure = Confidence.POSSIBLE
        reasons.append("the flush that failed has rolled back already, and the error is raised again")
    own = Hop(unit.spot(event.at), "rolls back", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` undoes the work of the caller that opened the transaction",
        confidence=sure,
        label="rolls back a session that was given to it",
        why=_why(event),
        help="let the error reach the use case, or try the statement inside `session.begin_nested()`",
        role=f"repository ({', '.join(role.because)})",
        entry=project.layers.of(leg.entry).entry,
        because=tuple(reasons),
        trace=path_to(own, leg, project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


def _doubts(project: Project, unit: Unit, event: Event, legs: list[Leg]) -> Iterator[str]:
    """Why there may be nothing of others that could be lost."""
    if is_opened_for_it(project, unit, event.path, legs):
        yield OPENED
    elif event.path.root == "param" and not event.path.attrs and callers.open_for(project, unit, event.path.key):
        yield "all who call it open the session for this call alone"
    if event.failed and _only_deletes(project, unit, event):
        yield "it flushes only the deletion of a row, which no other row can refuse"


def _only_deletes(project: Project, unit: Unit, event: Event) -> bool:
    """Whether all that a function writes is that a row is gone, and the database has an answer for those that refer to
    it."""
    summary = project.summary(unit)
    writes = batches.writes(summary)
    deleted = [part for part in parts(unit.body) if isinstance(part, Call) and part.at in writes]
    rows = [part.args[0].value for part in deleted if last_name(part.func) == "delete" and len(part.args) == 1]
    classes = [str(value.type.name) for row in rows if isinstance(row, Name) for value in summary.env.get(row.id, ())]
    return len(writes) == len(rows) == len(classes) > 0 and all(map(project.relations.may_go, classes))


def _why(event: Event) -> str:
    if event.failed and event.raises and event.read_after:
        return (
            "all entities expire, whatever expire_on_commit says: reading one afterwards, as this handler does, needs "
            "a query, which fails in async code"
        )
    return "everything the use case has written so far is lost, and all its entities expire"


def _beside_commit(unit: Unit, event: Event, project: Project) -> bool:
    """Whether a commit of the same session stands in the same `try`: that is the root cause."""
    return any(
        other.verb is Verb.COMMIT and other.path == event.path and set(other.attempts) & set(event.attempts)
        for other in project.summary(unit).events
    )
