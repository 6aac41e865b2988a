"""A session that is opened and not closed on every path."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Arg, Attr, Bind, Body, Call, Closure, Define, Leave, Name, Scope, Yield
from ...knowledge.sqlalchemy import ASYNC, QUERY
from ...model import Change, Claim, Confidence, Extent, Hop, Recipe
from ...project import Project, Unit
from ...project.caching import cached
from ...project.layers import COMMAND, OUTSIDE
from ...project.parts import parts
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
    if opened.exit == "exception" and any(
        (one.exit, one.path, one.state) == ("normal", opened.path, opened.state) for one in project.summary(unit).opened
    ):
        return
    if opened.exit == "kept" and is_closed_elsewhere(unit, opened, project):
        return
    if opened.via and any(not one.takes for one in cached(project, project.names.units[opened.via])):
        return  # a cache hands the same one to everybody: who asks for it opens none
    exits = "" if opened.exit in ("normal", "kept") else " when something raises"
    spot = unit.spot(opened.at) if opened.at >= 0 else unit.spot(OWN_NAME, Extent.NAME)
    own = Hop(spot, "opens the session", unit.symbol)
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
        fix=_fix(unit, opened, project),
    )


def _fix(unit: Unit, opened: Opened, project: Project) -> Recipe | None:
    """A `with` block around the rest of the function, where the session only works there."""
    asynchronous = opened.kind in ASYNC
    if any(value.type.name == QUERY for one in project.summary(unit).returned for value in one.values):
        return None  # it is read when the block has closed its session
    if opened.via or opened.exit == "kept" or (asynchronous and not unit.definition.is_async):
        return None
    for index, stmt in enumerate(unit.body):
        match stmt:
            case Bind(targets=(Name(id=name),), value=Call(at=opened.at), annotation=None, augmented=""):
                rest = unit.body[index + 1 :]
                keyword = "async with" if asynchronous else "with"
                return Recipe(Change.OPEN_IN_WITH, arguments=(keyword,)) if rest and _stays(rest, name) else None
    return None


def _stays(body: Body, name: str) -> bool:
    """Whether nothing of a name is left after the statements: it is asked for attributes, or given to calls."""
    everything = list(parts(body))
    if any(isinstance(part, (Define, Closure, Yield, Scope)) for part in everything):
        return False
    its = Name(name)
    left = parts(tuple(part for part in everything if isinstance(part, Leave)))
    if any(isinstance(part, Arg) and part.value == its for part in left):
        return False
    used = [
        part
        for part in everything
        if (isinstance(part, Attr) and part.of == its) or (isinstance(part, Arg) and part.value == its)
    ]
    return len(used) == sum(part == its for part in everything)


def _because(opened: Opened) -> tuple[str, ...]:
    if opened.exit == "kept":
        return ("it is kept on the object, and no method of the class closes it",)
    if opened.state == "begun":
        return ()
    if opened.state == "failing":
        return ("a connection is held when the commit itself fails",)
    if opened.state == "asking":
        return ("all that can fail before it is closed is one question for rows",)
    if opened.state == "doubly":
        return ("a connection is held when something fails while another failure is handled",)
    return ("no transaction is open at that point, so no connection is held",)
