"""A handler that asks the database itself, in a project that has repositories for it."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Lit
from ...knowledge import canonical
from ...knowledge.sqlalchemy import STATEMENTS
from ...model import Claim, Extent, Severity
from ...project import Project, Unit
from ...project.layers import REPOSITORY
from ...project.modules import last_name
from ...project.parts import parts
from ...project.text import render
from ...project.traces import short
from ..registry import Handler, rule
from .contracts import reasons

_ASKING = frozenset({"execute", "scalars", "scalar", "exec", "get", "get_one", "query", "stream", "stream_scalars"})
"""Methods of a session that ask the database for something."""
_ALIVE = ("SELECT 1", "select 1")
"""What is asked to see whether the database is there."""


@rule("SQA417", on=Handler, severity=Severity.WARNING, default=False)
def query_in_handler(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for a handler that builds or runs a query, where the settings say which code is for that."""
    declared = dict(project.settings.layers).get(REPOSITORY, ())
    asked = {event.at for event in project.summary(unit).events}
    calls = (part for part in parts(unit.body) if isinstance(part, Call))
    found = next((call for call in calls if _asks(project, unit, call, asked)), None)
    if not declared or found is None:
        return
    role = project.layers.of(unit)
    yield Claim(
        spot=unit.spot(found.at, Extent.CALL),
        symbol=unit.symbol,
        message=f"`{short(unit)}` is a handler and asks the database itself, by `{render(found)}`",
        confidence=role.sure,
        label="a query outside the repositories",
        why="each handler asks the same question in a way of its own, and none can be tested without a database",
        help="move it into a method of a repository, and call that",
        role=f"handler ({', '.join(role.because)})",
        entry=role.entry,
        because=reasons(role),
        legs=(unit.symbol,),
    )


def _asks(project: Project, unit: Unit, call: Call, asked: set[int]) -> bool:
    """Whether a call builds a statement, or has a session run one."""
    if canonical(project.names.dotted(unit.module, call.func)) in STATEMENTS:
        return True
    return call.at in asked and last_name(call.func) in _ASKING and not _is_check(call)


def _is_check(call: Call) -> bool:
    """Whether all that is asked is whether the database is there."""
    return any(isinstance(part, Lit) and part.value in _ALIVE for part in parts(call.args))
