"""A session that is opened, written in, and ends with nobody having committed it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Lost
from ..reaching import reached
from ..registry import rule


@rule("SQA208", on=Lost)
def missing_commit(unit: Unit, lost: Lost, project: Project) -> Iterator[Claim]:
    """Yields a claim for what is written in a session that its opener lets end without a commit."""
    if project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, lost.step)
    if end is None:
        return
    opened = Hop(unit.spot(lost.at), "opens the session", unit.symbol)
    last = Hop(end.unit.spot(end.at), "writes", end.unit.symbol)
    meant = lost.step.verb is Verb.WRITE
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"what `{end.text or lost.step.text}` writes is never committed: the session ends without `commit()`",
        confidence=lost.sure if meant else min(lost.sure, Confidence.LIKELY),
        label="written here, and gone when the session is closed",
        why="closing a session rolls its transaction back: no row is stored, and neither error nor warning says so",
        help="commit before the session ends, or open it with `sessionmaker.begin()`, which commits for you",
        entry=project.layers.of(unit).entry,
        trace=(opened, *end.steps, last),
        legs=(unit.symbol,),
    )
