"""What an attribute of a mapped class is: a column or a relationship, and when its value is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.schema import Arg, Attr, Bind, Call, Expr, Index, Items, Lit, Name
from ..knowledge.loading import LATER, QUERIED, QUERIED_TYPES, is_sql
from ..knowledge.sqlalchemy import LIBRARIES
from ..knowledge.sqlmodel import SQLMODEL
from .classes import Classes, said_under
from .modules import Module, last_name
from .parts import parts
from .relations import RELATIONSHIPS, lazy, made_by

_PROXY = "association_proxy"
_QUERIED = frozenset(QUERIED.values())
_COLUMNS = frozenset({"mapped_column", "Column", "column_property", "Field"})


_SQLMODEL = frozenset({SQLMODEL})
_DEFAULTS = ("default", "default_factory", "insert_default", "server_default")


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
    null: bool = False
    """It may be NULL, by what is said of the column."""
    unique: bool = False
    """No two rows have the same value."""
    cascades: bool = False
    """What is put into it goes into the session of its owner."""
    default: bool = False
    """It has a value where none is given."""


def mapped(classes: Classes, symbol: str, name: str) -> Mapped | None:
    """The column or relationship of this name; None when there is none that is plainly written in a class body, nor
    given to the class by a `backref`."""
    return classes.mapped.get((symbol, name), lambda key: _mapped(classes, *key))


def _mapped(classes: Classes, symbol: str, name: str) -> Mapped | None:
    for ancestor in classes.line(symbol):
        for bind in classes.body(ancestor.symbol).get(name, ()):
            found = _bound(classes, symbol, ancestor.symbol, name, bind)
            if found is not None:
                return found
        made = _of_method(classes, ancestor.symbol, name)
        if made is not None:
            return _made(classes, symbol, ancestor.symbol, name, *made)
    backed = classes.backed(symbol, name)
    if backed is None or backed.many is None:
        return None
    return Mapped(backed.owner, name, "relationship", backed.lazy in LATER, backed.target, backed.many)


def proxied(classes: Classes, symbol: str, name: str) -> tuple[str, str] | None:
    """The class that has an association proxy of this name, and the relationship through which that leads."""
    for ancestor in classes.line(symbol):
        for bind in classes.body(ancestor.symbol).get(name, ()):
            match bind.value:
                case Call(func=func, args=(Arg(name="" | "target_collection", value=Lit(str(target))), *_)) if (
                    last_name(func) == _PROXY
                ):
                    return ancestor.symbol, target
    return None


def is_renewed(classes: Classes, symbol: str, name: str) -> bool:
    """Whether the database gives this column a new value with an UPDATE, and the mapper does not fetch it."""
    found = mapped(classes, symbol, name)
    return found is not None and found.updated and not _is_eager(classes, symbol)


def has_renewed(classes: Classes, symbol: str) -> bool:
    """Whether there is such a column in the class."""
    return classes.renewing.get(symbol, lambda name: _has_renewed(classes, name))


def _has_renewed(classes: Classes, symbol: str) -> bool:
    names = {name for one in classes.line(symbol) for name in _defined(classes, one.symbol)}
    return any((one := mapped(classes, symbol, name)) is not None and one.updated for name in names)


def _defined(classes: Classes, symbol: str) -> Iterator[str]:
    unit = classes.unit(symbol)
    if unit is not None:
        yield from classes.body(symbol)
        yield from classes.names.children(unit)


def _is_eager(classes: Classes, symbol: str) -> bool:
    """Whether the mapper fetches what the database gives a row, or may: its arguments cannot be told then."""
    for ancestor in classes.line(symbol):
        if "__mapper_args__" in _defined(classes, ancestor.symbol):
            binds = classes.body(ancestor.symbol).get("__mapper_args__", ())
            said = binds[-1].value if binds else None
            if not isinstance(said, Items) or any(isinstance(part, Items) and part.kind == "star" for part in said.of):
                return True
            return said_under(said, "eager_defaults") not in (None, Lit(False), Lit("auto"))
    return False


def _of_method(classes: Classes, owner: str, name: str) -> tuple[Call, Expr | None] | None:
    """The column or relationship that a method makes for each class that has it, and what it is said to return."""
    unit = classes.unit(owner)
    method = classes.names.child(unit, name) if unit is not None else None
    made = made_by(method) if method is not None else None
    if method is None or made is None or last_name(made) not in _COLUMNS | RELATIONSHIPS:
        return None
    return made, method.definition.returns


def _made(classes: Classes, symbol: str, owner: str, name: str, call: Call, said: Expr | None) -> Mapped:
    if last_name(call) in RELATIONSHIPS:
        return _relationship(classes, symbol, owner, name, call, last_name(said.of) if isinstance(said, Index) else "")
    return _column(classes, owner, name, call, said)


def _relationship(classes: Classes, symbol: str, owner: str, name: str, call: Call, wrapper: str) -> Mapped:
    field = classes.field(symbol, name)
    targets = [value.type for value in field.values] if field is not None else []
    kind = next((kind for kind in targets if kind.kind in ("instance", "many")), None)
    many = kind is not None and (kind.kind == "many" or kind.name in _QUERIED)
    inner = kind.args[0] if kind is not None and many and kind.args else kind
    target = str(inner.name) if inner is not None and inner.kind == "instance" else ""
    later = wrapper not in QUERIED_TYPES and lazy(call.args) in LATER
    return Mapped(owner, name, "relationship", later, target, many, cascades=_cascades(call))


def _cascades(call: Call) -> bool:
    said = {arg.name: arg.value for arg in call.args}
    words = said.get("cascade", Lit("all"))
    views = said.get("viewonly", Lit(False)) != Lit(False) or "**" in said
    text = words.value if isinstance(words, Lit) else None
    return not views and isinstance(text, str) and ("all" in text or "save-update" in text)


def _bound(classes: Classes, symbol: str, owner: str, name: str, bind: Bind) -> Mapped | None:
    said = bind.annotation
    wrapper = last_name(said.of) if isinstance(said, Index) else ""
    if not isinstance(bind.value, Call):
        if wrapper == "Mapped" and bind.value is None:
            return Mapped(owner, name, "column", False, updated=_is_updated_by_type(classes, owner, said))
        is_field = said is not None and classes.is_a(owner, _SQLMODEL) and not is_no_field(name, said)
        return Mapped(owner, name, "column", False) if is_field else None
    call, maker = bind.value, _made_by(classes, owner, bind.value)
    if maker in RELATIONSHIPS:
        return _relationship(classes, symbol, owner, name, call, wrapper)
    if maker == "deferred":
        return Mapped(owner, name, "column", True)
    if maker in _COLUMNS:
        found = _column(classes, owner, name, call, said)
        return found._replace(updated=found.updated or _is_updated_by_type(classes, owner, said))
    return None


def _made_by(classes: Classes, owner: str, call: Call) -> str:
    """The function that makes an attribute, by its own name: it may be imported under another one."""
    unit = classes.unit(owner) if isinstance(call.func, Name) else None
    symbol = classes.names.dotted(unit.module, call.func) if unit is not None else ""
    return symbol.rpartition(".")[2] if symbol.partition(".")[0] in LIBRARIES else last_name(call)


def is_no_field(name: str, annotation: Expr) -> bool:
    """Whether Pydantic takes an annotated name of a class body for its own: a private one, or the class's."""
    said = annotation.of if isinstance(annotation, Index) else annotation
    return name.startswith("_") or last_name(said) == "ClassVar"


def _column(classes: Classes, owner: str, name: str, call: Call, said: Expr | None) -> Mapped:
    words = _words(call)
    later = words.get("deferred") == Lit(True)
    unit = classes.unit(owner)
    updated = unit is not None and _is_updated(classes, unit.module, words)
    key = words.get("primary_key") == Lit(True)
    null, unique = not key and _may_be_null(words, said), words.get("unique") == Lit(True)
    default = any(words.get(word, Lit(None)) != Lit(None) for word in _DEFAULTS)
    return Mapped(owner, name, "column", later, key=key, updated=updated, null=null, unique=unique, default=default)


def _may_be_null(words: dict[str, Expr], said: Expr | None) -> bool:
    """Whether a column takes NULL: as its `nullable` or its annotation says, and when neither does."""
    if "nullable" in words:
        return words["nullable"] == Lit(True)
    return said is None or allows_none(said)


def allows_none(annotation: Expr) -> bool:
    """Whether an annotation says that there may be nothing."""
    return any(
        part == Lit(None) or (isinstance(part, (Name, Attr)) and last_name(part) == "Optional")
        for part in parts(annotation)
    )


def _words(call: Call) -> dict[str, Expr]:
    """What is said of a column by keywords, also inside a field of SQLModel."""
    words = {arg.name: arg.value for arg in call.args if arg.name}
    for arg in call.args:
        if last_name(arg.value) == "Computed":
            words["server_onupdate"] = arg.value
    inner, more = words.get("sa_column"), words.get("sa_column_kwargs")
    if isinstance(inner, Call):
        words |= _words(inner)
    if isinstance(more, Items) and more.kind == "dict":
        pairs = zip(more.of[::2], more.of[1::2], strict=False)
        words |= {key.value: value for key, value in pairs if isinstance(key, Lit) and isinstance(key.value, str)}
    return words


def _is_updated(classes: Classes, module: Module, words: dict[str, Expr]) -> bool:
    if words.get("server_onupdate", Lit(None)) != Lit(None):
        return True
    return "onupdate" in words and _is_sql(classes, module, words["onupdate"])


def _is_sql(classes: Classes, module: Module, value: Expr) -> bool:
    """Whether a default is an expression of SQL, of which only the database knows what it gives."""
    while isinstance(value, Call):
        symbol = classes.names.dotted(module, value.func)
        if symbol:
            return any(is_sql(one.symbol) for one in classes.line(symbol))
        value = value.func.of if isinstance(value.func, Attr) else value.func
    return False


def _is_updated_by_type(classes: Classes, owner: str, said: Expr | None) -> bool:
    """Whether `Mapped[kind]` says so, where the kind stands for an annotated type."""
    unit = classes.unit(owner)
    if unit is None or not isinstance(said, Index) or last_name(said.of) != "Mapped":
        return False
    found = classes.names.variable(classes.names.dotted(unit.module, said.key))
    module, kind = (found[0], found[1][-1].value) if found is not None else (unit.module, said.key)
    if not isinstance(kind, Index) or last_name(kind.of) != "Annotated" or not isinstance(kind.key, Items):
        return False
    calls = (part for part in kind.key.of if isinstance(part, Call) and last_name(part) == "mapped_column")
    return any(_is_updated(classes, module, _words(call)) for call in calls)
