"""Functions that raise nothing: whatever may fail in them stands in a `try` that catches all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Await, Body, Call, Leave, Try, With, Yield
from ..parts import catches_all, parts
from .early import is_harmless

if TYPE_CHECKING:
    from ..modules import Unit
    from ..project import Project


def contains(project: Project, unit: Unit, body: Body) -> bool:
    """Whether nothing that a function calls can raise out of it, as far as calls tell."""
    definition = unit.definition
    return not (definition.decorators or definition.is_generator) and not any(
        _may_raise(project, unit, part) for part in _uncaught(body)
    )


def _uncaught(body: Body) -> Iterator[object]:
    """All that a body is made of but what stands in a `try` that catches everything."""
    for stmt in body:
        if isinstance(stmt, Try) and any(catches_all(handler.types) for handler in stmt.handlers):
            for rest in (*(handler.body for handler in stmt.handlers), stmt.orelse, stmt.final):
                yield from _uncaught(rest)
        else:
            yield from parts(stmt)


def _may_raise(project: Project, unit: Unit, part: object) -> bool:
    match part:
        case Leave("raise") | With() | Yield():
            return True
        case Await(of):
            return not isinstance(of, Call)
        case Call() if not is_harmless(project, unit.module, part):
            callee = project.callee(unit, part)
            return callee is None or callee.kind != "function" or not project.summary(callee).contained
    return False
