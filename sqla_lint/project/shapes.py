"""What a library call returns, from the shape that the knowledge tables give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge import CLASSES
from ..knowledge.payloads import PAYLOAD
from ..knowledge.sqlalchemy import SELECT
from .values import ANY, NONE, SENT, Type, Values, instance, is_told, row_of

if TYPE_CHECKING:
    from .project import Project


def shape(project: Project, text: str, receiver: Type, first: Values) -> tuple[Type, ...]:
    """The types that a shape stands for, given the receiver's type and the values of the first argument."""
    if not text:
        return ()
    if text == "self":
        return (receiver,)
    if text == PAYLOAD:
        return (SENT,)
    if text == "T":
        return _row(receiver)
    if text == "C":
        return (instance(str(receiver.name), *receiver.args),) if receiver.kind in ("class", "instance") else ()
    if text == "$0":
        return _stands_for(first)
    if text.startswith("many "):
        inner = shape(project, text[5:], receiver, first)
        return tuple(Type("many", "", (kind,)) for kind in inner) or (Type("many"),)
    if text.startswith("class "):
        name, _, beside = text[6:].partition(", ")
        return (Type("class", name), *(receiver.args if beside else ()))
    name, bracket, rest = text.partition("[")
    if not bracket:
        return (instance(name),)
    inner = shape(project, rest[:-1], receiver, first)
    return tuple(instance(name, kind) for kind in inner) or (instance(name),)


def _row(receiver: Type) -> tuple[Type, ...]:
    if receiver.args:
        return (receiver.args[0],) if receiver.args[0] not in (ANY, NONE) else ()
    klass = CLASSES.get(str(receiver.name))
    return (instance(klass.row),) if klass is not None and klass.row else ()


def _stands_for(values: Values) -> tuple[Type, ...]:
    """What reading with this argument gives: instances of a class, the rows of a statement."""
    found: list[Type] = []
    for value in values:
        kind = value.type
        if kind.kind == "class":
            found.append(instance(str(kind.name), *kind.args) if kind.name else kind.args[0])
        elif is_told(value.path) and (kind == ANY or (kind.name == SELECT and all(map(_is_open, kind.args)))):
            found.append(row_of(value.path))
        elif kind.kind == "instance" and kind.name == SELECT and kind.args:
            found.append(kind.args[0])
    return tuple(dict.fromkeys(found))


def _is_open(kind: Type) -> bool:
    """Whether a type says nothing of what is in it: anything, or a variable that callers bind."""
    return kind == ANY or kind.kind == "variable" or any(map(_is_open, kind.args))
