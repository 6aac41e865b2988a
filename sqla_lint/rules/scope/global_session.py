"""A session that lives as long as the module."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Stored
from ...project.values import Path
from ..registry import rule
from ..sharing import is_taken_out, kept_from


@rule("SQA101", on=Stored)
def global_session(unit: Unit, stored: Stored, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that a module variable holds, directly or inside an object."""
    if stored.holder != "module" or stored.kind not in SESSIONS:
        return
    if project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    if (stored.managed and not _outlives(unit, stored, project)) or is_taken_out(project, unit, stored):
        return
    own = Hop(unit.spot(stored.at), f"makes what `{stored.target}` keeps", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=stored.target,
        message=f"`{stored.text}` gives every caller of `{stored.target.rpartition('.')[2]}` one and the same session"
        f"{' for a key' if stored.keyed else ''}",
        confidence=stored.sure,
        label="made once, at import" if unit.kind == "module" else "made once, then shared",
        why="all requests share one transaction and one identity map: stale reads, one failed flush breaks everyone",
        help="keep the sessionmaker in the module and open a session per request or use case",
        trace=kept_from(project, own, stored.opened),
        legs=(stored.target,),
    )


def _outlives(unit: Unit, stored: Stored, project: Project) -> bool:
    """Whether a function of the module uses the session of a `with` block at module level, when that has ended."""
    path = Path("global", stored.target)
    return any(
        key.path == path
        for other in project.names.units_in(unit.module.name)
        if other.kind == "function"
        for key in project.summary(other).effects
    )
