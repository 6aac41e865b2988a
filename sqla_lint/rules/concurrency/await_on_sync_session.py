"""`await` before a call that is no coroutine."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC, RESULTS, SESSION
from ...model import Change, Claim, Confidence, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Key, Mixup
from ...project.traces import Leg
from ..registry import rule

_WAIT_FOR_NOTHING = ASYNC | RESULTS
"""Classes whose plain methods need no `await`; a synchronous session needs another session."""


@rule("SQA304", on=Mixup)
def await_on_sync_session(unit: Unit, mixup: Mixup, project: Project) -> Iterator[Claim]:
    """Yields a claim for an awaited call that is no coroutine: of a Session, or `add` of an AsyncSession."""
    if mixup.how != "awaited" or project.layers.of(unit).layer == TEST:
        return
    owner = mixup.kind.rpartition(".")[2]
    passed = mixup.sure is Confidence.POSSIBLE and _is_passed(unit, mixup, project)
    sure = Confidence.LIKELY if passed else mixup.sure
    twin = "" if mixup.kind in ASYNC else ", or make it an AsyncSession where it comes from"
    yield Claim(
        spot=unit.spot(mixup.at),
        symbol=unit.symbol,
        message=f"`{mixup.text}` is awaited, but `{owner}.{mixup.name}` is no coroutine",
        confidence=sure,
        label="nothing to await",
        why="the call is done first, and then TypeError is raised, because its result cannot be awaited",
        help=f"drop the `await`{twin}",
        because=("the type of the session is taken from an annotation",) if sure is Confidence.POSSIBLE else (),
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
        fix=Recipe(Change.DROP_AWAIT, mixup.sure is Confidence.CERTAIN) if mixup.kind in _WAIT_FOR_NOTHING else None,
    )


def _is_passed(unit: Unit, mixup: Mixup, project: Project) -> bool:
    """Whether all who are known to call the function pass a Session that they have opened."""
    event = next((one for one in project.summary(unit).events if one.at == mixup.at), None)
    legs = project.traces.legs(unit, Key(event.verb, event.path, event.guard)) if event is not None else []
    return bool(legs) and all(leg.links and _kinds(leg, project) == {SESSION} for leg in legs)


def _kinds(leg: Leg, project: Project) -> set[str]:
    """What the one who opens a session is known to have."""
    known = (value for values in project.summary(leg.entry).env.values() for value in values)
    opened = (one for one in known if one.path == leg.path and one.path.root == "fresh")
    return {project.classes.session_kind(one.type) for one in opened}
