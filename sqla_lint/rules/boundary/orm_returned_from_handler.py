"""A handler whose entity reaches the response with nothing converting it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import QUERY, RESULT, ROW, SCALARS
from ...knowledge.sqlmodel import SQLMODEL
from ...knowledge.starlette import RESPONSE
from ...model import Claim, Extent, Severity
from ...project import Project, Unit
from ...project.values import Type, Value, Values
from ..registry import Handler, rule
from .contracts import SPEAKING, converts, is_generic_schema, reasons, table_in

_TABLE = "every column of the table is in the JSON, those that a later migration adds as well"
_DEEPEST = 6
_RAW = {QUERY: "Query", RESULT: "Result", SCALARS: "ScalarResult", ROW: "Row"}


@rule("SQA401", on=Handler)
def orm_returned_from_handler(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for every `return` of a handler that lets an entity, a row or a result out as it is."""
    role = project.layers.of(unit)
    if handler.framework not in SPEAKING or converts(unit, role, project):
        return
    if handler.framework == "flask" and project.serializes_itself:
        return
    for returned in project.summary(unit).returned:
        found = _entity(project, returned.values)
        if found is None:
            continue
        value, what, is_table = found
        sure = min(value.sure, role.sure)
        spot = unit.spot(returned.at, Extent.STATEMENT)
        yield Claim(
            spot=spot,
            symbol=unit.symbol,
            message=f"`{unit.definition.name}` returns {what} and nothing converts it",
            confidence=sure,
            severity=Severity.WARNING if is_table else Severity.ERROR,
            label=f"{what} leaves the API here",
            why=_TABLE if is_table else _why(handler.framework),
            help=_help(handler.framework),
            role=f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=reasons(role),
            legs=(unit.symbol,),
        )


def _why(framework: str) -> str:
    if framework in ("flask", "quart"):
        name = framework.capitalize()
        return f"{name} cannot serialise an entity: the view fails, or a dataclass entity shows every column"
    if framework not in ("fastapi", ""):
        return f"nothing of {framework.capitalize()} can serialise an entity: the request fails with 500"
    return "every loaded column is in the JSON, the password hash too; after a commit the body is {} with status 200"


def _help(framework: str) -> str:
    if framework not in ("fastapi", ""):
        return "convert it with a schema before returning"
    return "declare a schema as response_model or return annotation"


def _entity(project: Project, values: Values) -> tuple[Value, str, bool] | None:
    """The first entity, row or result among these values or in containers of them, what to call it, and whether it is a
    table model that can at least dump itself."""
    for value in values:
        what = _named(project, value.type, 0)
        if what:
            return value, what, _is_table(project, value.type)
    return None


def _is_table(project: Project, kind: Type) -> bool:
    table = table_in(project, kind)
    return bool(table) and project.classes.is_a(table, frozenset({SQLMODEL}))


def _named(project: Project, kind: Type, depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    if kind.kind == "instance":
        name = str(kind.name)
        if project.classes.is_mapped(name) and project.classes.method(name, "__json__") is None:
            return f"entity `{name.rpartition('.')[2]}`"
        if name in _RAW:
            return f"a {_RAW[name]}"
        schema = is_generic_schema(project, kind)
        sent = kind.args if schema or project.classes.is_a(name, frozenset({RESPONSE})) else ()
        found = next((found for arg in sent if (found := _named(project, arg, depth + 1))), "")
        return f"{found} in `{name.rpartition('.')[2]}`" if found and schema else found
    if kind.kind == "many":
        for arg in kind.args:
            found = _named(project, arg, depth + 1)
            if found:
                return found.replace("entity", "entities", 1) if kind.name != "dict" else found
    return ""
