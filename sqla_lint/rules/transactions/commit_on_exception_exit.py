"""A context manager that commits although an exception leaves its block."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Commit
from ..reaching import reached
from ..registry import rule


@rule("SQA214", on=Commit)
def commit_on_exception_exit(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit on the way out of a `with` block that does not ask whether the block failed."""
    if not commit.passing or project.layers.of(unit).layer == TEST:
        return
    end = reached(project, unit, commit)
    if end is None:
        return
    last = Hop(end.unit.spot(end.at), "commits", end.unit.symbol)
    method = unit.klass is not None and unit.definition.name in ("__exit__", "__aexit__")
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` commits although an exception leaves the `with` block",
        confidence=commit.sure,
        label="nothing asks whether the block failed",
        why="what the block had done when it failed is stored, and whoever sees the exception believes that it was not",
        help="commit only if `exc_type is None`, and roll back otherwise"
        if method
        else "commit right after the `yield` inside the `try`, and roll back in `except`",
        because=("the commit stands under a condition that the caller decides",) if commit.guard else (),
        trace=(*end.steps, last) if end.steps else (),
        legs=(unit.symbol,),
    )
