"""A session that lives as long as the module."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Hop, Spot
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Stored
from ..registry import rule


@rule("SQA101", on=Stored)
def global_session(unit: Unit, stored: Stored, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that a module variable holds, directly or inside an object."""
    if project.layers.of(unit).layer in OUTSIDE | {COMMAND} or stored.kind not in SESSIONS:
        return
    own = Hop(Spot(unit.module.name, stored.at), f"opens the session that `{stored.target}` keeps", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=stored.target,
        message=f"`{stored.text}` gives every caller of `{stored.target.rpartition('.')[2]}` one and the same session",
        confidence=stored.sure,
        label="made once, at import" if unit.kind == "module" else "made once, then shared",
        why="all requests share one transaction and one identity map: stale reads, one failed flush breaks everyone",
        help="keep the sessionmaker in the module and open a session per request or use case",
        trace=(),
        legs=(stored.target,),
    )
