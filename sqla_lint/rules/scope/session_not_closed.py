"""A session that is opened and not closed on every path."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop, Spot
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Opened
from ...project.traces import short
from ..registry import rule


@rule("SQA105", on=Opened)
def session_not_closed(unit: Unit, opened: Opened, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that some way out of the function leaves open, with a connection in its hands."""
    layer = project.layers.of(unit).layer
    if layer in OUTSIDE or layer == COMMAND or unit.kind == "module":
        return
    exits = "" if opened.exit == "normal" else " when something raises"
    own = Hop(Spot(unit.module.name, opened.at), "opens the session", unit.symbol)
    steps = [own]
    if opened.via:
        maker = project.names.units[opened.via]
        for event in project.summary(maker).returned:
            steps.insert(0, Hop(Spot(maker.module.name, event.at), f"`{short(maker)}` returns it open", maker.symbol))
            break
    sure = opened.sure if opened.state == "begun" else Confidence.POSSIBLE
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"the session opened by `{opened.text}` is not closed{exits}",
        confidence=sure,
        label="not closed on every path",
        why="its connection stays checked out until the cyclic garbage collector runs; a busy pool is exhausted first",
        help="open it in a `with` block, or close it in `finally`",
        entry=project.layers.of(unit).entry,
        because=("its transaction has ended, so no connection is held now",) if opened.state != "begun" else (),
        trace=tuple(steps) if len(steps) > 1 else (),
        legs=(unit.symbol,),
    )
