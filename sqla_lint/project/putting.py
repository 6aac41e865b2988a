"""What the project puts into containers of a name, whoever has them: `run.observers.append(SqlObserver())`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Call, Expr
from .modules import Unit
from .parts import parts

if TYPE_CHECKING:
    from .project import Project

_PUTS = (b"append", b"add", b"insert")


def put_into(project: Project, name: str) -> frozenset[str]:
    """The classes of what is made and put into attributes of this name; tests do as they like."""
    found: set[str] = set()
    with project.asking.apart():
        for unit in project.units:
            code = bytes(unit.code)
            mentioned = name.encode() in code and any(word in code for word in _PUTS)
            if mentioned and not project.layers.is_apart(unit.module):
                found.update(_put(project, unit, name))
    return frozenset(found)


def _put(project: Project, unit: Unit, name: str) -> Iterator[str]:
    for part in parts(unit.body):
        match part:
            case Call(Attr(Attr(_, attribute), "append" | "appendleft" | "add" | "insert"), args) if attribute == name:
                for arg in args:
                    if isinstance(arg.value, Call):
                        yield from _made(project, unit, arg.value.func)


def _made(project: Project, unit: Unit, func: Expr) -> Iterator[str]:
    """The class that is called here, or whose method makes something."""
    for expr in (func, func.of) if isinstance(func, Attr) else (func,):
        symbol = project.names.dotted(unit.module, expr)
        if project.classes.unit(symbol) is not None:
            yield symbol
