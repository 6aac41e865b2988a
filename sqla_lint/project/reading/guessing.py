"""What is called like a session and comes from where nobody looks: what it is given says whether it is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Name
from ...knowledge import CLASSES, Klass, Verb
from ...knowledge.sqlalchemy import ASYNC_SESSION, NAMES, REGISTRY, SELECT, SESSION, TEXT_CLAUSE, TEXT_OF_ROWS
from ...model import Confidence
from .. import taking
from ..text import render
from ..values import ANY, NOTHING, Path, Value, Values, instance
from .arguments import Given

if TYPE_CHECKING:
    from .reading import Reading

_TAKE_ENTITIES = frozenset(
    {"add", "add_all", "merge", "delete", "refresh", "expunge", "query", "get", "get_one", "bulk_save_objects"}
    | {"bulk_insert_mappings", "bulk_update_mappings"}
)
_TAKE_STATEMENTS = frozenset({"execute", "scalar", "scalars", "exec"})


def is_called_like_session(r: Reading, expr: Expr) -> bool:
    """Whether a name or attribute reads like a session, in a module that has to do with SQLAlchemy."""
    name = expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Attr) else ""
    return name.lstrip("_") in NAMES and r.project.mentions_library(r.module)


def received(r: Reading, target: Expr, values: Values, source: Expr | None, *, in_block: bool) -> Values:
    """What a call gives a target; something of its own where nothing is known but that it is called like a session. A
    function that closes it somewhere has opened it, unless a block does both, and so has one that takes what others
    close who take it."""
    if values or not isinstance(source, Call) or not isinstance(target, Name) or not is_called_like_session(r, target):
        return values
    path = Path("fresh", source.at)
    r.reopened(path)
    if not in_block and (_is_closed(r, target) or taking.is_to_close(r, source.func)):
        r.opens(path, instance(SESSION), source.at, render(source), "", Confidence.POSSIBLE)
    return (Value(path, ANY, Confidence.CERTAIN),)


def _is_closed(r: Reading, local: Name) -> bool:
    return any(isinstance(part, Call) and part.func == Attr(local, "close") for part in r.pieces)


def closing(r: Reading, value: Value, context: Expr, at: int) -> Callable[[], None]:
    """The end of the block that gave it."""
    text = render(context)
    return lambda: r.touch(Verb.CLOSE, value, SESSION, at, f"with {text}", text)


def session(r: Reading, receiver: Value, name: str, given: Given) -> Value:
    """A receiver that is called like a session taken for one: likely one once it was given what is mapped, or a
    statement. Whether it is an AsyncSession, only the function around tells, but for `query`, which none has. What all
    functions reach may be another one in each thread, and only a registry is told to remove its session."""
    first = given.positional[0] if given.positional else NOTHING
    if name in _TAKE_ENTITIES:
        taken = any(_is_mapped(r, value) for value in (*first, *r.element(first)))
    else:
        taken = name in _TAKE_STATEMENTS and any(_is_statement(value) for value in first)
    if taken:
        r.taken_for_sessions.add(receiver.path)
        if receiver.path in r.open:
            r.open = {**r.open, receiver.path: r.open[receiver.path]._replace(sure=Confidence.LIKELY)}
    asynchronous = r.unit.definition.is_async and name != "query"
    known = (receiver.type.kind == "external" or receiver.path in r.taken_for_sessions) and not asynchronous
    of_all = REGISTRY if receiver.path.root == "global" or name == "remove" else SESSION
    kind = instance(ASYNC_SESSION if asynchronous else of_all)
    return Value(receiver.path, kind, Confidence.LIKELY if known else Confidence.POSSIBLE)


def _is_mapped(r: Reading, value: Value) -> bool:
    """Whether this is a mapped class, an attribute of one, or an entity."""
    of = value.path.key if value.path.root == "global" else value.type.name
    return r.classes.is_mapped(str(of)) or r.classes.is_mapped(str(value.type.name))


def _is_statement(value: Value) -> bool:
    return value.type.name in (SELECT, TEXT_CLAUSE, TEXT_OF_ROWS) or CLASSES.get(str(value.type.name), Klass()).writes
