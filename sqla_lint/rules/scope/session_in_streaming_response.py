"""A response that streams from a session which is closed by the time the first chunk is sent."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import REGISTRIES
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Outlived
from ..registry import rule
from ..sharing import steps_to


@rule("SQA114", on=Outlived)
def session_in_streaming_response(unit: Unit, outlived: Outlived, project: Project) -> Iterator[Claim]:
    """Yields a claim for a generator that is read while the response is sent, on a session closed before that."""
    spawn = outlived.spawn
    if spawn.how != "stream" or not spawn.block or outlived.kind in REGISTRIES:
        return
    if project.layers.of(unit).layer == TEST:
        return
    steps, own, starter = steps_to(project, spawn, "is read while the response is sent")
    yield Claim(
        spot=own.spot,
        symbol=starter.symbol,
        message=f"`{spawn.text}` reads the session `{outlived.name}` when its block has closed it",
        confidence=outlived.sure,
        label=own.text,
        why=(
            "the generator runs after the handler has returned: the closed session opens itself anew, and each "
            "response takes a connection that nobody gives back; an entity of the block raises DetachedInstanceError"
        ),
        help="open the session inside the generator",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own) if steps else (),
        legs=(unit.symbol,),
    )
