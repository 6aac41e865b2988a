"""How an expression is written out, where it is a name for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Index, Items, Lit, Name
from ..classes import said_under
from ..names import bindings

if TYPE_CHECKING:
    from .reading import Reading

_DEEPEST = 3


def spelled(r: Reading, expr: Expr, depth: int = 0) -> Expr:
    """What a local, a module variable or an attribute of a class stands for that is bound but once, or what such a
    dict says under a key; the expression itself where that cannot be told."""
    if isinstance(expr, Index) and isinstance(expr.key, Lit) and isinstance(expr.key.value, str):
        inner = said_under(spelled(r, expr.of, depth + 1), expr.key.value)
        return inner if inner is not None else expr
    if not isinstance(expr, (Name, Attr)) or depth > _DEEPEST:
        return expr
    if isinstance(expr, Name) and expr.id in r.env:
        if any(param.name == expr.id for param in r.unit.definition.params):
            return expr
        binds = [bind for bind in bindings(r.body) if expr in bind.targets]
    else:
        symbol = r.symbol(expr)
        owner, _, name = symbol.rpartition(".")
        variable = r.names.variable(symbol) if symbol else None
        binds = variable[1] if variable is not None else r.classes.body(owner).get(name, []) if owner else []
    value = binds[0].value if len(binds) == 1 and not binds[0].augmented else None
    return value if isinstance(value, (Lit, Items, Call)) else expr
