"""What the walk over a tree carries along, and the tables that say which function lowers which node.

A function for an expression takes the node, the walk and how deep it stands, and returns a fact. Every function goes
through its children in source order and reports each name with `walk.see`: that order is what gives names their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import libcst as cst

from sqla_lint.facts.schema import Body, Definition, Expr, Import, Stmt

LowersExpression = Callable[[Any, "Walk", int], Expr]
LowersStatement = Callable[[Any, "Walk", int, list[Stmt]], None]
E = TypeVar("E", bound=LowersExpression)
S = TypeVar("S", bound=LowersStatement)

EXPRESSIONS: dict[type[cst.CSTNode], LowersExpression] = {}
STATEMENTS: dict[type[cst.CSTNode], LowersStatement] = {}

# A level is up to four nested containers when facts are written, and a thousand are allowed.
DEEPEST = 150


def expression(*kinds: type[cst.CSTNode]) -> Callable[[E], E]:
    def register(function: E) -> E:
        EXPRESSIONS.update(dict.fromkeys(kinds, function))
        return function

    return register


def statement(*kinds: type[cst.CSTNode]) -> Callable[[S], S]:
    def register(function: S) -> S:
        STATEMENTS.update(dict.fromkeys(kinds, function))
        return function

    return register


class Walk:
    """The names seen so far, what they made, and the definition that the walk is in."""

    __slots__ = (
        "bodies",
        "calls",
        "definitions",
        "first",
        "guard",
        "imports",
        "index",
        "is_generator",
        "qualname",
        "see",
        "seen",
        "starts",
        "stores",
    )

    def __init__(self, starts: list[int]) -> None:
        self.seen: list[str] = []
        self.see = self.seen.append
        self.starts = starts  # the offset of the i-th name is starts[i]
        self.imports: list[Import] = []
        self.definitions: list[Definition] = []
        self.bodies: list[Body] = []
        self.index = -1
        self.qualname = ""
        self.first = ""  # the first parameter of the function the walk is in, or ""
        self.guard = ""
        self.calls: set[str] = set()
        self.stores: set[str] = set()
        self.is_generator = False

    @contextmanager
    def guarded(self, guard: str) -> Iterator[None]:
        outer = self.guard
        self.guard = outer if outer == "typing" else guard
        try:
            yield
        finally:
            self.guard = outer
