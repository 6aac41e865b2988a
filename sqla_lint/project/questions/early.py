"""Handlers for what the database refuses, around code that sends it nothing: the refusal comes later."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Body, Call, Leave, Name, Try, With, Yield
from ...knowledge import Verb, canonical
from ...knowledge.python import BUILTINS, HARMLESS
from ...knowledge.sqlalchemy import REFUSALS
from ..parts import parts
from ..summary import Early, Step
from ..text import written
from .failing import exceptions

if TYPE_CHECKING:
    from ..modules import Module, Unit
    from ..project import Project
    from ..reading.reading import Reading
    from .failing import Level

_DEEPEST = 3
_ERRORS = frozenset(
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, Exception)
)
"""Python's own exceptions, which anybody may make."""


def caught(r: Reading, level: Level, stmt: Try) -> None:
    """The body of a `try` has been read: it writes, and nothing in it sends what it writes to the database."""
    if level.failing or not level.written:
        return
    named = {name for handler in stmt.handlers for name in exceptions(r, handler.types)} & REFUSALS
    if not named or not all(_is_clear(r, part) for part in parts(stmt.body)):
        return
    step = next(_writes(r, stmt.body), None)
    if step is not None:
        r.early.setdefault(step.at, Early(step, min(named)))


def _writes(r: Reading, body: Body) -> Iterator[Step]:
    """What writes in a body, right there or by a call, in the order of the code."""
    for part in parts(body):
        if not isinstance(part, Call):
            continue
        for event in r.events.values():
            if event.at == part.at and event.verb is Verb.WRITE:
                yield Step(Verb.WRITE, event.path, event.at, event.text, "", None, event.guard, event.sure)
        for edge in r.edges.values():
            for inner, outer in edge.carried if edge.at == part.at else ():
                if outer.verb is Verb.WRITE:
                    text = written(edge.source)
                    yield Step(Verb.WRITE, outer.path, edge.at, text, edge.callee, inner, outer.guard, edge.sure)


def _is_clear(r: Reading, part: object) -> bool:
    """Whether a part of a body surely sends nothing to the database, by a call or on leaving a block."""
    if isinstance(part, (Try, With, Yield)):
        return False
    if not isinstance(part, Call):
        return True
    verbs = {event.verb for event in r.events.values() if event.at == part.at}
    edges = [edge for edge in r.edges.values() if edge.at == part.at]
    if verbs or edges:
        return verbs <= {Verb.WRITE} and all(
            one.outer.verb is Verb.WRITE and not r.project.summary(r.names.units[edge.callee]).unresolved
            for edge in edges
            for one in edge.carried
        )
    if is_harmless(r.project, r.module, part):
        return True
    values = () if any(isinstance(one, Call) for one in parts(part.func)) else r.value(part.func)
    return bool(values) and all(
        value.type.kind == "class"
        or (value.type.kind in ("function", "method") and _does_nothing(r, r.names.units[str(value.type.name)], part))
        for value in values
    )


def is_harmless(project: Project, module: Module, call: Call) -> bool:
    """Whether what is called is one of Python's own functions and methods."""
    if isinstance(call.func, Attr) and call.func.name in HARMLESS:
        return True
    symbol = project.names.dotted(module, call.func)
    return symbol in BUILTINS or symbol.partition(".")[0] in sys.stdlib_module_names


def _does_nothing(r: Reading, unit: Unit, call: Call) -> bool:
    """Whether a function of the project surely does nothing to a database, and refuses nothing by itself. An attribute
    of an entity may be loaded in it, which flushes."""
    given = (value for arg in call.args if isinstance(arg.value, (Name, Attr)) for value in r.value(arg.value))
    return not any(r.classes.is_entity(str(value.type.name)) for value in given) and _is_plain(r.project, unit, 0)


def _is_plain(project: Project, unit: Unit, depth: int) -> bool:
    summary = project.summary(unit)
    if depth > _DEEPEST or summary.effects or summary.stalls or summary.asks or summary.spawns:
        return False
    decorated = [one for one in unit.decorators if one not in ("staticmethod", "classmethod", "property")]
    return not decorated and all(_may_stand(project, unit, part, depth) for part in parts(unit.body))


def _may_stand(project: Project, unit: Unit, part: object, depth: int) -> bool:
    """Whether a part of a function is one by which nothing is asked of a database, nor refused."""
    match part:
        case Try() | With() | Yield():
            return False
        case Leave("raise", value):
            error = value.func if isinstance(value, Call) else value
            symbol = canonical(project.names.dotted(unit.module, error)) if error is not None else ""
            return isinstance(error, (Name, Attr)) and symbol not in REFUSALS
        case Call(Name(name)) if name in _ERRORS:
            return True
        case Call() if not is_harmless(project, unit.module, part):
            callee = project.callee(unit, part)
            return callee is not None and (callee.kind == "class" or _is_plain(project, callee, depth + 1))
    return True
