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
        "places",
        "qualname",
        "see",
        "seen",
        "starts",
        "stores",
        "tables",
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
        self.calls = False
        self.stores: set[str] = set()
        self.is_generator = False
        self.places: list[int] = []  # the table of places of the definition the walk is in
        self.tables: list[list[int]] = []

    def place(self, index: int) -> int:
        """The number of a place of the definition the walk is in: that of the name with this index."""
        offset = self.starts[index]
        if offset < 0:
            return -1
        self.places.append(offset)
        return len(self.places) - 1

    def top_place(self, index: int) -> int:
        """The same in the module's own scope, -1 elsewhere: what moves inside a function is no change of signatures."""
        return self.place(index) if self.index == 0 else -1

    @contextmanager
    def guarded(self, guard: str) -> Iterator[None]:
        outer = self.guard
        self.guard = outer if outer == "typing" else guard
        try:
            yield
        finally:
            self.guard = outer
