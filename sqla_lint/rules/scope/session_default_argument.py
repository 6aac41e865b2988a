"""A session that all calls of a function share, because its default was made once."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Stored
from ..registry import rule


@rule("SQA103", on=Stored)
def session_default_argument(unit: Unit, stored: Stored, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that is made in the default of a parameter, directly or inside an object."""
    if stored.holder != "default" or stored.kind not in SESSIONS or project.layers.of(unit).layer in OUTSIDE:
        return
    function, _, name = stored.target.rpartition(".")
    yield Claim(
        spot=unit.spot(stored.at),
        symbol=stored.target,
        message=f"`{stored.text}` is evaluated once: all calls of `{function.rpartition('.')[2]}` share it as `{name}`",
        confidence=stored.sure,
        label="made when the function is defined",
        why="all calls share one transaction and one identity map: stale reads, one failed flush breaks all",
        help="require the session, or default to None and open one inside a `with` block",
        legs=(stored.target,),
    )
