"""A savepoint that the session, not its own object, is asked to end."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Sequel
from ...project.traces import short
from ..registry import rule


@rule("SQA212", on=Sequel)
def session_commit_for_savepoint(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit or rollback of a session while a savepoint is open that no block will end."""
    first, then = sequel
    if first.what != "savepoint" or project.layers.of(unit).layer == TEST:
        return
    steps = [Hop(unit.spot(first.at), "begins a savepoint", unit.symbol)]
    ending, at, text = unit, then.at, then.text
    if then.via and then.inner is not None:
        callee = project.names.units[then.via]
        found = project.traces.down(callee, then.inner)
        if found is None:
            return
        calls, ending, key = found
        for caller, place, inner in (
            (unit, then.at, callee),
            *((c, e.at, project.names.units[e.callee]) for c, e in calls),
        ):
            steps.append(Hop(caller.spot(place), f"`{short(caller)}` calls `{short(inner)}`", caller.symbol))
        at = project.summary(ending).effects[key].at
        text = next((one.text for one in project.summary(ending).events if one.at == at and one.verb is key.verb), text)
    commits = then.verb is Verb.COMMIT
    own = Hop(ending.spot(at), "commits everything" if commits else "rolls everything back", ending.symbol)
    yield Claim(
        spot=own.spot,
        symbol=ending.symbol,
        message=f"`{text}` ends the whole transaction, not the savepoint of `{first.text}`",
        confidence=min(first.sure, then.sure),
        label=own.text,
        why=(
            "what was written before the savepoint is stored too, and a later rollback does not take it back"
            if commits
            else "what was written before the savepoint is lost too, without an error"
        ),
        help=f"write `with {first.text}:`, or end the object that `{first.text}` returns",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own),
        legs=(unit.symbol,),
    )
