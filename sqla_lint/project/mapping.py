"""What an attribute of a mapped class is: a column or a relationship, and when its value is loaded."""

from __future__ import annotations

from typing import NamedTuple

from ..facts.schema import Arg, Bind, Call, Index, Items, Lit
from ..knowledge.loading import LATER
from .classes import Classes
from .modules import last_name

_RELATIONSHIPS = frozenset({"relationship", "Relationship"})
_NOT_LOADED_AT_ALL = frozenset({"WriteOnlyMapped", "DynamicMapped"})


class Mapped(NamedTuple):
    """An attribute of the class `owner`: `kind` is column or relationship; `later` says that its first read sends a
    statement unless a query has loaded it; `target` is the class that a relationship leads to, "" when it is not known;
    `many` says that it is a collection, `key` that it is part of the primary key."""

    owner: str
    name: str
    kind: str
    later: bool
    target: str = ""
    many: bool = False
    key: bool = False
    updated: bool = False
    """The database gives it a new value when the row is updated."""


def mapped(classes: Classes, symbol: str, name: str) -> Mapped | None:
    """The column or relationship of this name; None when there is none that is plainly written in a class body."""
    for ancestor in classes.line(symbol):
        for bind in classes.body(ancestor.symbol).get(name, ()):
            found = _bound(classes, symbol, ancestor.symbol, name, bind)
            if found is not None:
                return found
    return None


def _bound(classes: Classes, symbol: str, owner: str, name: str, bind: Bind) -> Mapped | None:
    said = bind.annotation
    wrapper = last_name(said.of) if isinstance(said, Index) else ""
    if not isinstance(bind.value, Call):
        if wrapper == "Mapped" and bind.value is None:
            return Mapped(owner, name, "column", False)
        return None
    call, made_by = bind.value, last_name(bind.value)
    if made_by in _RELATIONSHIPS:
        field = classes.field(symbol, name)
        targets = [value.type for value in field.values] if field is not None else []
        kind = next((kind for kind in targets if kind.kind in ("instance", "many")), None)
        inner = kind.args[0] if kind is not None and kind.kind == "many" and kind.args else kind
        target = str(inner.name) if inner is not None and inner.kind == "instance" else ""
        later = wrapper not in _NOT_LOADED_AT_ALL and _lazy(call.args) in LATER
        return Mapped(owner, name, "relationship", later, target, kind is not None and kind.kind == "many")
    words = {arg.name: arg.value for arg in call.args}
    if made_by == "deferred":
        return Mapped(owner, name, "column", True)
    if made_by in ("mapped_column", "Column", "column_property", "Field"):
        later = words.get("deferred") == Lit(True)
        updated = "server_onupdate" in words or _is_sql(words.get("onupdate"))
        return Mapped(owner, name, "column", later, key=words.get("primary_key") == Lit(True), updated=updated)
    return None


def _is_sql(value: object) -> bool:
    """Whether a default is an expression of SQL."""
    return isinstance(value, Call)


def _lazy(args: tuple[Arg, ...]) -> str:
    """What `lazy` of a relationship is; "" when it cannot be told."""
    found = "select"
    for arg in args:
        if arg.name in ("**", "sa_relationship"):
            return ""
        if arg.name == "lazy":
            found = str(arg.value.value) if isinstance(arg.value, Lit) else ""
        if arg.name == "sa_relationship_kwargs":
            if not isinstance(arg.value, Items) or arg.value.kind != "dict":
                return ""
            pairs = arg.value.of
            for key, value in zip(pairs[::2], pairs[1::2], strict=False):
                if key == Lit("lazy"):
                    found = str(value.value) if isinstance(value, Lit) else ""
    return found
