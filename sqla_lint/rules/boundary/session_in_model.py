"""A mapped class that finds itself a session."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Severity
from ...project import Project, Unit
from ...project.layers import MODEL
from ...project.summary import Event
from ...project.traces import short
from ..registry import rule
from .contracts import reasons

_DOES = {
    Verb.COMMIT: "commits",
    Verb.ROLLBACK: "rolls back",
    Verb.WRITE: "writes",
    Verb.FLUSH: "flushes",
    Verb.CLOSE: "closes a session",
}


@rule("SQA412", on=Event, severity=Severity.WARNING, default=False)
def session_in_model(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first thing that a method of a mapped class does with a session it was not given."""
    role = project.layers.of(unit)
    if role.layer != MODEL:
        return
    own = next(filter(_is_own, project.summary(unit).events), None)
    if own is not event:
        return
    yield Claim(
        spot=unit.spot(event.at),
        symbol=unit.symbol,
        message=f"`{short(unit)}` {_DOES.get(event.verb, 'queries')} by itself: `{event.text}`",
        confidence=min(event.sure, role.sure),
        label="a mapped class that finds itself a session",
        why="who uses the entity sees no session, and can choose neither that nor the transaction the work is part of",
        help="move it to a function that takes the session, and let its caller pass what was read",
        role=f"model ({', '.join(role.because)})",
        because=reasons(role),
        legs=(unit.symbol,),
    )


def _is_own(event: Event) -> bool:
    """Whether something is done to a session that nobody handed over: it was found, opened, or is that of `query`."""
    if event.verb is Verb.BEGIN:
        return False
    return event.path.root in ("fresh", "global") or event.path.attrs[-1:] in (("query",), ("object_session()",))
