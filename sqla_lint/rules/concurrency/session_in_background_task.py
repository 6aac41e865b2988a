"""A session handed to work that outlives it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import REGISTRIES
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Outlived
from ..registry import rule
from ..sharing import steps_to

_HANDED = {
    "background": "runs when the response is sent",
    "task": "starts a task that nobody awaits",
    "thread": "starts a thread that nobody waits for",
}


@rule("SQA302", on=Outlived)
def session_in_background_task(unit: Unit, outlived: Outlived, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that ends before the task, thread or background job it was handed to."""
    spawn = outlived.spawn
    if spawn.how not in _HANDED:
        return
    if outlived.kind in REGISTRIES or project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    steps, own, starter = steps_to(project, spawn, _HANDED[spawn.how])
    origin = project.traces.provider(outlived.path)
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{spawn.text}` goes on with the session `{outlived.name}` after {_end(outlived)}",
        confidence=outlived.sure,
        label=_HANDED[spawn.how],
        why=_why(outlived),
        help="pass ids and let the work open its own session, or wait for it here",
        entry=project.layers.of(unit).entry,
        trace=tuple(step for step in (origin, *steps, own) if step is not None) if steps or origin else (),
        legs=(unit.symbol,),
    )


def _end(outlived: Outlived) -> str:
    return "its block has ended" if outlived.spawn.block else "the request has ended"


def _why(outlived: Outlived) -> str:
    if outlived.spawn.block or outlived.spawn.how != "background":
        return (
            "closing the session takes its pending changes back without an error; used again it opens itself anew, and "
            "nobody closes it"
        )
    return (
        "before FastAPI 0.106 and from 0.118 its commit also stores what the handler never committed; in between the "
        "session is closed first, opens itself anew, and nobody closes it"
    )
