"""What libraries mean, as data: one module a family of libraries, joined here."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from . import (
    answering,
    bots,
    caches,
    containers,
    flask,
    graphql,
    litestar,
    loading,
    marshmallow,
    oslo,
    pagination,
    pecan,
    plugins,
    python,
    queries,
    queues,
    repositories,
    senders,
    servers,
    sqlalchemy,
    sqlmodel,
    starlette,
    streaming,
    waiting,
    web,
)
from .library import (
    ASIDE,
    DIRTIES,
    ENDS,
    FLUSHES,
    READS,
    SENDS,
    WRITES,
    Function,
    Klass,
    Method,
    Registration,
    Verb,
    View,
)

__all__ = [
    "ALIASES",
    "APPLICATIONS",
    "ASIDE",
    "BOUNDARIES",
    "CACHES",
    "CLASSES",
    "DECORATORS",
    "DIRTIES",
    "ENDS",
    "FLUSHES",
    "FUNCTIONS",
    "OBJECTS",
    "PARAMETERS",
    "READS",
    "RERAISES",
    "SENDS",
    "VIEWS",
    "WRITES",
    "Function",
    "Klass",
    "Method",
    "Registration",
    "Verb",
    "View",
    "bases_of",
    "canonical",
]

_FAMILIES: tuple[ModuleType, ...] = (
    sqlalchemy,
    loading,
    queries,
    sqlmodel,
    oslo,
    starlette,
    flask,
    litestar,
    marshmallow,
    servers,
    answering,
    bots,
    graphql,
    queues,
    senders,
    caches,
    containers,
    repositories,
    pagination,
    pecan,
    plugins,
    python,
    streaming,
    waiting,
    web,
)


def _joined(table: str) -> dict[Any, Any]:
    """The tables of this name of all families; no two may have a word about one thing."""
    found: dict[Any, Any] = {}
    for family in _FAMILIES:
        for key, value in getattr(family, table, {}).items():
            if found.setdefault(key, value) != value:
                raise ValueError(f"{family.__name__}.{table} and another family disagree about {key}")
    return found


CLASSES: dict[str, Klass] = _joined("CLASSES")
FUNCTIONS: dict[str, Function] = _joined("FUNCTIONS")
ALIASES: dict[str, str] = _joined("ALIASES")
BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = _joined("BOUNDARIES")
"""(class of a decorator's receiver, method) -> (layer, framework) of the function it decorates."""
DECORATORS: dict[str, tuple[str, str]] = _joined("DECORATORS")
"""Decorator function -> (layer, framework)."""
VIEWS: dict[str, View] = _joined("VIEWS")
OBJECTS: dict[str, str] = _joined("OBJECTS")
"""A library's module variable -> the class it is an instance of."""
PARAMETERS: dict[tuple[str, str], str] = _joined("PARAMETERS")
"""(package that a module imports, parameter's name) -> the class it is by custom, where nobody annotated it."""
APPLICATIONS = frozenset({*starlette.APPLICATIONS, *litestar.APPLICATIONS})
"""Classes of an application that a context manager may stand around while it runs."""
OWN_LOOP = frozenset({"flask"})
"""Frameworks that give each coroutine an event loop of its own."""
CUSTOMARY = frozenset(name for _, name in PARAMETERS)
CACHES: dict[str, str] = _joined("CACHES")
"""A decorator that keeps results -> the keyword that makes its key, "" when it has none."""

RERAISES = frozenset(name for name, klass in CLASSES.items() if klass.enters == "reraises")
"""Context managers whose block, in a handler, ends with the exception that is handled."""
FLAGS = frozenset(method.commits for klass in CLASSES.values() for method in klass.methods.values() if method.commits)
"""Attributes that change what the methods of an object do."""

# A decorator on something unknown counts as a route when it reads like one: an HTTP verb and a literal path.
ROUTE_WORDS = frozenset({*starlette.HTTP, "route", "api_route", "websocket"})
TASK_WORDS = frozenset({"task", "periodic_task", "actor", "shared_task", "job", "scheduled_job"})
COMMAND_WORDS = frozenset({"command", "cli_command"})


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
