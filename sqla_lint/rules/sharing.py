"""What rules about sessions shared between things that run at once say alike."""

from __future__ import annotations

from ..facts.schema import OWN_NAME
from ..model import Extent, Hop
from ..project import Project, Unit
from ..project.summary import Overlap, Race, Spawn
from ..project.traces import short


def steps_to(project: Project, race: Race | Spawn, text: str) -> tuple[list[Hop], Hop, Unit]:
    """The calls that lead to where something is started, that step itself, and the function it stands in."""
    starter = project.names.units[race.where]
    extent = Extent.NAME if race.at == OWN_NAME else Extent.CALL
    own = Hop(starter.spot(race.at, extent), text, starter.symbol)
    steps = [
        Hop(
            project.names.units[caller].spot(at),
            f"`{short(project.names.units[caller])}` calls `{short(project.names.units[callee])}`",
            project.names.units[caller].symbol,
        )
        for caller, at, callee in race.chain
        if at >= 0
    ]
    if isinstance(race, Race):
        calls = (at for at in dict.fromkeys(race.calls) if at >= 0 and at != race.at)
        steps += [Hop(starter.spot(at), "uses the session", starter.symbol) for at in calls]
    return steps, own, starter


def users(overlap: Overlap) -> str:
    """How many use the session, in words: a number, or several when one call stands for many."""
    return "several" if len(set(overlap.race.calls)) == 1 else str(overlap.users)
