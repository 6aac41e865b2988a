"""A commit that also happens when the `try` before it has failed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit, beside
from ...project.layers import TEST
from ...project.summary import Commit
from ..reaching import reached
from ..registry import rule


@rule("SQA210", on=Commit)
def commit_in_finally(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit in a `finally` clause that an exception reaches before any rollback."""
    if not commit.half or commit.passing or project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, commit)
    if end is None:
        return
    last = Hop(end.unit.spot(end.at), "commits", end.unit.symbol)
    sure, reasons = commit.sure, []
    if commit.half != "written":
        sure = min(sure, Confidence.LIKELY if commit.half == "used" else Confidence.POSSIBLE)
        reasons.append("the `try` uses the session; that it changes anything is not proven")
    if beside.fails_alone(project, unit, commit):
        sure = Confidence.POSSIBLE
        reasons.append("what may fail after the first write is the database, which stores nothing then")
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` in `finally` commits what the `try` had done when it failed",
        confidence=sure,
        label="runs after an exception too",
        why="half of the work is stored and the exception goes on as if nothing was",
        help="commit as the last statement of the `try`, or in its `else`; roll back in `except`",
        entry=project.layers.of(unit).entry,
        because=tuple(reasons),
        trace=(*end.steps, last) if end.steps else (),
        legs=(unit.symbol,),
    )
