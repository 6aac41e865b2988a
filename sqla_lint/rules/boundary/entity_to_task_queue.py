"""An entity that is sent to another process."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.queues import PICKLING, SENDING
from ...model import Claim, Confidence
from ...project import Project, Unit
from ...project.layers import OUTSIDE, TASK
from ...project.summary import Exported
from ..registry import rule

_COPY = (
    "what arrives is a detached copy of the row as it was: what is not loaded raises DetachedInstanceError, and "
    "merging it writes old values over newer ones"
)
_JSON = "JSON has no entities, so the call raises; with pickle as the serializer "


@rule("SQA406", on=Exported)
def entity_to_task_queue(unit: Unit, sent: Exported, project: Project) -> Iterator[Claim]:
    """Yields a claim for an entity among the arguments of a task, of a function in another process, or of a pickle."""
    role = project.layers.of(unit)
    how, sure = _taken_by(sent, project)
    if not how or role.layer in OUTSIDE:
        return
    entity = sent.entity.rpartition(".")[2]
    yield Claim(
        spot=unit.spot(sent.at),
        symbol=unit.symbol,
        message=f"`{sent.text}` pickles the entity `{entity}`"
        if how == "pickle"
        else f"`{sent.text}` sends the entity `{entity}` to {_WHERE.get(how, how)}",
        confidence=min(sent.sure, sure),
        label="an entity leaves its process",
        why=_COPY if how in PICKLING else f"{_JSON}{_COPY}",
        help="pass the primary key, and load the row where it is worked on",
        entry=role.entry,
        legs=(unit.symbol,),
    )


_WHERE = {
    "celery": "a Celery worker",
    "rq": "an RQ worker",
    "arq": "an arq worker",
    "dramatiq": "a dramatiq worker",
} | {
    "taskiq": "a taskiq worker",
    "a process": "another process",
}


def _taken_by(sent: Exported, project: Project) -> tuple[str, Confidence]:
    """What takes the entity away, and how sure that is; "" when nothing does."""
    if sent.how:
        return sent.how, Confidence.CERTAIN
    role = project.layers.of(project.names.units[sent.task])
    if role.layer != TASK:
        return "", Confidence.POSSIBLE
    if role.framework:
        return (role.framework if sent.name in SENDING.get(role.framework, ()) else ""), role.sure
    return next((name for name, methods in SENDING.items() if sent.name in methods), ""), role.sure
