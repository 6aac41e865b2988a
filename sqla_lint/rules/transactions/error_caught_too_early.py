"""A handler for what the database refuses, around code that has not asked it yet."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Early
from ..reaching import reached
from ..registry import rule


@rule("SQA213", on=Early)
def error_caught_too_early(unit: Unit, early: Early, project: Project) -> Iterator[Claim]:
    """Yields a claim for a write in a `try` whose handler waits for an error that only a later flush raises."""
    role = project.layers.of(unit)
    end = reached(project, unit, early.step) if role.layer != TEST else None
    if end is None:
        return
    last = Hop(end.unit.spot(end.at), "writes, and sends nothing yet", end.unit.symbol)
    name = early.error.rpartition(".")[2]
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"`{early.step.text}` raises no {name}: it sends nothing to the database",
        confidence=min(early.step.sure, Confidence.LIKELY) if end.steps else early.step.sure,
        label=f"inside `except {name}`, and cannot raise it",
        why="the row is refused when the session flushes, which happens outside the `try`: nobody handles the error",
        help="call `flush()` inside the `try`, or move the handler to where the session flushes or commits",
        entry=role.entry,
        trace=(*end.steps, last) if end.steps else (),
        legs=(unit.symbol,),
    )
