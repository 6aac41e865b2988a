"""A repository that commits a session it was given."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Confidence, Hop, Spot
from ...project import Project, Unit
from ...project.layers import BOUNDARY_LAYERS, MODEL, REPOSITORY, UNIT_OF_WORK, Role
from ...project.summary import Event, Key
from ...project.traces import Leg, short
from ...project.values import Path
from ..registry import rule


@rule("SQA201", on=Event)
def commit_in_repository(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that a repository, or a helper it calls, does on a borrowed session."""
    if event.verb is not Verb.COMMIT or not borrowed(project, unit, event.path):
        return
    layer = project.layers.of(unit).layer
    if layer in BOUNDARY_LAYERS - {UNIT_OF_WORK} or layer == MODEL or _only_when_asked(unit, event):
        return
    legs = project.traces.legs(unit, Key(Verb.COMMIT, event.path, event.guard))
    placed = _repository(project, unit, legs)
    if placed is None:
        return
    role, leg, holder = placed
    sure = min(event.sure, role.sure, leg.sure)
    if event.guard:
        sure = min(sure, Confidence.LIKELY)
    hops = project.traces.hops(leg)
    own = Hop(Spot(unit.module.name, event.at), "commits", unit.symbol)
    opener = hops[0].text if hops and not leg.links else ""
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` ends a transaction that the caller opened",
        confidence=sure,
        label=_label(project, leg),
        why="what was written is kept even when the rest of the use case fails",
        help=_help(project, leg, unit),
        role=f"repository ({', '.join(role.because)})",
        entry=project.layers.of(leg.entry).entry,
        because=tuple(_because(event, leg, holder, unit)),
        trace=(*hops, own) if hops or opener else (),
        legs=tuple(dict.fromkeys(one.entry.symbol for one in legs)),
    )


def borrowed(project: Project, unit: Unit, path: Path) -> bool:
    """Whether the session at this path was given to the unit: a parameter, `self`'s, injected, or ambient."""
    if path.root in ("fresh", "unknown", "const"):
        return False
    if path.root == "global":
        return True
    if path.root == "param" and path.key == 0 and path.attrs and unit.klass is not None:
        field = project.classes.field(unit.klass.symbol, path.attrs[0])
        if field is not None and field.values and all(value.path.root == "fresh" for value in field.values):
            return False
    return path.root in ("param", "injected", "free")


def _only_when_asked(unit: Unit, event: Event) -> bool:
    """Whether the commit stands under a flag that is off unless the caller says so."""
    for literal in event.guard:
        default = unit.definition.params[literal.param].default
        value = getattr(default, "value", None)
        if literal.test == "true" and literal.holds and default is not None and value in (False, None):
            return True
    return False


def _repository(project: Project, unit: Unit, legs: list[Leg]) -> tuple[Role, Leg, Unit] | None:
    """The repository on the way to the commit: the unit itself, or a caller that borrows the session too."""
    role = project.layers.of(unit)
    if role.layer == REPOSITORY:
        return role, legs[0], unit
    if role.layer == UNIT_OF_WORK:
        return None
    for leg in legs:
        for link in leg.links:
            role = project.layers.of(link.caller)
            if role.layer == REPOSITORY and borrowed(project, link.caller, link.outer.path):
                return role, leg, link.caller
    return None


def _label(project: Project, leg: Leg) -> str:
    opener = project.traces.opener(leg)
    if opener is None:
        return "commits a session that was given to it"
    return f"commits the session of `{opener.symbol.rpartition('.')[2]}`"


def _help(project: Project, leg: Leg, unit: Unit) -> str:
    owner = next((link.caller for link in leg.links if link.caller is not unit), None)
    if owner is not None and project.layers.of(leg.entry).layer in BOUNDARY_LAYERS:
        return f"flush here; commit where the use case ends, at the latest in `{short(leg.entry)}`"
    return "flush here; let the use case that opened the session commit"


def _because(event: Event, leg: Leg, holder: Unit, unit: Unit) -> Iterator[str]:
    if event.kind not in SESSIONS and event.sure is Confidence.POSSIBLE:
        yield f"`{event.receiver}` is taken for a session by its name"
    if holder is not unit:
        yield f"`{short(holder)}` is the repository"
    for link in leg.links:
        if link.edge.sure < Confidence.CERTAIN and link.edge.how:
            yield link.edge.how
    if event.guard:
        yield "the commit stands under a condition that the caller decides"


