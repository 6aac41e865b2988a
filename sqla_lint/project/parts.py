"""The parts of a piece of code, as facts have it."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.schema import Attr, Await, Bind, Call, Leave, Lit, Name
from .modules import last_name


def parts(node: object) -> Iterator[object]:
    """A node of facts and all that it is made of, in the order of the code, nested definitions apart."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
        elif hasattr(node, "__struct_fields__"):
            yield node
            waiting.extend(getattr(node, name) for name in reversed(node.__struct_fields__))


def reads(node: object, names: frozenset[str]) -> bool:
    """Whether an expression reads one of these names."""
    return any(isinstance(part, Name) and part.id in names for part in parts(node))


def calls(node: object, name: str) -> bool:
    """Whether a piece of code calls something of this name, whatever it is a part of."""
    return any(isinstance(part, Call) and last_name(part) == name for part in parts(node))


def mentions(node: object, words: frozenset[str]) -> bool:
    """Whether an expression has an attribute, or a text, of one of these words."""
    return any(
        (isinstance(part, Attr) and part.name in words)
        or (isinstance(part, Lit) and isinstance(part.value, str) and part.value in words)
        for part in parts(node)
    )


def returned_at(body: object, at: int) -> bool:
    """Whether what the call at `at` gives, or awaiting it, is what a function returns."""
    made = {
        target.id
        for bind in parts(body)
        if isinstance(bind, Bind) and _is_call(bind.value, at)
        for target in bind.targets
        if isinstance(target, Name)
    }
    ends = (part.value for part in parts(body) if isinstance(part, Leave) and part.kind == "return")
    return any(_is_call(end, at) or (isinstance(end, Name) and end.id in made) for end in ends)


def _is_call(expr: object, at: int) -> bool:
    expr = expr.of if isinstance(expr, Await) else expr
    return isinstance(expr, Call) and expr.at == at
