"""The parts of a piece of code, as facts have it."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.schema import Attr, Call, Lit, Name
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
