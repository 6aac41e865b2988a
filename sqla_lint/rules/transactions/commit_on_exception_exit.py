"""A context manager that commits although an exception leaves its block."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Commit
from ..reaching import reached
from ..registry import rule

_ASIDE = "the session is ambient and the block about something else: a lock, an entry in a log"


@rule("SQA214", on=Commit)
def commit_on_exception_exit(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit on the way out of a `with` block that does not ask whether the block failed."""
    if not commit.passing or project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, commit)
    if end is None:
        return
    last = Hop(end.unit.spot(end.at), "commits", end.unit.symbol)
    aside = bool(end.steps) and commit.path.root == "global"
    method = unit.klass is not None and unit.definition.name in ("__exit__", "__aexit__")
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` commits although an exception leaves the `with` block",
        confidence=min(commit.sure, Confidence.POSSIBLE) if aside else commit.sure,
        label="nothing asks whether the block failed",
        why="what the block had done when it failed is stored, and whoever sees the exception believes that it was not",
        help="commit only if `exc_type is None`, and roll back otherwise"
        if method
        else "commit right after the `yield` inside the `try`, and roll back in `except`",
        because=_because(commit, aside),
        trace=(*end.steps, last) if end.steps else (),
        legs=(unit.symbol,),
    )


def _because(commit: Commit, aside: bool) -> tuple[str, ...]:
    guarded = ("the commit stands under a condition that the caller decides",) if commit.guard else ()
    return (*guarded, _ASIDE) if aside else guarded
