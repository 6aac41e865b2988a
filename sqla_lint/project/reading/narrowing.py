"""What a statement compares with a single value, which all rows that it fetches have in common then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Test
from ..modules import last_name
from ..parts import parts

if TYPE_CHECKING:
    from .reading import Reading

FILTERS = frozenset({"where", "filter", "filter_by"})


def narrowed(r: Reading, fixed: tuple[str, ...], call: Call) -> tuple[str, ...]:
    """The columns that are compared with one value, after one more method of a statement says what it wants. Of what
    comes from elsewhere, a list for one, all that this function compares may be part."""
    found = list(fixed)
    for arg in call.args:
        if arg.name not in ("", "*", "**"):
            found.append(arg.name)
        elif arg.name or not isinstance(arg.value, (Test, Call)):
            found.extend(_anywhere(r, r.body))
        else:
            found.extend(_all_of(r, arg.value))
    return tuple(dict.fromkeys(found))


def _all_of(r: Reading, expr: Expr) -> Iterator[str]:
    """The columns that a condition compares with one value each, all of which must be so."""
    match expr:
        case Test(op="==", of=(one, other)):
            yield from _compared(r, one, other)
        case Test(op="&", of=of):
            for part in of:
                yield from _all_of(r, part)
        case Call() if last_name(expr) == "and_":
            for arg in expr.args:
                yield from _all_of(r, arg.value)


def _compared(r: Reading, one: Expr, other: Expr) -> Iterator[str]:
    """The column of a comparison of two sides; two columns are those of a join."""
    sides = [side for side in (one, other) if isinstance(side, Attr)]
    columns = [side for side in sides if any(value.type.kind == "class" for value in r.value(side.of))]
    if len(columns) < 2:
        yield from (side.name for side in columns or sides[:1])


def _anywhere(r: Reading, body: object) -> Iterator[str]:
    """The columns that a body compares with one value, apart from alternatives."""
    either = {
        id(part)
        for call in parts(body)
        if (isinstance(call, Call) and last_name(call) == "or_") or (isinstance(call, Test) and call.op == "|")
        for part in parts(call)
    }
    for part in parts(body):
        if isinstance(part, Test) and part.op == "==" and id(part) not in either:
            yield from _compared(r, part.of[0], part.of[1])
