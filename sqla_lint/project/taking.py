"""What functions take from where nobody looks: it is theirs to close where those who take it close it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Bind, Call, Expr, Leave, Name, Yield
from ..knowledge.sqlalchemy import NAMES
from .asking import TAKEN
from .elsewhere import is_unread
from .modules import Unit
from .parts import parts
from .questions.own import symbol_of

if TYPE_CHECKING:
    from .project import Project
    from .reading.reading import Reading

_NAMES = [name.encode() for name in NAMES]
_FEWEST = 2
"""How many functions must close what they take."""


def is_to_close(r: Reading, func: Expr) -> bool:
    """Whether what this gives is closed by most of those who take it elsewhere, in the class or the project."""
    r.project.asking.log[TAKEN] = None
    return not r.project.closed_by_takers.isdisjoint(_givers(r.project, r.unit, func))


def closed_by_takers(project: Project) -> frozenset[str]:
    """The functions and methods of unread modules that give sessions which most of those who take them close."""
    with project.asking.apart():
        closing = [one for unit in project.units if b"close" in bytes(unit.code) for one in _taken(project, unit)]
        names = {symbol.rpartition(".")[2].encode() for symbol, closed in closing if closed}
        if not names:
            return frozenset()
        counts: dict[str, Counter[bool]] = {}
        for unit in project.units:
            code = bytes(unit.code)
            if any(name in code for name in names):
                for symbol, closed in _taken(project, unit):
                    counts.setdefault(symbol, Counter())[closed] += 1
        return frozenset(one for one, count in counts.items() if count[True] >= _FEWEST and count[True] > count[False])


def _taken(project: Project, unit: Unit) -> Iterator[tuple[str, bool]]:
    """What gives a function a local that is called like a session, and whether it closes that; what it hands on is
    left out."""
    code = bytes(unit.code)
    if unit.kind != "function" or not any(name in code for name in _NAMES) or project.layers.is_apart(unit.module):
        return
    pieces = list(parts(unit.body))
    for part in pieces:
        match part:
            case Bind(targets=(Name(local),), value=Call(func)) if local.lstrip("_") in NAMES:
                closed = any(isinstance(one, Call) and one.func == Attr(Name(local), "close") for one in pieces)
                if closed or not _is_handed_on(pieces, local):
                    for symbol in _givers(project, unit, func):
                        yield symbol, closed


def _is_handed_on(pieces: list[object], local: str) -> bool:
    """Whether a function returns or yields one of its locals."""
    return any(isinstance(one, (Leave, Yield)) and Name(local) in parts(one) for one in pieces)


def _givers(project: Project, unit: Unit, func: Expr) -> tuple[str, ...]:
    """The symbols of an unread function, or of a method of the unread bases of the class; none for what is read."""
    match func:
        case Attr(Name(first), name) if unit.klass is not None and _is_self(unit, first):
            if project.classes.method(unit.klass.symbol, name) is not None:
                return ()
            bases = (one.symbol for one in project.classes.line(unit.klass.symbol))
            return tuple(f"{base}.{name}" for base in bases if is_unread(project, base))
    symbol = symbol_of(project, unit, func)
    return (symbol,) if is_unread(project, symbol) else ()


def _is_self(unit: Unit, name: str) -> bool:
    params = unit.definition.params
    return bool(params) and not unit.is_static and params[0].name == name
