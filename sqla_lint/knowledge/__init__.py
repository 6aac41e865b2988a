"""What libraries mean, as data: one module a family of libraries, joined here."""

from __future__ import annotations

from . import frameworks, python, sqlalchemy
from .library import Function, Klass, Method, Verb

CLASSES: dict[str, Klass] = {**sqlalchemy.CLASSES, **frameworks.CLASSES, **python.CLASSES}
FUNCTIONS: dict[str, Function] = {**sqlalchemy.FUNCTIONS, **frameworks.FUNCTIONS, **python.FUNCTIONS}
ALIASES: dict[str, str] = {**sqlalchemy.ALIASES, **frameworks.ALIASES, **python.ALIASES}

__all__ = ["ALIASES", "CLASSES", "FUNCTIONS", "Function", "Klass", "Method", "Verb", "bases_of", "canonical"]


def canonical(symbol: str) -> str:
    """The one name under which a library's class or function stands in the tables."""
    return ALIASES.get(symbol, symbol)


def bases_of(symbol: str) -> tuple[str, ...]:
    """A library class and all its bases, nearest first; just itself when unknown."""
    found = [symbol]
    for name in found:
        klass = CLASSES.get(name)
        if klass:
            found.extend(base for base in klass.bases if base not in found)
    return tuple(found)
