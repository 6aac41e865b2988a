"""What is called like a session and comes from where nobody looks: what it is given says whether it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Attr, Expr, Name
from ..knowledge import CLASSES, Klass
from ..knowledge.sqlalchemy import ASYNC_SESSION, NAMES, SELECT, SESSION
from ..model import Confidence
from .arguments import Given
from .values import ANY, NOTHING, Path, Value, Values, instance

if TYPE_CHECKING:
    from .reading import Reading

_TAKE_ENTITIES = frozenset({"add", "add_all", "merge", "delete", "refresh", "expunge", "query", "get", "get_one"})
_TAKE_STATEMENTS = frozenset({"execute", "scalar", "scalars", "exec"})


def is_called_like_session(r: Reading, expr: Expr) -> bool:
    """Whether a name or attribute reads like a session, in a module that has to do with SQLAlchemy."""
    name = expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Attr) else ""
    return name.lstrip("_") in NAMES and r.project.mentions_library(r.module)


def received(r: Reading, target: Expr, values: Values, at: int) -> Values:
    """What a target is given; something of its own where nothing is known but that it is called like a session."""
    if values or not isinstance(target, Name) or not is_called_like_session(r, target):
        return values
    return (Value(Path("fresh", at), ANY, Confidence.CERTAIN),)


def session(r: Reading, receiver: Value, name: str, given: Given) -> Value:
    """A receiver that is called like a session taken for one: likely one once it was given what is mapped, or a
    statement. Whether it is an AsyncSession, only the function around tells, but for `query`, which none has."""
    first = given.positional[0] if given.positional else NOTHING
    if name in _TAKE_ENTITIES:
        taken = any(_is_mapped(r, value) for value in (*first, *r.element(first)))
    else:
        taken = name in _TAKE_STATEMENTS and any(_is_statement(value) for value in first)
    if taken:
        r.taken_for_sessions.add(receiver.path)
    asynchronous = r.unit.definition.is_async and name != "query"
    known = receiver.path in r.taken_for_sessions and not asynchronous
    kind = instance(ASYNC_SESSION if asynchronous else SESSION)
    return Value(receiver.path, kind, Confidence.LIKELY if known else Confidence.POSSIBLE)


def _is_mapped(r: Reading, value: Value) -> bool:
    """Whether this is a mapped class, an attribute of one, or an entity."""
    of = value.path.key if value.path.root == "global" else value.type.name
    return r.classes.is_mapped(str(of)) or r.classes.is_mapped(str(value.type.name))


def _is_statement(value: Value) -> bool:
    return value.type.name == SELECT or CLASSES.get(str(value.type.name), Klass()).writes
