"""A repository that speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Extent, Severity
from ...project import Project, Unit
from ...project.layers import REPOSITORY
from ...project.summary import Web
from ...project.traces import short
from ..registry import rule
from .contracts import reasons

_EXTENTS = {"raises": Extent.STATEMENT, "calls": Extent.CALL, "takes": Extent.NAME, "reads": Extent.NAME}
_ERROR = "a job, a command or a test that uses the repository gets an answer for a client that does not exist"
_REQUEST = "outside a request there is none: no job, command or test can use the repository without making one up"


@rule("SQA409", on=Web, severity=Severity.WARNING, default=False)
def http_in_repository(unit: Unit, web: Web, project: Project) -> Iterator[Claim]:
    """Yields a claim for an HTTP error that a repository ends with, and for a request that it works on."""
    role = project.layers.of(unit)
    if role.layer != REPOSITORY or not _works_on_session(unit, project):
        return
    error = web.how in ("raises", "calls")
    name = web.name.rpartition(".")[2]
    words = {
        "raises": f"`{short(unit)}` raises `{name}`",
        "calls": f"`{short(unit)}` ends with an HTTP error",
        "takes": f"`{short(unit)}` takes a request",
        "reads": f"`{short(unit)}` reads the current request",
    }
    yield Claim(
        spot=unit.spot(web.at, _EXTENTS[web.how]),
        symbol=unit.symbol,
        message=f"{words[web.how]}, and it is a repository",
        confidence=min(role.sure, web.sure),
        label="a repository that knows HTTP",
        why=_ERROR if error else _REQUEST,
        help="return None or raise an error of your own here, and answer with a status in the handler"
        if error
        else "read the request in the handler and pass on the values that are needed",
        role=f"repository ({', '.join(role.because)})",
        because=reasons(role),
        legs=(unit.symbol,),
    )


def _works_on_session(unit: Unit, project: Project) -> bool:
    """Whether the function, or the object whose method it is, has anything to do with a session."""
    if unit.klass is not None and project.classes.takes_session(unit.klass.symbol):
        return True
    summary = project.summary(unit)
    values = (value for _, found in summary.received for value in found)
    return bool(summary.effects or summary.events) or any(project.classes.session_kind(one.type) for one in values)
