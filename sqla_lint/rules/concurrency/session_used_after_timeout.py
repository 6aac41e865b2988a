"""A session that is used on when a timeout has cancelled one of its statements."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Sequel
from ..registry import rule


@rule("SQA313", on=Sequel, severity=Severity.WARNING, default=False, preview=True)
def session_used_after_timeout(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for what a timeout may cancel before its session is used again."""
    first, then = sequel
    if first.what != "timeout" or project.layers.of(unit).layer == TEST:
        return
    own = Hop(unit.spot(first.at), "may be cancelled", unit.symbol)
    again = Hop(unit.spot(then.at), "uses the session again", unit.symbol)
    use = f"`{then.text}`" if again.spot != own.spot else "the next turn"
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"a timeout may cancel `{first.text}`, and {use} uses the session again",
        confidence=min(first.sure, then.sure, Confidence.LIKELY),
        label="the connection is lost when it is cancelled",
        why="the connection is invalidated in the middle of its statement: what the transaction had written is gone, "
        "and every further use of the session raises PendingRollbackError until it is rolled back",
        help="roll back when the time is over, or put the timeout around everything the session is for",
        entry=project.layers.of(unit).entry,
        trace=(own, again) if again.spot != own.spot else (),
        legs=(unit.symbol,),
    )
