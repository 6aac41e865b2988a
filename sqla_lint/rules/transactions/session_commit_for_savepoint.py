"""A savepoint that the session, not its own object, is asked to end."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...knowledge.sqlalchemy import OUTERMOST_ALWAYS
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Sequel
from ..reaching import reached
from ..registry import rule


@rule("SQA212", on=Sequel)
def session_commit_for_savepoint(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit or rollback of a session while a savepoint is open that no block will end."""
    first, then = sequel
    if first.what != "savepoint" or project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, then)
    if end is None or (project.is_new is False and OUTERMOST_ALWAYS.isdisjoint(event.kind for event in end.events)):
        return
    unsure = project.is_new is None
    commits = then.verb is Verb.COMMIT
    begun = Hop(unit.spot(first.at), "begins a savepoint", unit.symbol)
    own = Hop(end.unit.spot(end.at), "commits everything" if commits else "rolls everything back", end.unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=end.unit.symbol,
        message=f"`{end.text}` ends the whole transaction, not the savepoint of `{first.text}`",
        confidence=min(first.sure, then.sure, Confidence.LIKELY if unsure else Confidence.CERTAIN),
        label=own.text,
        why=(
            "what was written before the savepoint is stored too, and a later rollback does not take it back"
            if commits
            else "what was written before the savepoint is lost too, without an error"
        ),
        help=f"write `with {first.text}:`, or end the object that `{first.text}` returns",
        entry=project.layers.of(unit).entry,
        because=("so it is since SQLAlchemy 2.0; which version this is for is not known",) if unsure else (),
        trace=(begun, *end.steps, own),
        legs=(unit.symbol,),
    )
