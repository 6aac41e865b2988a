"""A unit of work that all requests enter."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Name, WithItem
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Confidence, Extent
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.parts import parts, reads
from ...project.questions.unit_of_work import opens
from ...project.summary import Cached, Shared
from ...project.traces import short
from ..registry import rule

_WHERE = {
    "module": "`{}` is one for everybody",
    "class": "`{}` is one for all instances of the class",
    "default": "the default of `{}` is made once, and one for all calls",
    "application": "`{}` is one for as long as the application lives",
}


@rule("SQA117", on=(Shared, Cached))
def shared_unit_of_work(unit: Unit, found: Shared | Cached, project: Project) -> Iterator[Claim]:
    """Yields a claim for a unit of work at module level, in a default, in a cache, or on an application."""
    if project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    if isinstance(found, Cached):
        klass = "" if found.held.kind in SESSIONS or found.takes else found.held.kind
        by_call = found.at != OWN_NAME
        spot = unit.spot(found.at, Extent.CALL if by_call else Extent.NAME)
        where = (
            f"`{found.by}` makes one and keeps it" if by_call else f"`{found.by}` keeps what `{short(unit)}` returns"
        )
        sure = Confidence.CERTAIN
    else:
        klass, spot, sure = found.klass, unit.spot(found.at), found.sure
        name = found.target.rpartition(".")[2]
        if found.holder == "module" and _is_of_block(unit, name, project):
            return
        where = _WHERE[found.holder].format(name)
    name = opens(project, klass) if klass else ""
    if not name:
        return
    what = klass.rpartition(".")[2]
    yield Claim(
        spot=spot,
        symbol=unit.symbol if isinstance(found, Cached) else found.target,
        message=f"everybody enters the same `{what}`: {where}",
        confidence=sure,
        label="one unit of work, shared",
        why=f"each entry replaces `{name}` under those who are inside: one request commits or loses another's work",
        help=f"pass the class `{what}`, or a function that makes one, and enter a new one for each use case",
        legs=(unit.symbol,),
    )


def _is_of_block(unit: Unit, name: str, project: Project) -> bool:
    """Whether a `with` block at module level has it, and no function reads the name."""
    if not any(isinstance(part, WithItem) and part.target == Name(name) for part in parts(unit.body)):
        return False
    others = project.names.units_in(unit.module.name)
    return not any(one is not unit and reads(one.body, frozenset({name})) for one in others)
