"""A response that streams from a session which is closed by the time the first chunk is sent."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import REGISTRIES
from ...knowledge.starlette import EARLY_EXITS
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Outlived
from ...project.versions import allowed
from ..registry import rule
from ..sharing import steps_to


@rule("SQA114", on=Outlived)
def session_in_streaming_response(unit: Unit, outlived: Outlived, project: Project) -> Iterator[Claim]:
    """Yields a claim for a generator that is read while the response is sent, on a session closed before that."""
    spawn = outlived.spawn
    if spawn.how != "stream" or outlived.kind in REGISTRIES or project.layers.of(unit).layer == TEST:
        return
    if not spawn.block and not _is_closed_early(unit, project):
        return
    closed = "when its block has closed it" if spawn.block else "when FastAPI has closed it"
    origin = project.traces.provider(outlived.path)
    steps, own, starter = steps_to(project, spawn, "is read while the response is sent")
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{spawn.text}` reads the session `{outlived.name}` {closed}",
        confidence=outlived.sure,
        label=own.text,
        why=(
            "the generator runs after the handler has returned: the closed session opens itself anew, and each "
            "response takes a connection that nobody gives back; an entity of the block raises DetachedInstanceError"
        ),
        help="open the session inside the generator",
        entry=project.layers.of(unit).entry,
        trace=tuple(step for step in (origin, *steps, own) if step is not None) if steps or origin else (),
        legs=(unit.symbol,),
    )


def _is_closed_early(unit: Unit, project: Project) -> bool:
    """Whether every version of FastAPI that the project allows closes a dependency before it sends the response."""
    said = project.requires.get("fastapi")
    if said is None or "fastapi" not in project.packages(unit.module):
        return False
    first, last = EARLY_EXITS
    low, high = allowed(said)
    return low >= first and high <= last
