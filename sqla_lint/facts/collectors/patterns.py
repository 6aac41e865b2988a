"""What the pattern of a `case` binds and mentions."""

from __future__ import annotations

import libcst as cst

from sqla_lint.facts.collectors.walk import EXPRESSIONS, Walk
from sqla_lint.facts.schema import Expr


def pattern(node: cst.CSTNode, walk: Walk, depth: int, captures: list[str], mentions: list[Expr]) -> None:
    def inside(inner: cst.CSTNode) -> None:
        pattern(inner, walk, depth, captures, mentions)

    def capture(name: cst.Name | None) -> None:
        if name is None:
            walk.see("_")
            return
        walk.see(name.value)
        captures.append(name.value)

    def mention(value: cst.CSTNode) -> None:
        mentions.append(EXPRESSIONS[type(value)](value, walk, depth + 1))

    match node:
        case cst.MatchValue(value=value) | cst.MatchSingleton(value=value):
            mention(value)
        case cst.MatchAs(pattern=None, name=name):
            capture(name)
        case cst.MatchAs(pattern=cst.MatchPattern() as aliased, name=name):
            inside(aliased)
            if name is not None:
                capture(name)
        case cst.MatchStar(name=name):
            capture(name)
        case cst.MatchSequenceElement(value=value) | cst.MatchOrElement(pattern=value):
            inside(value)
        case cst.MatchSequence(patterns=patterns) | cst.MatchOr(patterns=patterns):
            for each in patterns:
                inside(each)
        case cst.MatchMapping(elements=elements, rest=rest):
            for element in elements:
                mention(element.key)
                inside(element.pattern)
            if rest is not None:
                capture(rest)
        case cst.MatchClass(cls=cls, patterns=patterns, kwds=keywords):
            mention(cls)
            for each in patterns:
                inside(each)
            for keyword in keywords:
                walk.see(keyword.key.value)
                inside(keyword.pattern)
