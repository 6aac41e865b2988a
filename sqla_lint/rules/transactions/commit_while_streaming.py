"""A commit that ends the cursor whose rows a loop is still fetching."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Commit
from ...project.traces import short
from ..reaching import reached
from ..registry import rule


@rule("SQA224", on=Commit)
def commit_while_streaming(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit of the session whose rows a loop around it still fetches in parts."""
    if not commit.streams or project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, commit)
    if end is None or end.is_apart:
        return
    reasons = ["not every database ends its cursors with the transaction: PostgreSQL does, SQLite does not"]
    if end.calls and end.is_asked:
        reasons.append(f"`{short(end.unit)}` commits under a condition")
    last = Hop(end.unit.spot(end.at), "commits", end.unit.symbol)
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` commits while the rows of `{commit.streams}` are still being fetched",
        confidence=min(commit.sure, Confidence.LIKELY),
        label="ends the cursor that the loop reads from",
        why="the server drops the cursor with the transaction: the loop fails when it fetches the next rows, so that "
        "a table with fewer rows than one fetch brings passes every test",
        help="commit after the loop; or fetch the ids first, and load and commit them batch by batch; or write with "
        "another session",
        entry=project.layers.of(unit).entry,
        because=tuple(reasons),
        trace=(*end.steps, last) if end.steps else (),
        legs=(unit.symbol,),
    )
