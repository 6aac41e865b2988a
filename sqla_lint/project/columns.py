"""The columns that classes and modules make, and what is said of the values that nobody gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.schema import Arg, Attr, Bind, Call, Expr, Index, Items, Lit, Name
from ..knowledge.sqlalchemy import LIBRARIES
from ..knowledge.sqlmodel import SQLMODEL
from ..model import Confidence
from .modules import Module, Unit, last_name
from .parts import parts
from .project import Project

DEFAULTS = ("default", "insert_default", "onupdate")
"""What gives a column a value that Python works out."""
BY_NAME = "what makes the column is taken for SQLAlchemy's by its name"
_MAKERS = frozenset({"Column", "mapped_column"})
_FOR_EACH = ("declared_attr", "cascading")
"""Decorators of a method that makes a column for each class that has it."""
_MAPPERS = frozenset({"map_imperatively", "mapper"})
_SQLALCHEMY = "flask_sqlalchemy.SQLAlchemy"
_WORDS = (b"default", b"onupdate", b"Field")


class Said(NamedTuple):
    """A value of a column: under which word it is said there, "" for a first argument that stands for `default`.
    `copied` says that it is that of a field of SQLModel, whose instances take a copy of it."""

    word: str
    value: Expr
    copied: bool = False


class Column(NamedTuple):
    """A column made by `call` in a unit, and what it is called there, "" if that is not plain. `owner` is the class
    that has it, "" when a module makes it; `table` is the variable of the table that it is made for, then."""

    unit: Unit
    call: Call
    name: str
    owner: str
    table: str
    said: tuple[Said, ...]
    sure: Confidence


def columns(project: Project, unit: Unit) -> Iterator[Column]:
    """The columns with values of their own that a class or a module makes at its top, or a method for each class."""
    yield from _made(project, unit, unit, "")
    if unit.kind == "class":
        for name, method in project.names.children(unit).items():
            if not method.decorators.isdisjoint(_FOR_EACH):
                yield from _made(project, method, unit, name)


def _made(project: Project, unit: Unit, owner: Unit, name: str) -> Iterator[Column]:
    code = bytes(unit.code)
    if not any(word in code for word in _WORDS):
        return
    klass = owner.symbol if owner.kind == "class" else ""
    bound, table = name, ""
    covered: set[int] = set()
    body = unit.body
    for part in parts(body):
        if isinstance(part, Bind):
            bound = name or _target(part)
            table = f"{unit.module.name}.{bound}" if last_name(part.value or Lit(None)) == "Table" else ""
        if not isinstance(part, Call) or id(part) in covered or not _may_be_column(part):
            continue
        kind = _kind(project, unit.module, part, klass)
        if kind is None:
            continue
        field, sure = kind
        said = tuple(_said(part, field))
        if field and _gives(part, said):
            covered |= set(map(id, parts(part.args)))
        if said:
            attribute = bound if klass and not bound.startswith("__") else ""
            called = attribute or _named(part) or bound
            yield Column(unit, part, called, klass, "" if klass else table, said, sure)


def _gives(field: Call, said: tuple[Said, ...]) -> bool:
    """Whether an instance always has a value of its own, so that the column's is not asked for."""
    given = any(one.copied and one.value != Lit(None) for one in said)
    return given or any(arg.name == "default_factory" for arg in field.args)


def _target(bind: Bind) -> str:
    return bind.targets[0].id if len(bind.targets) == 1 and isinstance(bind.targets[0], Name) else ""


def _named(call: Call) -> str:
    """The name that a column is given in its call."""
    match call.args:
        case (Arg("", Lit(str() as name)), *_):
            return name
    return ""


def _may_be_column(call: Call) -> bool:
    names = {arg.name for arg in call.args}
    return not names.isdisjoint((*DEFAULTS, "sa_column_kwargs", "default_factory")) or last_name(call) == "Field"


def _kind(project: Project, module: Module, call: Call, klass: str) -> tuple[bool, Confidence] | None:
    """Whether a call makes a field of SQLModel or a column, and how sure that is; None when it makes neither."""
    symbol = project.names.dotted(module, call.func)
    name = symbol.rpartition(".")[2] if symbol else last_name(call.func)
    if symbol.partition(".")[0] in LIBRARIES:
        if name == "Field":
            return (True, Confidence.CERTAIN) if klass and _has_table(project, klass) else None
        return (False, Confidence.CERTAIN) if name in _MAKERS else None
    if symbol and any(one.symbol.startswith("sqlalchemy.") for one in project.classes.line(symbol)[1:]):
        return False, Confidence.CERTAIN
    if name not in _MAKERS or symbol in project.names.by_symbol:
        return None
    if isinstance(call.func, Attr):
        for value in project.module_value(module, call.func.of):
            if project.classes.is_a(str(value.type.name), frozenset({_SQLALCHEMY})):
                return False, Confidence.CERTAIN
    return (False, Confidence.LIKELY) if klass and project.classes.is_entity(klass) else None


def _has_table(project: Project, klass: str) -> bool:
    """Whether a class of SQLModel has a table, or a class below it."""
    classes = project.classes
    if not classes.is_a(klass, frozenset({SQLMODEL})):
        return False
    return any(classes.is_mapped(one) for one in (klass, *classes.subclasses(klass)))


def _said(call: Call, field: bool) -> Iterator[Said]:
    for index, arg in enumerate(call.args):
        if arg.name in DEFAULTS and not (field and arg.name != "default"):
            yield Said(arg.name, arg.value, field)
        elif field and not index and not arg.name:
            yield Said("", arg.value, True)
        elif field and arg.name == "sa_column_kwargs" and isinstance(arg.value, Items) and arg.value.kind == "dict":
            pairs = arg.value.of
            for key, value in zip(pairs[::2], pairs[1::2], strict=False):
                if isinstance(key, Lit) and key.value in DEFAULTS:
                    yield Said(str(key.value), value)


def plain_fields(project: Project, unit: Unit) -> Iterator[tuple[str, Expr]]:
    """The fields of a table of SQLModel that are given their default without a call of `Field`."""
    if unit.kind != "class" or not project.classes.is_a(unit.symbol, frozenset({SQLMODEL})):
        return
    if not _has_table(project, unit.symbol):
        return
    for name, binds in project.classes.body(unit.symbol).items():
        for bind in binds:
            said = bind.annotation.of if isinstance(bind.annotation, Index) else bind.annotation
            plain = said is not None and not name.startswith("_") and last_name(said) != "ClassVar"
            if plain and bind.value is not None and last_name(bind.value) not in ("Field", "Relationship"):
                yield name, bind.value


def takes_copies(project: Project, column: Column) -> bool:
    """Whether the type of a column is one that makes a new container of each that it is given: `Mutable`."""
    for arg in column.call.args:
        value = arg.value if arg.name in ("", "type_") else None
        if isinstance(value, (Name, Attr)):
            found = project.names.variable(project.names.dotted(column.unit.module, value))
            value = found[1][-1].value if found is not None else value
        if value is not None and _is_watched(value):
            return True
    line = project.classes.line(column.owner) if column.owner else ()
    binds = (bind for one in line for bind in project.classes.body(one.symbol).get("type_annotation_map", ()))
    return any(_is_watched(part) for bind in binds for part in parts(bind.value))


def _is_watched(said: object) -> bool:
    name = last_name(said) if isinstance(said, (Name, Attr, Call)) else ""
    return name == "as_mutable" or "mutable" in name.lower()


def is_of_entities(project: Project, table: str) -> bool:
    """Whether a class is mapped to a table that a module makes."""
    for unit in project.units:
        code = bytes(unit.code)
        if b"__table__" in code and unit.kind == "class":
            binds = project.classes.body(unit.symbol).get("__table__", ())
            if any(_names(project, unit, bind.value, table) for bind in binds):
                return True
        if b"map_imperatively" in code or b"mapper" in code:
            calls = (part for part in parts(unit.body) if isinstance(part, Call) and last_name(part) in _MAPPERS)
            if any(_names(project, unit, arg.value, table) for call in calls for arg in call.args):
                return True
    return False


def _names(project: Project, unit: Unit, value: Expr | None, table: str) -> bool:
    return value is not None and project.names.dotted(unit.module, value) == table


def reads_defaults(project: Project) -> bool:
    """Whether the project asks of defaults whether they are values: it would take a function for none."""
    return any(b"is_scalar" in bytes(unit.code) for unit in project.units)
