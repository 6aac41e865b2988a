"""What a handler promises to the outside: which mapped classes stand in its parameters and responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.schema import Expr, Lit
from ...knowledge.sqlmodel import SCHEMA, SQLMODEL
from ...model import Extent, Spot
from ...project import Project, Unit
from ...project.layers import Role
from ...project.meanings import meaning
from ...project.values import Type

_DEEPEST = 3


def table_in(project: Project, kind: Type) -> str:
    """The mapped class that a type is, or that it is a container of; "" when there is none."""
    if kind.kind == "instance" and project.classes.is_mapped(str(kind.name)):
        return str(kind.name)
    if kind.kind == "many":
        return next((found for arg in kind.args if (found := table_in(project, arg))), "")
    return ""


def speaks(project: Project, framework: str, table: str) -> bool:
    """Whether the framework takes this class for a schema at all. FastAPI refuses mapped classes other than SQLModel's
    when the application starts, so where one stands nothing comes of it."""
    return framework == "litestar" or (framework == "fastapi" and project.classes.is_a(table, frozenset({SQLMODEL})))


class TableField(NamedTuple):
    """A field of a schema that is typed with a mapped class: where it stands, the schema, its name, and the class."""

    spot: Spot
    schema: str
    name: str
    table: str


def fields_with_tables(project: Project, symbol: str, depth: int = 0) -> Iterator[TableField]:
    """The fields of a schema, and of the schemas in it, that are typed with a mapped class."""
    if depth > _DEEPEST or not project.classes.is_a(symbol, frozenset({SCHEMA})):
        return
    bound = project.classes.bindings(Type("class", symbol))
    for ancestor in project.classes.line(symbol):
        unit = project.classes.unit(ancestor.symbol)
        for name, binds in project.classes.body(ancestor.symbol).items() if unit is not None else ():
            for bind in binds:
                if bind.annotation is None or unit is None:
                    continue
                for kind in meaning(project, unit.module, bind.annotation).types:
                    kind = bound.get(str(kind.name), kind) if kind.kind == "variable" else kind
                    table = table_in(project, kind)
                    if table:
                        spot = unit.spot(bind.at, Extent.STATEMENT)
                        yield TableField(spot, unit.symbol, name, table)
                    elif kind.kind == "instance":
                        yield from fields_with_tables(project, str(kind.name), depth + 1)
                    elif kind.kind == "many" and kind.args and kind.args[0].kind == "instance":
                        yield from fields_with_tables(project, str(kind.args[0].name), depth + 1)


def response_model(role: Role) -> tuple[bool, Expr | None]:
    """Whether a handler's decorator says what its response is, and what."""
    for arg in role.decorator.args if role.decorator is not None else ():
        if arg.name == "response_model":
            return True, None if arg.value == Lit(None) else arg.value
    return False, None


def declared_dto(unit: Unit, role: Role, project: Project, name: str) -> bool:
    """Whether a DTO stands between a Litestar handler and its data: on the decorator or on the controller."""
    names = {name, "dto"}
    if role.decorator is not None and any(arg.name in names for arg in role.decorator.args):
        return True
    klass = unit.klass
    line = project.classes.line(klass.symbol) if klass is not None else ()
    return any(names & set(project.classes.body(ancestor.symbol)) for ancestor in line)
