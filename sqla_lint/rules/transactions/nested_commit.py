"""A callee that commits before its caller is done."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE, PROVIDER, STARTUP, TASK, UNIT_OF_WORK
from ...project.summary import Key, Sequel
from ...project.traces import Leg, short
from ..reaching import reached
from ..registry import rule
from .commit_in_repository import ways

_OWN_STEPS = OUTSIDE | {COMMAND, TASK, STARTUP, PROVIDER}
"""Code that works in steps, each of which is kept on purpose, or that runs beside the use case."""


@rule("SQA219", on=Sequel, default=False)
def nested_commit(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that a callee does on a session on which its caller goes on."""
    first, then = sequel
    if first.what != "commit" or first.inner is None or unit.kind == "module":
        return
    end = reached(project, unit, first)
    if end is None or end.is_done_once:
        return
    if any(_is_meant(project.names.units[edge.callee], project) for _, edge in end.calls):
        return
    after = reached(project, unit, then)
    if after is not None and after.is_of_its_own:
        return
    ending, event = end.unit, next((one for one in end.events if one.verb is first.verb), None)
    if event is None or not project.traces.agree(unit, first.at, first.via, end.calls[1:]):
        return
    if event.asks and project.decorated_by(ending):
        return
    if ending.definition.is_generator and first.path.root == "global":
        return
    legs = project.traces.legs(unit, Key(Verb.COMMIT, first.path, first.guard))
    legs = [leg for leg in legs if not _is_step(leg, project)]
    if project.layers.of(unit).layer in _OWN_STEPS or not legs:
        return
    steps = project.traces.hops(legs[0]) if first.path.root != "global" else []
    steps += end.steps
    own = Hop(ending.spot(event.at), "commits", ending.symbol)
    sure, reasons = min(first.sure, then.sure, event.sure), []
    if event.asks:
        sure = min(sure, Confidence.LIKELY)
        reasons.append("a test decides whether it commits")
    if then.verb is Verb.COMMIT:
        sure = Confidence.POSSIBLE
        reasons.append("nothing is known to be written between the two commits")
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=ending.symbol,
        message=f"`{event.text}` ends the transaction of `{short(unit)}`, which goes on with `{then.text}`",
        confidence=sure,
        label=f"commits before `{short(unit)}` is done",
        why="when what follows fails, the first half of the use case is stored and its rollback does not take it back",
        help=f"flush here and commit once, at the end of `{short(unit)}`",
        entry=project.layers.of(legs[0].entry).entry,
        because=tuple(reasons),
        trace=(*steps, own, Hop(unit.spot(then.at), f"`{short(unit)}` {_goes_on(then.verb)}", unit.symbol)),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )


def _goes_on(verb: Verb) -> str:
    return "commits the rest" if verb is Verb.COMMIT else "goes on writing"


def _is_step(leg: Leg, project: Project) -> bool:
    """Whether the way begins in code that works in steps, or in what opens the session for such code alone."""
    if project.layers.of(leg.entry).layer in _OWN_STEPS:
        return True
    return leg.path.root == "fresh" and project.run_only_by(leg.entry, _OWN_STEPS)


def _is_meant(callee: Unit, project: Project) -> bool:
    """Whether whoever calls this says that it commits: by its name, or because it is a unit of work's."""
    return "commit" in callee.definition.name.lower() or project.layers.of(callee).layer == UNIT_OF_WORK
