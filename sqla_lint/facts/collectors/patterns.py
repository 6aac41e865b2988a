"""What the pattern of a `case` asks of its subject, and what it binds where it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import libcst as cst

from sqla_lint.facts.collectors.walk import EXPRESSIONS, Walk
from sqla_lint.facts.schema import Arg, Attr, Bind, Call, Choice, Expr, Index, Items, Lit, Name, Other, Test


class Capture(NamedTuple):
    """A name that a pattern binds, what it is bound to, and where it stands."""

    name: str
    value: Expr
    at: int

    def bind(self) -> Bind:
        return Bind((Name(self.name),), self.value, None, "", self.at)


@dataclass
class Pattern:
    """The pattern of one `case`, read in the order of its names: the tests which all hold where it fits, none when it
    always does, and what it binds there."""

    walk: Walk
    depth: int
    tests: list[Expr] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)

    def test(self) -> Expr | None:
        """What is so where the pattern fits; None when it always does."""
        return _all(self.tests) if self.tests else None

    def read(self, node: cst.CSTNode, of: Expr) -> None:
        """A pattern of what this expression gives."""
        match node:
            case cst.MatchValue(value=value):
                self.tests.append(Test("==", (of, self._value(value))))
            case cst.MatchSingleton(value=value):
                self.tests.append(Test("is", (of, self._value(value))))
            case cst.MatchAs(pattern=None, name=name):
                self._capture(name, of)
            case cst.MatchAs(pattern=cst.MatchPattern() as aliased, name=name):
                self.read(aliased, of)
                if name is not None:
                    self._capture(name, of)
            case cst.MatchOr(patterns=patterns):
                self._either(patterns, of)
            case cst.MatchSequence(patterns=patterns):
                self._sequence(patterns, of)
            case cst.MatchMapping(elements=elements, rest=rest):
                self.tests.append(Test("case", (of,)))
                for element in elements:
                    key = self._value(element.key)
                    self.tests.append(Test("in", (key, of)))
                    self.read(element.pattern, Index(of, key))
                if rest is not None:
                    self._capture(rest, Other((of,)))
            case cst.MatchClass(cls=cls, patterns=patterns, kwds=keywords):
                self.tests.append(Call(Name("isinstance"), (Arg("", of), Arg("", self._value(cls))), -1))
                for each in patterns:
                    self.read(each.value, Other((of,)))
                for keyword in keywords:
                    self.walk.see(keyword.key.value)
                    self.read(keyword.pattern, Attr(of, keyword.key.value))

    def _value(self, node: cst.CSTNode) -> Expr:
        return EXPRESSIONS[type(node)](node, self.walk, self.depth + 1)

    def _capture(self, name: cst.Name | None, of: Expr) -> None:
        self.walk.see("_" if name is None else name.value)
        if name is not None:
            self.captures.append(Capture(name.value, of, self.walk.place(-1)))

    def _either(self, patterns: Sequence[cst.MatchOrElement], of: Expr) -> None:
        """One of several patterns; as all bind the same names, nobody knows which of them has."""
        ways = []
        for each in patterns:
            way = Pattern(self.walk, self.depth)
            way.read(each.pattern, of)
            ways.append(way)
        if all(way.tests for way in ways):
            self.tests.append(Choice("or", tuple([_all(way.tests) for way in ways]), None))
        places = {capture.name: capture for way in reversed(ways) for capture in way.captures}
        for name, capture in places.items():
            values = tuple(one.value for way in ways for one in way.captures if one.name == name)
            self.captures.append(capture._replace(value=Choice("or", values, None)))

    def _sequence(self, patterns: Sequence[cst.MatchSequenceElement | cst.MatchStar], of: Expr) -> None:
        """A pattern of each element; those after a star are counted from the end."""
        stars = [at for at, each in enumerate(patterns) if isinstance(each, cst.MatchStar)]
        known = of.of if isinstance(of, Items) and of.kind == "tuple" and len(of.of) == len(patterns) else ()
        if not known or stars:
            self.tests.append(Test("case", (of,)))
        for at, each in enumerate(patterns):
            if isinstance(each, cst.MatchStar):
                self._capture(each.name, Index(of, Items("slice", ())))
            elif known and not stars:
                self.read(each.value, known[at])
            else:
                self.read(each.value, Index(of, Lit(at - len(patterns) if stars and at > stars[0] else at)))


def _all(tests: list[Expr]) -> Expr:
    return tests[0] if len(tests) == 1 else Choice("and", tuple(tests), None)
