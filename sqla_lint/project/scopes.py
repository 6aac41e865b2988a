"""Registries of sessions, and what they tell sessions apart by. For when everything is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import Attr, Await, Call, Closure, Expr, Leave, Lit, Name, Repeat, With
from ..knowledge import canonical
from ..knowledge.python import PER_LOOP, PER_TASK, PER_THREAD
from ..knowledge.sqlalchemy import ASYNC_REGISTRY, REGISTRIES, REGISTRY
from .modules import Module, Unit
from .parts import parts
from .summary import Draw

if TYPE_CHECKING:
    from .project import Project

_MOST = 3


class Scope(NamedTuple):
    """A registry: the unit and the call that make it, its class, and `by` what its sessions are told apart: task,
    context, thread, loop, nothing (one for all) or "" when that is not known."""

    unit: Unit
    call: Call
    kind: str
    by: str


def scopes(project: Project, symbol: str) -> Iterator[Scope]:
    """The registries that a module variable holds."""
    for unit, bind in project.names.bound(symbol):
        if isinstance(bind.value, Call):
            kind = canonical(project.names.dotted(unit.module, bind.value.func))
            if kind in REGISTRIES:
                yield Scope(unit, bind.value, kind, _by(project, unit.module, bind.value))


def _by(project: Project, module: Module, call: Call) -> str:
    kind = canonical(project.names.dotted(module, call.func))
    if any(arg.name in ("*", "**") for arg in call.args):
        return ""
    named = (arg.value for arg in call.args if arg.name == "scopefunc")
    placed = (arg.value for arg in call.args[1:2] if not arg.name)
    said = next(named, None) or next(placed, None)
    if said is None or said == Lit(None):
        return "thread" if kind == REGISTRY else ""
    return _told_by(project, module, said, 0)


def _told_by(project: Project, module: Module, expr: Expr, depth: int) -> str:
    """What a function that makes the key of a registry goes by."""
    if isinstance(expr, Closure):
        return _of_function(project, project.names.units_in(module.name)[expr.index], depth)
    if not isinstance(expr, (Name, Attr)):
        return ""
    symbol = project.names.dotted(module, expr)
    unit = project.names.by_symbol.get(symbol)
    if unit is not None and unit.kind == "function" and depth < _MOST:
        return _of_function(project, unit, depth + 1)
    if isinstance(expr, Attr) and expr.name == "get" and _is_context_variable(project, module, expr.of):
        return "context"
    return _known(canonical(symbol))


def _is_context_variable(project: Project, module: Module, expr: Expr) -> bool:
    """Whether an expression is a module's ContextVar, whose value a task inherits from the one that starts it."""
    return any(value.type.name == "contextvars.ContextVar" for value in project.module_value(module, expr))


def _known(symbol: str) -> str:
    words = (("task", PER_TASK), ("thread", PER_THREAD), ("loop", PER_LOOP))
    return next((word for word, symbols in words if symbol in symbols), "")


def _of_function(project: Project, unit: Unit, depth: int) -> str:
    """What a function of the project goes by: the first thing that it asks, or nothing when it returns a constant."""
    returned = [part.value for part in parts(unit.body) if isinstance(part, Leave) and part.kind == "return"]
    if returned and all(isinstance(value, Lit) or value is None for value in returned):
        return "nothing"
    called = [part for part in parts(unit.body) if isinstance(part, Call)]
    found = {_told_by(project, unit.module, part.func, depth) for part in called if not _wraps(project, unit, part)}
    return found.pop() if len(found) == 1 else ""


def _wraps(project: Project, unit: Unit, call: Call) -> bool:
    """Whether a call makes nothing of its argument but another form of it."""
    return project.names.dotted(unit.module, call.func) in ("", "builtins.id", "builtins.hash", "builtins.str")


def is_shared(scope: Scope, draw: Draw, unit: Unit) -> bool:
    """Whether tasks that run at the same time get one session of a registry in this coroutine.

    A registry of Sessions goes wrong where the coroutine lets others run between its first and its last use of one.
    """
    if scope.by not in ("thread", "loop", "nothing"):
        return False
    return scope.kind == ASYNC_REGISTRY or _waits_between(unit, draw.first, draw.last)


def _waits_between(unit: Unit, first: int, last: int) -> bool:
    inside = False
    for part in parts(unit.body):
        if isinstance(part, Call) and part.at in (first, last):
            if part.at == last and inside:
                return False
            inside = first != last
        elif inside and (isinstance(part, Await) or (isinstance(part, (With, Repeat)) and part.is_async)):
            return True
    return False
