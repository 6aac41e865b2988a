"""What is kept of code that is nested too deeply: its calls, names, yields and lambdas, side by side."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sqla_lint.facts.schema import Arg, Attr, Body, Call, Closure, Define, Do, Expr, Lit, Name, Other, Stmt, Yield

_NOTHING = Other(())


def flattened(root: Expr) -> Expr:
    return Other(tuple(_kept(root)))


def flattened_body(body: Body) -> Body:
    """Nested definitions stay; the rest becomes one expression."""
    defines = tuple(node for node in _inside(body) if isinstance(node, Define))
    kept = tuple(_kept(body))
    rest: tuple[Stmt, ...] = (Do(Other(kept)),) if kept else ()
    return rest + defines


def _kept(root: object) -> Iterator[Expr]:
    for node in _inside(root):
        if isinstance(node, Call):
            yield Call(_callee(node.func), tuple(Arg(arg.name, _atom(arg.value)) for arg in node.args), node.at)
        elif isinstance(node, Yield):
            yield Yield(None, node.source, node.at)
        elif isinstance(node, (Name, Closure)):
            yield node


def _inside(root: object) -> Iterator[object]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, msgspec.Struct):
            waiting.extend(getattr(node, field) for field in reversed(node.__struct_fields__))
        elif isinstance(node, tuple):
            waiting.extend(reversed(node))


def _callee(func: Expr) -> Expr:
    return Attr(_atom(func.of), func.name) if isinstance(func, Attr) else _atom(func)


def _atom(value: Expr) -> Expr:
    return value if isinstance(value, (Name, Lit, Closure)) else _NOTHING
