"""What takes an argument to another process, and how sure that is."""

from __future__ import annotations

from ..knowledge.queues import SENDING
from ..model import Confidence
from ..project import Project
from ..project.layers import TASK
from ..project.summary import Exported

_WHERE = {
    "celery": "a Celery worker",
    "rq": "an RQ worker",
    "arq": "an arq worker",
    "dramatiq": "a dramatiq worker",
    "taskiq": "a taskiq worker",
    "a process": "another process",
    "a child process": "another process",
}


_SENDS = "apply_async"
"""What a project that packs the arguments of its Celery tasks in its own way defines anew."""


def where(how: str) -> str:
    """Where something goes, in words."""
    return _WHERE.get(how, how)


def taken_by(sent: Exported, project: Project) -> tuple[str, Confidence]:
    """What takes it away, and how sure that is; "" when nothing does."""
    if sent.how:
        return sent.how, Confidence.CERTAIN
    role = project.layers.of(project.names.units[sent.task])
    if role.layer != TASK:
        return "", Confidence.POSSIBLE
    if role.framework:
        how = role.framework if sent.name in SENDING.get(role.framework, ()) else ""
    else:
        how = next((name for name, methods in SENDING.items() if sent.name in methods), "")
    own = how == "celery" and any(project.names.named(_SENDS))
    return how, Confidence.POSSIBLE if own else role.sure
