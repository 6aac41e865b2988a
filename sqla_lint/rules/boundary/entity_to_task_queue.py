"""An entity that is sent to another process."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.queues import PICKLING
from ...model import Claim
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Exported
from ..registry import rule
from ..taken import taken_by, where

_COPY = (
    "what arrives is a detached copy of the row as it was: what is not loaded raises DetachedInstanceError, and "
    "merging it writes old values over newer ones"
)
_JSON = "JSON has no entities, so the call raises; with pickle as the serializer "


@rule("SQA406", on=Exported)
def entity_to_task_queue(unit: Unit, sent: Exported, project: Project) -> Iterator[Claim]:
    """Yields a claim for an entity among the arguments of a task, of a function in another process, or of a pickle."""
    role = project.layers.of(unit)
    if sent.what != "entity" or role.layer in OUTSIDE:
        return
    how, sure = taken_by(sent, project)
    if not how:
        return
    entity = sent.kind.rpartition(".")[2]
    yield Claim(
        spot=unit.spot(sent.at),
        symbol=unit.symbol,
        message=f"`{sent.text}` pickles the entity `{entity}`"
        if how == "pickle"
        else f"`{sent.text}` sends the entity `{entity}` to {where(how)}",
        confidence=min(sent.sure, sure),
        label="an entity leaves its process",
        why=_COPY if how in PICKLING else f"{_JSON}{_COPY}",
        help="pass the primary key, and load the row where it is worked on",
        entry=role.entry,
        legs=(unit.symbol,),
    )
