"""Loops over what is a list for the sake of others, and one row for the function that has the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Arm, Attr, Await, Bind, Call, Expr, Items, Leave, Name, Repeat
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
