"""More than one commit on one path of a use case."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit, batches
from ...project.layers import COMMAND, OUTSIDE, TASK, UNIT_OF_WORK
from ...project.summary import Commit
from ..reaching import Reached, done_at, reached
from ..registry import rule

_APART = OUTSIDE | {COMMAND, TASK, UNIT_OF_WORK, "startup"}
"""Code that owns what it does, and may keep one part of it before the next begins."""


@rule("SQA204", on=Commit, default=False)
def several_commits_in_one_use_case(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that another one of the same session comes before."""
    if not commit.after or commit != _second(unit, commit, project) or project.layers.of(unit).layer in _APART:
        return
    end = reached(project, unit, commit)
    summary = project.summary(unit)
    before = (at for at in commit.after if not batches.is_rest(unit, summary, at, commit.at))
    earlier = next((one for at in before for one in done_at(project, unit, at, Verb.COMMIT) if _counts(one)), None)
    if end is None or earlier is None or end.is_of_its_own or not _counts(end):
        return
    first_at = earlier.calls[0][1].at if earlier.calls else earlier.at
    first = Hop(unit.spot(first_at), "has committed already", unit.symbol)
    asked = any(one.calls and one.is_asked for one in (earlier, end))
    last = Hop(end.unit.spot(end.at), "commits again", end.unit.symbol)
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` is another commit of what `{unit.definition.name}` does as one",
        confidence=Confidence.POSSIBLE if asked else min(commit.sure, Confidence.LIKELY),
        label="commits the session a second time",
        why="if it fails between the two, the first half stays, and others may have seen it by then",
        help="flush where the first commit is, and commit once where the use case ends",
        entry=project.layers.of(unit).entry,
        because=("a condition decides whether one of them is done",) if asked else (),
        trace=(first, *end.steps, last),
        legs=(unit.symbol,),
    )


def _counts(end: Reached) -> bool:
    """Whether this is a commit of what the use case does, not of a provider or of a missing row's creation."""
    return not end.is_apart and not end.is_done_once


def _second(unit: Unit, commit: Commit, project: Project) -> Commit:
    """The first commit of this session, in the order of the code, that another comes before: one finding is enough."""
    return next(one for one in project.summary(unit).commits if one.after and one.path == commit.path)
