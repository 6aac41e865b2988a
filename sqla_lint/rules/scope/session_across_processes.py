"""A session, an engine or a connection that is sent to another process."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Exported
from ..registry import rule
from ..taken import taken_by, where

_PICKLED = "it cannot be pickled, so "
_OF_PROCESSES = _PICKLED + "the work is never done; its future keeps the error, and nobody sees it who does not ask"
_OF_CHILDREN = (
    _PICKLED + "starting the process raises; where processes are forked, both use one database connection, and each "
    "reads the answers to the other's statements"
)
_OF_QUEUES = "it holds a connection, which neither JSON nor pickle can carry: the call raises, and no task is sent"


@rule("SQA110", on=Exported)
def session_across_processes(unit: Unit, sent: Exported, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session or an engine among what a task, another process or a pickle is given."""
    role = project.layers.of(unit)
    if sent.what != "session" or role.layer == TEST:
        return
    how, sure = taken_by(sent, project)
    if not how:
        return
    kind = sent.kind.rpartition(".")[2]
    owner, _, field = sent.field.rpartition(".")
    name = f"the {kind} in `{owner.rpartition('.')[2]}.{field}`" if field else f"the {kind}"
    yield Claim(
        spot=unit.spot(sent.at),
        symbol=unit.symbol,
        message=f"`{sent.text}` pickles {name}" if how == "pickle" else f"`{sent.text}` sends {name} to {where(how)}",
        confidence=min(sent.sure, sure, Confidence.LIKELY) if how == "a child process" else min(sent.sure, sure),
        label="belongs to this process",
        why=_WHY.get(how, _OF_QUEUES),
        help="send keys and values, and open a session on an engine of its own where the work is done",
        entry=role.entry,
        legs=(unit.symbol,),
    )


_WHY = {
    "a process": _OF_PROCESSES,
    "a child process": _OF_CHILDREN,
    "pickle": _PICKLED + "the call raises",
}
