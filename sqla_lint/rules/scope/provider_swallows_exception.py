"""A provider of sessions that keeps the exception of those it serves to itself."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Extent
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Swallow
from ...project.traces import short
from ..registry import rule

_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})


@rule("SQA121", on=Swallow)
def provider_swallows_exception(unit: Unit, swallow: Swallow, project: Project) -> Iterator[Claim]:
    """Yields a claim for a `yield` whose exception is caught and not raised again."""
    if project.layers.of(unit).layer in OUTSIDE or unit.kind != "function":
        return
    managed = bool(unit.decorators & _MANAGERS)
    given = project.dependents.of(unit)
    yield Claim(
        spot=unit.spot(swallow.at, Extent.STATEMENT),
        symbol=unit.symbol,
        message=f"`{swallow.text}` in `{short(unit)}` keeps the exception that arrives at this `yield`",
        confidence=swallow.sure if managed or given else min(swallow.sure, Confidence.LIKELY),
        label="caught, and not raised again",
        why="the code after its `with` block goes on as if everything in the block had been done and stored"
        if managed
        else "FastAPI cannot answer the request any more, not even with the HTTPException that was raised",
        help="end the handler with `raise`",
        because=() if managed or given else ("nothing shows who calls this generator",),
        legs=(unit.symbol,),
    )
