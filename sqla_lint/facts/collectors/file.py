"""How a whole tree becomes the facts of a file, and how the names of the walk get their places."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

# Imported for the tables they fill.
from sqla_lint.facts.collectors import expressions, imports
from sqla_lint.facts.collectors.definitions import enter_module
from sqla_lint.facts.collectors.statements import statements
from sqla_lint.facts.collectors.walk import Walk
from sqla_lint.facts.schema import (
    Arg,
    Attr,
    Bind,
    Body,
    Branch,
    Call,
    Comment,
    Do,
    Expr,
    FileFacts,
    Header,
    Items,
    Lit,
    Name,
    Places,
    Stmt,
    Try,
    With,
)
from sqla_lint.facts.store import pack
from sqla_lint.syntax.exact import written_names
from sqla_lint.syntax.tokens import Tokens

__all__ = ["aligned", "exact", "expressions", "imports", "lower"]


def lower(tree: cst.Module, text: str, tokens: Tokens, package: bool) -> FileFacts:
    return aligned(tree, tokens, package) or exact(tree, text, tokens, package)


def aligned(tree: cst.Module, tokens: Tokens, package: bool) -> FileFacts | None:
    """Facts with the places of `tokens`; None if the tree's names are not these, so that no place can be trusted."""
    walk = Walk(tokens.starts)
    try:
        enter_module(walk, lambda: statements(tree.body, walk, 0))
    except IndexError:
        return None
    return _facts(walk, tokens, package) if walk.seen == tokens.names else None


def exact(tree: cst.Module, text: str, tokens: Tokens, package: bool) -> FileFacts:
    """Facts with places from writing the tree out, and without places if that fails too."""
    names, starts = written_names(tree, text)
    facts = aligned(tree, tokens._replace(names=names, starts=starts), package)
    if facts is not None:
        return facts
    walk = Walk(_Nowhere())
    enter_module(walk, lambda: statements(tree.body, walk, 0))
    return _facts(walk, tokens, package)


class _Nowhere(list[int]):
    """The offsets of a file whose names could not be placed."""

    def __getitem__(self, index: object) -> int:  # type: ignore[override]  # slices are never taken
        return -1


def _facts(walk: Walk, tokens: Tokens, package: bool) -> FileFacts:
    comments = [Comment(at, text) for at, text in tokens.comments]
    exports = _exports(walk.bodies[0]) if "__all__" in walk.seen else None
    header = Header(tuple(walk.imports), tuple(walk.definitions), exports)
    return pack(package, header, comments, walk.bodies, [Places(one.end, one.offsets) for one in walk.tables])


def _exports(module: Body) -> tuple[str, ...] | None:
    """What `__all__` lists, None if any part of it is not written out."""
    names: list[str] = []
    known = False
    for node in _top(module):
        match node:
            case Bind(
                targets=(Name(id="__all__"), *_), value=Items(kind="list" | "tuple", of=of), augmented="" | "+" as op
            ):
                pass
            case Do(expr=Call(func=Attr(of=Name(id="__all__"), name="extend"), args=(Arg(value=Items(of=of)),))):
                op = "+"
            case Do(expr=Call(func=Attr(of=Name(id="__all__"), name="append"), args=(Arg(value=value),))):
                op, of = "+", (value,)
            case (
                Do(expr=Call(func=Attr(of=Name(id="__all__"), name="extend"))) | Bind(targets=(Name(id="__all__"), *_))
            ):
                return None
            case _:
                continue
        listed = _strings(of)
        if listed is None or (op == "+" and not known):
            return None
        names = names + listed if op == "+" else listed
        known = True
    return tuple(names) if known else None


def _strings(items: tuple[Expr, ...]) -> list[str] | None:
    names = [item.value for item in items if isinstance(item, Lit) and isinstance(item.value, str)]
    return names if len(names) == len(items) else None


def _top(body: Body) -> Iterator[Stmt]:
    """The statements of a body, those under `if`, `try` and `with` too."""
    for node in body:
        yield node
        match node:
            case Branch(arms=arms, orelse=orelse):
                for inner in (*(arm.body for arm in arms), orelse):
                    yield from _top(inner)
            case Try(body=tried, handlers=handlers, orelse=orelse, final=final):
                for inner in (tried, *(handler.body for handler in handlers), orelse, final):
                    yield from _top(inner)
            case With(body=inner):
                yield from _top(inner)
