"""Loops over what is a list for the sake of others, and one row or none for the function that has the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Arm, Attr, Await, Bind, Body, Call, Do, Expr, Handler, Items, Leave, Name, Repeat, Stmt
from ..knowledge.web import ABORTS
from . import callers
from .modules import Unit
from .parts import parts

if TYPE_CHECKING:
    from .project import Project


def row_of(project: Project, unit: Unit, turn: Repeat) -> str:
    """The parameter that makes what a loop goes through a list of one: a function gives it that looks for one row where
    it is told which, and for all of somebody else. What says which is always there; or ""."""
    call = _made(unit, turn.head)
    callee = project.names.by_symbol.get(project.names.dotted(unit.module, call.func)) if call is not None else None
    if call is None or callee is None or callee.kind != "function" or callee.klass is not None:
        return ""
    for index, param in enumerate(callee.definition.params):
        if any(_gives_one(arm, param.name) for arm in parts(callee.body) if isinstance(arm, Arm)):
            known = callers.given(callee, call, index)
            if isinstance(known, Name) and _is_always_there(unit, known.id):
                return known.id
    return ""


def is_empty(project: Project, unit: Unit, turn: Repeat) -> bool:
    """Whether a loop goes through what is made empty, and filled only where the function then ends with an error."""
    if not isinstance(turn.head, Name):
        return False
    made = [part.value for part in parts(unit.body) if isinstance(part, Bind) and turn.head in part.targets]
    ending = [one for one in _blocks(unit.body) if _fails(project, unit, one[-1])]
    heads = [part.head for part in parts(unit.body) if isinstance(part, Repeat) and part.head == turn.head]
    used = _count(unit.body, turn.head) - 1 - len(heads)
    return len(made) == 1 and _is_nothing(made[0]) and 0 < used == _count(tuple(ending), turn.head)


def _is_nothing(value: Expr | None) -> bool:
    match value:
        case Items(_, ()) | Call(Name("set" | "list" | "dict"), ()):
            return True
    return False


def _blocks(body: Body) -> Iterator[Body]:
    """The blocks of code that a condition or an exception leads to."""
    for part in parts(body):
        if isinstance(part, (Arm, Handler)) and part.body:
            yield part.body


def _fails(project: Project, unit: Unit, last: Stmt) -> bool:
    match last:
        case Leave("raise"):
            return True
        case Do(Call(func)):
            return project.names.dotted(unit.module, func) in ABORTS
    return False


def _count(node: object, name: Name) -> int:
    return sum(part == name for part in parts(node))


def _made(unit: Unit, head: Expr) -> Call | None:
    """The call that a loop goes through what it gives, right there or by a local."""
    if isinstance(head, Name):
        made = [part.value for part in parts(unit.body) if isinstance(part, Bind) and head in part.targets]
        head = made[0] if len(made) == 1 and made[0] is not None else head
    head = head.of if isinstance(head, Await) else head
    return head if isinstance(head, Call) else None


def _gives_one(arm: Arm, name: str) -> bool:
    """Whether a list of one is returned where a parameter is given."""
    match arm:
        case Arm(Name(asked), (Leave("return", Items("list", (_,))),)):
            return asked == name
    return False


def _is_always_there(unit: Unit, name: str) -> bool:
    """Whether a parameter must be given, and cannot be None by what is said of it."""
    found = (param for param in unit.definition.params if param.name == name)
    return any(param.default is None and isinstance(param.annotation, (Name, Attr)) for param in found)
