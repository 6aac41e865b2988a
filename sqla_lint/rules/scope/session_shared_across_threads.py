"""One session in threads that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Overlap
from ..registry import rule
from ..sharing import steps_to, users


@rule("SQA109", on=Overlap)
def session_shared_across_threads(unit: Unit, overlap: Overlap, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that two threads use which run at the same time."""
    race = overlap.race
    if not race.threads or overlap.kind not in SESSIONS or project.layers.of(unit).layer == TEST:
        return
    steps, own, starter = steps_to(project, race, "runs them at the same time")
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{race.text}` uses the session `{overlap.name}` in {users(overlap)} threads at once",
        confidence=overlap.sure,
        label="one session, one transaction, one connection",
        why="a Session is not thread-safe: flushes collide (InvalidRequestError), changes are silently lost, and one "
        "thread's commit or rollback takes the other's work with it",
        help="hand the sessionmaker and plain values to the threads; open one session in each",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own),
        legs=(unit.symbol,),
    )
