"""A handler that asks the database itself, in a project that has repositories for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...facts.schema import Call, Lit
from ...knowledge import Verb, canonical
from ...knowledge.sqlalchemy import STATEMENTS
from ...model import Claim, Extent, Severity
from ...project import Project, Unit
from ...project.layers import REPOSITORY
from ...project.modules import last_name
from ...project.parts import parts
from ...project.text import render
from ...project.traces import short
from ..registry import Handler, option, rule
from .contracts import reasons

_ASKING = frozenset({"execute", "scalars", "scalar", "exec", "get", "get_one", "query", "stream", "stream_scalars"})
"""Methods of a session that ask the database for something."""
_ALIVE = ("SELECT 1", "select 1")
"""What is asked to see whether the database is there."""


_WRITING = frozenset({"execute", "exec", "update"})
"""Those by which a handler writes; what a session is given or told to delete is no question."""


@dataclass(frozen=True)
class Options:
    """How much is left to handlers."""

    reads: bool = option(False, "whether handlers may read by themselves, and only statements that write are reported")


@rule("SQA417", on=Handler, severity=Severity.WARNING, default=False, options=Options)
def query_in_handler(unit: Unit, handler: Handler, project: Project, options: Options) -> Iterator[Claim]:
    """Yields a claim for a handler that builds or runs a query, where the settings say which code is for that."""
    declared = dict(project.settings.layers).get(REPOSITORY, ())
    events = project.summary(unit).events
    asked = {event.at for event in events if event.verb is Verb.WRITE or not options.reads}
    calls = (part for part in parts(unit.body) if isinstance(part, Call))
    found = next((call for call in calls if _asks(project, unit, call, asked, options)), None)
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


def _asks(project: Project, unit: Unit, call: Call, asked: set[int], options: Options) -> bool:
    """Whether a call builds a statement, or has a session run one."""
    symbol = canonical(project.names.dotted(unit.module, call.func))
    if symbol in STATEMENTS and not (options.reads and symbol.endswith(".select")):
        return True
    asking = _WRITING if options.reads else _ASKING
    return call.at in asked and last_name(call.func) in asking and not _is_check(call)


def _is_check(call: Call) -> bool:
    """Whether all that is asked is whether the database is there."""
    return any(isinstance(part, Lit) and part.value in _ALIVE for part in parts(call.args))
