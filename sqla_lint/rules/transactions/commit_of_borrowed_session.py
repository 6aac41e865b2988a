"""A function that commits a session it was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...knowledge import Verb
from ...model import Claim, Hop, Severity
from ...project import Project, Unit
from ...project.layers import BOUNDARY_LAYERS, MODEL
from ...project.summary import Event, Key
from ..named import is_named
from ..registry import option, rule
from .commit_in_repository import borrowed, is_delegate, is_opened_for_it, path_to, unasked, ways


@dataclass(frozen=True)
class Options:
    """Who may commit although others have opened the session."""

    owners: tuple[str, ...] = option((), "functions that may commit, beside those that say so in their own name")


@rule("SQA218", on=Event, severity=Severity.WARNING, default=False, options=Options)
def commit_of_borrowed_session(unit: Unit, event: Event, project: Project, options: Options) -> Iterator[Claim]:
    """Yields a claim for a commit of a session that a function, which is no boundary, was given."""
    layer = project.layers.of(unit).layer
    if event.verb is not Verb.COMMIT or layer in BOUNDARY_LAYERS or layer == MODEL or event.path.root == "global":
        return
    if not borrowed(project, unit, event.path) or is_delegate(unit, event, project) or "commit" in unit.definition.name:
        return
    if is_named(unit.symbol, options.owners):
        return
    legs = unasked(unit, event, project.traces.legs(unit, Key(Verb.COMMIT, event.path, event.guard)), project)
    if not legs or is_opened_for_it(project, unit, event.path, legs):
        return
    own = Hop(unit.spot(event.at), "commits", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` commits a session that was given to it",
        confidence=min(event.sure, legs[0].sure),
        label="commits a session that was given to it",
        why="no caller can do two such things in one transaction, or take this one back",
        help="flush here, and commit where the session is opened",
        entry=project.layers.of(legs[0].entry).entry,
        trace=path_to(own, legs[0], project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
    )
