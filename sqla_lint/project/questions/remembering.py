"""What a function finds out once and keeps: it asks for a place, and where that holds nothing, it fills it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Bind, Call, Choice, Expr, Lit, Name, Test
from ...knowledge import CACHES
from ..values import NOTHING, Path

if TYPE_CHECKING:
    from ..modules import Unit
    from ..project import Project
    from ..reading.applied import Applied
    from ..reading.reading import Reading

CACHE = Path("global", "")
"""What lives as long as the process, whatever it is."""


def holder(r: Reading) -> Path | None:
    """What keeps the answer of what is asked here, when that was not there yet."""
    for test in r.tests:
        for place in _asked(test):
            if place in _filled(r):
                return _path(r, place)
    return None


def _filled(r: Reading) -> frozenset[Expr]:
    """The places that the body of a function fills, looked for once something is waited for under a test."""
    if r.filled is None:
        binds = (part for part in r.pieces if isinstance(part, Bind) and part.value != Lit(None))
        r.filled = frozenset(target for bind in binds for target in bind.targets if isinstance(target, (Name, Attr)))
    return r.filled


def _path(r: Reading, place: Expr) -> Path | None:
    """What has a place; of a coroutine's own object it is not known how long it lives, nor why it is asked."""
    if isinstance(place, Name):
        return CACHE if place.id in r.globals else None
    if not isinstance(place, Attr) or not isinstance(place.of, Name):
        return None
    for value in r.env.get(place.of.id, NOTHING):
        if value.type.kind == "class":
            return CACHE
        lives = value.path.root == "global" or (value.path.root == "param" and not r.unit.definition.is_async)
        if lives and not value.path.attrs:
            return value.path
    return None


def _asked(test: Expr) -> Iterator[Expr]:
    """The places of which a test asks whether they hold something."""
    match test:
        case Name() | Attr():
            yield test
        case Test("not", (inner,)) | Test("is" | "is not" | "==" | "!=", (inner, Lit(None))):
            yield from _asked(inner)
        case Choice("and" | "or", of=inner):
            for one in inner:
                yield from _asked(one)


def is_cached(project: Project, unit: Unit) -> bool:
    """Whether a decorator keeps what the function has given first."""
    functions = (one.func if isinstance(one, Call) else one for one in unit.definition.decorators)
    return any(project.names.dotted(unit.module, function) in CACHES for function in functions)


def here(applied: Applied, holder: Path | None) -> Path | None:
    """What keeps an answer of a callee, as its caller sees it; None for what the caller has made itself."""
    if holder is None or holder.root == "global":
        return holder
    values = applied.path(holder)
    if values and all(value.path.root == "global" or value.type.kind == "class" for value in values):
        return CACHE
    return values[0].path if len(values) == 1 and values[0].path.root == "param" and not values[0].path.attrs else None
