"""What rules about sessions shared between things that run at once say alike."""

from __future__ import annotations

from ..facts.schema import OWN_NAME, Attr, Call, Delete, Index
from ..model import Extent, Hop
from ..project import Project, Unit
from ..project.modules import last_name
from ..project.parts import parts
from ..project.summary import Overlap, Race, Spawn, Stored
from ..project.traces import short


def steps_to(project: Project, race: Race | Spawn, text: str) -> tuple[list[Hop], Hop, Unit]:
    """The calls that lead to where something is started, that step itself, and the function it stands in."""
    starter = project.names.units[race.where]
    extent = Extent.NAME if race.at == OWN_NAME else Extent.CALL
    own = Hop(starter.spot(race.at, extent), text, starter.symbol)
    steps = calls_on(project, race.chain)
    if isinstance(race, Race):
        calls = (at for at in dict.fromkeys(race.calls) if at >= 0 and at != race.at)
        steps += [Hop(starter.spot(at), "uses the session", starter.symbol) for at in calls]
    return steps, own, starter


def calls_on(project: Project, chain: tuple[tuple[str, int, str], ...]) -> list[Hop]:
    """The calls of a chain as steps of a trace."""
    units = project.names.units
    return [
        Hop(units[caller].spot(at), f"`{short(units[caller])}` calls `{short(units[callee])}`", units[caller].symbol)
        for caller, at, callee in chain
        if at >= 0
    ]


def users(overlap: Overlap) -> str:
    """How many use the session, in words: a number, or several when one call stands for many."""
    return "several" if len(set(overlap.race.calls)) == 1 else str(overlap.users)


def kept_from(project: Project, made: Hop, opened: tuple[str, int] | None) -> tuple[Hop, ...]:
    """Where an object is made that is kept for all, and where a method of its class opens the session; nothing of a
    session that is kept itself."""
    if opened is None:
        return ()
    maker = project.names.units[opened[0]]
    return made, Hop(maker.spot(opened[1]), f"`{short(maker)}` opens the session that the object keeps", maker.symbol)


def is_taken_out(project: Project, unit: Unit, stored: Stored) -> bool:
    """Whether a session lies in a dict out of which its module takes them again: a registry, and no session for all."""
    name = stored.target.rpartition(".")[2]
    return stored.keyed and any(
        _takes_out(part, name) for other in project.names.units_in(unit.module.name) for part in parts(other.body)
    )


def _takes_out(part: object, name: str) -> bool:
    match part:
        case Call(Attr(of, "pop" | "popitem" | "clear")):
            return last_name(of) == name
        case Delete(targets):
            return any(isinstance(target, Index) and last_name(target.of) == name for target in targets)
    return False
