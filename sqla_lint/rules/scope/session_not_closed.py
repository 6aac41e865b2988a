"""A session that is opened and not closed on every path."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Opened
from ...project.traces import short
from ..closing import is_closed_elsewhere
from ..registry import rule

_HELD = {"begun": Confidence.CERTAIN, "failing": Confidence.LIKELY}
"""How sure a leak is by the state in which the session is left; in other states it holds no connection."""


@rule("SQA105", on=Opened)
def session_not_closed(unit: Unit, opened: Opened, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that some way out of the function leaves open, with a connection in its hands."""
    layer = project.layers.of(unit).layer
    if opened.how:
        return
    if layer in OUTSIDE or layer == COMMAND or unit.kind == "module":
        return
    if opened.exit == "kept" and is_closed_elsewhere(unit, opened, project):
        return
    exits = "" if opened.exit in ("normal", "kept") else " when something raises"
    own = Hop(unit.spot(opened.at), "opens the session", unit.symbol)
    steps = [own]
    if opened.via:
        maker = project.names.units[opened.via]
        for event in project.summary(maker).returned:
            steps.insert(0, Hop(maker.spot(event.at), f"`{short(maker)}` returns it open", maker.symbol))
            break
    if opened.exit == "kept":
        sure = min(opened.sure, Confidence.LIKELY)
    else:
        sure = min(opened.sure, _HELD.get(opened.state, Confidence.POSSIBLE))
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"the session opened by `{opened.text}` is not closed{exits}",
        confidence=sure,
        label="not closed on every path",
        why="its connection stays checked out until the cyclic garbage collector runs; a busy pool is exhausted first",
        help="open it in a `with` block, or close it in `finally`",
        entry=project.layers.of(unit).entry,
        because=_because(opened),
        trace=tuple(steps) if len(steps) > 1 else (),
        legs=(unit.symbol,),
    )


def _because(opened: Opened) -> tuple[str, ...]:
    if opened.exit == "kept":
        return ("it is kept on the object, and no method of the class closes it",)
    if opened.state == "begun":
        return ()
    if opened.state == "failing":
        return ("a connection is held when the commit itself fails",)
    return ("no transaction is open at that point, so no connection is held",)
