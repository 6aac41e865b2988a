"""A session that lives as long as a class."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Stored
from ..registry import rule
from ..sharing import is_taken_out, kept_from


@rule("SQA102", on=Stored)
def session_on_class(unit: Unit, stored: Stored, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that a class attribute holds, directly or inside an object."""
    if stored.holder != "class" or stored.kind not in SESSIONS or project.layers.of(unit).layer in OUTSIDE:
        return
    if is_taken_out(project, unit, stored):
        return
    owner, _, name = stored.target.rpartition(".")
    short = owner.rpartition(".")[2]
    own = Hop(unit.spot(stored.at), f"makes what `{stored.target}` keeps", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=stored.target,
        message=f"`{stored.text}` gives every `{short}` one and the same session{' for a key' if stored.keyed else ''}",
        confidence=stored.sure,
        label=f"made once, kept as `{short}.{name}`",
        why="all instances share one transaction: what one commits or rolls back includes what the others have pending",
        help="give each instance its session in the constructor; keep the sessionmaker on the class",
        trace=kept_from(project, own, stored.opened),
        legs=(stored.target,),
    )
