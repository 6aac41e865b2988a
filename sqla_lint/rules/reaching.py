"""The way from a call down to what it does to a session, as rules about transactions tell it."""

from __future__ import annotations

from typing import NamedTuple

from ..model import Hop
from ..project import Project, Unit
from ..project.summary import Breach, Commit, Edge
from ..project.traces import short


class Reached(NamedTuple):
    """The calls that lead to an effect (by whom, and by which edge), and the function and place that has it."""

    project: Project
    calls: tuple[tuple[Unit, Edge], ...]
    unit: Unit
    at: int
    text: str

    @property
    def steps(self) -> tuple[Hop, ...]:
        """The calls as steps of a trace."""
        names = self.project.names
        return tuple(
            Hop(
                caller.spot(edge.at),
                f"`{short(caller)}` calls `{short(names.units[edge.callee])}`",
                caller.symbol,
            )
            for caller, edge in self.calls
        )


def reached(project: Project, unit: Unit, what: Breach | Commit) -> Reached | None:
    """Where what a function is said to do is really done; None when that cannot be told."""
    if not what.via or what.inner is None:
        return Reached(project, (), unit, what.at, what.text)
    own = next((one for one in project.summary(unit).edges if (one.at, one.callee) == (what.at, what.via)), None)
    found = project.traces.down(project.names.units[what.via], what.inner)
    if found is None or own is None:
        return None
    calls, ending, key = found
    at = project.summary(ending).effects[key].at
    events = (one for one in project.summary(ending).events if one.at == at and one.verb is key.verb)
    text = next((one.text for one in events), what.text)
    return Reached(project, ((unit, own), *calls), ending, at, text)
