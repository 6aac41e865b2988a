"""An entity of one session that is added to, or deleted in, another."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Foreign
from ...project.text import path_text
from ..registry import rule


@rule("SQA122", on=Foreign)
def entity_in_two_sessions(unit: Unit, foreign: Foreign, project: Project) -> Iterator[Claim]:
    """Yields a claim for an entity that belongs to an open session and is given to another one."""
    if project.layers.of(unit).layer == TEST:
        return
    entity = foreign.entity.rpartition(".")[2]
    brings = f"brings along a `{entity}`" if foreign.related else f"is given a `{entity}`"
    origin = project.traces.provider(foreign.source)
    own = Hop(unit.spot(foreign.at), "gives it to another session", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{foreign.text}` {brings} that belongs to another session, {_name(unit, foreign)}",
        confidence=foreign.sure,
        label="belongs to another session",
        why="a session refuses what another one holds: InvalidRequestError, already attached to session",
        help="load it with the session that writes, by its id, or `merge()` it there",
        entry=project.layers.of(unit).entry,
        trace=(origin, own) if origin is not None else (),
        legs=(unit.symbol,),
    )


def _name(unit: Unit, foreign: Foreign) -> str:
    if foreign.source.root == "injected":
        return f"that of `{str(foreign.source.key).split(':')[0].split('#')[0].rpartition('.')[2]}`"
    return f"`{path_text(unit, foreign.source)}`" if foreign.source.root == "param" else "opened here"
