"""Pages of rows: a library cuts out what a page shows, and hands its schema of pages nothing but rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Call
from ...knowledge import Verb
from ...knowledge.sqlalchemy import ASYNC, QUERY, SELECT
from ..questions import belonging, loading
from ..summary import Stall
from ..text import written
from ..values import ANY, NOTHING, UNKNOWN, Path, Type, Value, Values
from .arguments import Given, Site
from .state import Task

if TYPE_CHECKING:
    from .reading import Reading

_ASKED = ("conn", "session", "query")
_TURNS = "transformer"
"""By this argument rows become something else."""


def of(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A page of a list that is there."""
    first = given.positional[0] if given.positional else given.keywords.get("sequence", NOTHING)
    if _TURNS in given.keywords or given.open_ended:
        r.let_go(given.all())
        return NOTHING
    return tuple(value for value in first if value.type.kind == "many")


def now(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A page of what a query finds, or a statement on a session."""
    return _page(r, given, site, False)


def later(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The same by a coroutine."""
    return _page(r, given, site, True)


def _page(r: Reading, given: Given, site: Site, awaits: bool) -> Values:
    asked = [*given.positional[:2], *(given.keywords[name] for name in _ASKED if name in given.keywords)]
    values = [value for part in asked for value in part]
    sessions = tuple(value for value in values if r.classes.session_kind(value.type))
    queries = tuple(value for value in values if _is_sent(r, value, sessions))
    awaits = awaits or any(r.classes.session_kind(value.type) in ASYNC for value in sessions)
    uses = r.gather()
    for session in sessions:
        kind = r.classes.session_kind(session.type)
        r.touch(Verb.READ, session, kind, site.at, site.source, "")
        if kind not in ASYNC:
            _waits(r, session.path.owner(), kind, site, session)
    for query in queries if not sessions else ():
        _waits(r, UNKNOWN, QUERY, site, query)
    r.may_raise()
    r.gathered()
    kinds = [kind for value in queries for kind in _rows(r, value)]
    path = Path("fresh", site.at)
    found: Values = NOTHING
    if _TURNS not in given.keywords and not given.open_ended:
        found = tuple(Value(path, Type("many", "", (kind,)), site.sure) for kind in dict.fromkeys(kinds))
        loading.paged(r, queries, sessions, found, site)
        if isinstance(site.source, Call) and (sessions or queries):
            belonging.loaded(r, site.source, queries[0] if queries else sessions[0], sessions, given, found)
    if not awaits:
        return found
    r.tasks.made[site.at] = Task(tuple(uses), r.loop, site.source)
    kinds = [value.type for value in found] or [ANY]
    return tuple(Value(path, Type("coroutine", site.at, (kind,)), site.sure) for kind in kinds)


def _is_sent(r: Reading, value: Value, sessions: Values) -> bool:
    """Whether it is what a session is given, or else a query, which has its own."""
    kind = value.type
    if not sessions or kind.kind != "class":
        return kind.name == QUERY or (bool(sessions) and kind.name == SELECT)
    return r.classes.is_mapped(str(kind.name))


def _waits(r: Reading, path: Path, kind: str, site: Site, of: Value) -> None:
    """The thread waits for the database meanwhile."""
    path = path if path.root in ("param", "free") else UNKNOWN
    r.stall(Stall(path, r.guard, kind, site.at, written(site.source), "", 0, of.sure))


def _rows(r: Reading, value: Value) -> tuple[Type, ...]:
    if value.type.name == QUERY:
        return value.type.args[:1]
    return r.project.shape("$0", ANY, (value,))
