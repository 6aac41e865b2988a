"""More than one commit on one path of a use case."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE, TASK, UNIT_OF_WORK
from ...project.summary import Commit
from ..reaching import reached
from ..registry import rule

_APART = OUTSIDE | {COMMAND, TASK, UNIT_OF_WORK, "startup"}
"""Code that owns what it does, and may keep one part of it before the next begins."""


@rule("SQA204", on=Commit, default=False)
def several_commits_in_one_use_case(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that another one of the same session comes before."""
    if not commit.after or project.layers.of(unit).layer in _APART:
        return
    end = reached(project, unit, commit)
    if end is None:
        return
    first = Hop(unit.spot(commit.after[0]), "has committed already", unit.symbol)
    last = Hop(end.unit.spot(end.at), "commits again", end.unit.symbol)
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` is another commit of what `{unit.definition.name}` does as one",
        confidence=min(commit.sure, Confidence.LIKELY),
        label="commits the session a second time",
        why="if it fails between the two, the first half stays, and others may have seen it by then",
        help="flush where the first commit is, and commit once where the use case ends",
        entry=project.layers.of(unit).entry,
        trace=(first, *end.steps, last),
        legs=(unit.symbol,),
    )
