"""How the rows of a result come, and what becomes of one that is streamed: whether the code reads it to its end, or
closes it."""

from __future__ import annotations

from collections.abc import Iterable

from ...facts.schema import Attr, Await, Bind, Body, Call, Expr, Items, Leave, Lit, Name, Repeat
from ...knowledge.sqlalchemy import ASYNC, QUERY
from ..parts import parts

Ways = tuple[str, ...]
"""See `summary.Plan`."""
CURSOR, PARTS = "cursor", "parts"
_OPTIONS: dict[str, Ways] = {"yield_per": (CURSOR, PARTS), "stream_results": (CURSOR,)}
_STREAMS = frozenset({"stream", "stream_scalars"})
_IN_PARTS = frozenset({"yield_per", "partitions"})
_OFF = (Lit(None), Lit(False), Lit(0))

_ENDS = frozenset(
    {"all", "fetchall", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "close", "aclose"}
)
"""Methods after which a result is closed."""
_SAME = frozenset({"scalars", "mappings", "unique", "columns", "yield_per", "tuples"})
_PARTLY = frozenset({"fetchone", "fetchmany", "__anext__"})
"""Methods that read some rows."""


def left_open(body: Body, at: int) -> str:
    """How a body leaves the result open that the call at a place makes: "break" or "return" ends a loop over it too
    early, "partly" some rows are read, "unread" none; "" when it is read to its end, closed, or given away."""
    for part in parts(body):
        if isinstance(part, Repeat) and part.is_async and _makes(part.head, at):
            return _leaves(part.body)
        if isinstance(part, Bind) and part.value is not None and _makes(part.value, at):
            target = part.targets[0]
            return _of_name(body, target.id) if isinstance(target, Name) else ""
    return ""


def _makes(expr: Expr, at: int) -> bool:
    """Whether an expression is the result of the call at a place, as it is or as another form of it."""
    while True:
        match expr:
            case Await(of):
                expr = of
            case Call(Attr(of, name)) if name in _SAME:
                expr = of
            case Call():
                return expr.at == at
            case _:
                return False


def _leaves(body: Body) -> str:
    """What ends a loop before its end: a `break` of its own, or a `return`."""
    for stmt in body:
        if isinstance(stmt, Leave) and stmt.kind in ("break", "return"):
            return stmt.kind
        inner = [part for part in parts(stmt) if isinstance(part, Leave)]
        breaks = _breaks(stmt)
        if any(leave.kind == "return" for leave in inner) or breaks:
            return "break" if breaks else "return"
    return ""


def _breaks(stmt: object) -> bool:
    """Whether a statement has a `break` for the loop around it."""
    if isinstance(stmt, Repeat):
        return any(_breaks(one) for one in stmt.orelse)
    if isinstance(stmt, Leave):
        return stmt.kind == "break"
    if isinstance(stmt, tuple):
        return any(_breaks(one) for one in stmt)
    fields = getattr(stmt, "__struct_fields__", ())
    return any(_breaks(getattr(stmt, name)) for name in fields)


def _of_name(body: Body, name: str) -> str:
    """What becomes of a result that a local has."""
    found = ""
    used = 0
    for part in parts(body):
        match part:
            case Repeat(head=head, is_async=True) if _is(head, name):
                found = _leaves(part.body) or "read"
                used += 1
            case Call(Attr(of, method)) if _is(of, name):
                if method in _ENDS:
                    return ""
                if method in _PARTLY and not found:
                    found = "partly"
                used += method in _PARTLY
    mentioned = sum(isinstance(part, Name) and part.id == name for part in parts(body))
    bound = sum(isinstance(one, Bind) and Name(name) in one.targets for one in parts(body))
    if mentioned - bound > used:
        return ""
    return {"read": "", "": "unread"}.get(found, found)


def _is(expr: Expr, name: str) -> bool:
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in _SAME:
        expr = expr.func.of
    return expr == Name(name)


# -- how rows come --


def both(ways: Ways, more: Ways) -> Ways:
    """All of these ways."""
    return tuple(sorted({*ways, *more}))


def options(call: Call) -> Ways:
    """What the keywords of `execution_options()` say."""
    return _said((arg.name, arg.value) for arg in call.args)


def fetched(ways: Ways, owner: str, call: Call) -> Ways:
    """How the rows of a statement come when this call on a session of the class `owner` sends it; an AsyncSession
    has all of them, or raises, unless it is asked to stream."""
    name = call.func.name if isinstance(call.func, Attr) else ""
    if owner in ASYNC and name not in _STREAMS:
        return ()
    for arg in call.args:
        if arg.name == "execution_options" and isinstance(arg.value, Items) and arg.value.kind == "dict":
            keys = (str(key.value) if isinstance(key, Lit) else "" for key in arg.value.of[::2])
            ways = both(ways, _said(zip(keys, arg.value.of[1::2], strict=False)))
    return both(ways, (CURSOR,)) if name in _STREAMS else ways


def passed(ways: Ways, owner: str, name: str) -> Ways:
    """How the rows of what a method of a result or a query returns come."""
    if name in _IN_PARTS:
        return both(ways, (CURSOR, PARTS) if owner == QUERY else (PARTS,))
    return ways if name in _SAME or (owner == QUERY and name not in _ENDS) else ()


def _said(pairs: Iterable[tuple[str, Expr]]) -> Ways:
    return tuple(sorted({way for name, value in pairs if value not in _OFF for way in _OPTIONS.get(name, ())}))


def is_unfinished(ways: Ways) -> bool:
    """Whether rows are still to come, through a cursor on the server, when the first of them are there."""
    return CURSOR in ways and PARTS in ways
