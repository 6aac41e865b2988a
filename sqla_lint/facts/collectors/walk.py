"""What the walk over a tree carries along, and the tables that say which function lowers which node.

A function for an expression takes the node, the walk and how deep it stands, and returns a fact. Every function goes
through its children in source order and reports each name with `walk.see`: that order is what gives names their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from zlib import crc32

import libcst as cst

from sqla_lint.facts.schema import OWN_NAME, Body, Definition, Expr, Import, Stmt

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


class PlacesMade:
    """The places of one definition. A place is called by the name that stands there and how often that stood there
    before, so that code which moves, or gets other code before it, keeps its places."""

    __slots__ = ("_times", "end", "offsets")

    def __init__(self, offset: int) -> None:
        self.offsets: dict[int, int] = {OWN_NAME: offset}
        self.end = offset
        self._times: dict[str, int] = {}

    def add(self, name: str, offset: int) -> int:
        if offset < 0:
            return -1
        times = self._times
        count = times[name] = times.get(name, -1) + 1
        place = (crc32(name.encode("utf-8", "surrogatepass")) & 0xFFFF) << 16 | count
        while place in self.offsets:  # two names of one sum, or a name 65,536 times
            place += 1
        self.offsets[place] = offset
        return place


class Walk:
    """The names seen so far, what they made, and the definition that the walk is in."""

    __slots__ = (
        "bodies",
        "calls",
        "definitions",
        "first",
        "globals",
        "guard",
        "imports",
        "index",
        "is_generator",
        "ordered",
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
        self.globals: set[str] = set()
        self.is_generator = False
        self.places = PlacesMade(0)  # those of the definition the walk is in
        self.tables: list[PlacesMade] = []
        self.ordered = -1

    def place(self, index: int) -> int:
        """Where the name with this index stands, in the definition the walk is in: -1 if nobody knows."""
        return self.places.add(self.seen[index], self.starts[index if index >= 0 else len(self.seen) + index])

    def order(self) -> int:
        """The next number for what stands in the module's own scope; -1 elsewhere."""
        if self.index:
            return -1
        self.ordered += 1
        return self.ordered

    @contextmanager
    def guarded(self, guard: str) -> Iterator[None]:
        outer = self.guard
        self.guard = outer if outer == "typing" else guard
        try:
            yield
        finally:
            self.guard = outer
