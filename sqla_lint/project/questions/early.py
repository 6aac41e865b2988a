"""Handlers for what the database refuses, around code that sends it nothing: the refusal comes later."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Body, Call, Try, With, Yield
from ...knowledge import Verb
from ...knowledge.python import BUILTINS, HARMLESS
from ...knowledge.sqlalchemy import REFUSALS
from ..parts import parts
from ..summary import Early, Step
from ..text import written
from .failing import exceptions

if TYPE_CHECKING:
    from ..reading.reading import Reading
    from .failing import Level


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
    if isinstance(part.func, Attr) and part.func.name in HARMLESS:
        return True
    symbol = r.names.dotted(r.module, part.func)
    if symbol in BUILTINS or symbol.partition(".")[0] in sys.stdlib_module_names:
        return True
    values = () if any(isinstance(one, Call) for one in parts(part.func)) else r.value(part.func)
    return bool(values) and all(value.type.kind == "class" for value in values)
