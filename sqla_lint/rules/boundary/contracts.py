"""What a handler promises to the outside: which mapped classes stand in its parameters and responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.schema import OWN_NAME, Bind, Call, Expr, Lit, Param
from ...knowledge.flask import CONVERTERS
from ...knowledge.sqlmodel import SCHEMA, SQLMODEL
from ...knowledge.starlette import RESPONSE
from ...model import Confidence, Extent, Spot
from ...project import Project, Unit
from ...project.layers import Role
from ...project.mapping import is_no_field
from ...project.meanings import dependency, meaning
from ...project.modules import last_name
from ...project.parts import returned_at
from ...project.values import ANY, NONE, Path, Type

_DEEPEST = 3
SPEAKING = frozenset({"fastapi", "flask", "litestar", "starlette", "aiohttp", "pyramid", "quart", "sanic", ""})
"""Frameworks whose handlers answer with what they return; "" is one that is not known."""
_DEAF = frozenset({"flask", "starlette", "aiohttp", "pyramid", "quart", "sanic"})
"""Frameworks to which the return annotation of a handler says nothing."""
_RESPONSES = frozenset({RESPONSE})


def table_in(project: Project, kind: Type) -> str:
    """The mapped class that a type is, or that it is a container of; "" when there is none. A schema that is generic
    contains what it is made for."""
    if kind.kind == "instance" and project.classes.is_mapped(str(kind.name)):
        return str(kind.name)
    if kind.kind == "many" or is_generic_schema(project, kind):
        return next((found for arg in kind.args if (found := table_in(project, arg))), "")
    return ""


def is_generic_schema(project: Project, kind: Type) -> bool:
    """Whether a type is a schema with fields of the types that it is given."""
    return kind.kind == "instance" and bool(kind.args) and project.classes.is_a(str(kind.name), frozenset({SCHEMA}))


def speaks(project: Project, framework: str, table: str) -> bool:
    """Whether the framework takes this class for a schema at all. FastAPI refuses mapped classes other than SQLModel's
    when the application starts, so where one stands nothing comes of it."""
    return framework == "litestar" or (framework == "fastapi" and project.classes.is_a(table, frozenset({SQLMODEL})))


def tables_in_body(project: Project, unit: Unit, role: Role, framework: str) -> Iterator[tuple[Param, str]]:
    """The parameters of a handler that the framework reads the request's body into, each with its mapped class."""
    for param in unit.definition.params:
        said = meaning(project, unit.module, param.annotation)
        if said.provider is not None or said.bare or said.by_type:
            continue
        if param.default is not None and dependency(project, unit.module, param.default) is not None:
            continue
        if framework == "litestar" and (param.name != "data" or declared_dto(unit, role, project, "dto")):
            continue
        table = next((found for kind in said.types if (found := table_in(project, kind))), "")
        if table and speaks(project, framework, table):
            yield param, table


class Promise(NamedTuple):
    """What a handler says its response is: where it says so, whether by a `response_model`, and the types."""

    spot: Spot
    explicit: bool
    types: tuple[Type, ...]


def promise(project: Project, unit: Unit, role: Role, framework: str) -> Promise | None:
    """The response model or return annotation of a handler; None where a DTO stands before it."""
    explicit, model = response_model(role)
    if framework == "litestar" and declared_dto(unit, role, project, "return_dto"):
        return None
    said = model if explicit else unit.definition.returns
    spot = unit.spot(OWN_NAME, Extent.NAME)
    if explicit and role.decorator is not None and unit.owner is not None:
        spot = unit.owner.spot(role.decorator.at)
    return Promise(spot, explicit, meaning(project, unit.module, said).types)


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
        for name, bind, kind in typed_fields(project, unit) if unit is not None else ():
            kind = bound.get(str(kind.name), kind) if kind.kind == "variable" else kind
            table = table_in(project, kind)
            if table and unit is not None:
                yield TableField(unit.spot(bind.at, Extent.STATEMENT), unit.symbol, name, table)
            elif kind.kind == "instance":
                yield from fields_with_tables(project, str(kind.name), depth + 1)
            elif kind.kind == "many" and kind.args and kind.args[0].kind == "instance":
                yield from fields_with_tables(project, str(kind.args[0].name), depth + 1)


def typed_fields(project: Project, unit: Unit) -> Iterator[tuple[str, Bind, Type]]:
    """The fields that a schema declares itself, with each type that one may have."""
    for name, binds in project.classes.body(unit.symbol).items():
        for bind in binds:
            if bind.annotation is not None and not is_no_field(name, bind.annotation):
                for kind in meaning(project, unit.module, bind.annotation).types:
                    yield name, bind, kind


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


def converts(unit: Unit, role: Role, project: Project) -> bool:
    """Whether the framework, or a decorator, passes what the handler returns through a schema."""
    call = role.decorator
    explicit_none = False
    for decorator in unit.definition.decorators:
        if isinstance(decorator, Call) and len(decorator.args) >= CONVERTERS.get(last_name(decorator), 99):
            return True
    if any(_makes_another(wrapper, project) for wrapper in project.wrappers(unit)):
        return True
    if role.framework == "litestar" and declared_dto(unit, role, project, "return_dto"):
        return True
    if role.framework == "pyramid" and not _renders_json(call):
        return True
    for arg in call.args if call is not None else ():
        if arg.name == "**":
            return True
        if arg.name == "response_model":
            if arg.value != Lit(None):
                return True
            explicit_none = True
    if unit.definition.returns is None or role.framework in _DEAF or explicit_none:
        return False
    kinds = meaning(project, unit.module, unit.definition.returns).types
    return not kinds or not all(_is_open(project, kind) for kind in kinds)


def _makes_another(wrapper: Unit, project: Project) -> bool:
    """Whether a wrapper returns something else than what the function gives that it stands around."""
    maker = wrapper.owner
    if maker is None or not maker.definition.params:
        return False
    inner = Path("free", (maker.key, maker.definition.params[0].name))
    called = [one.at for one in project.summary(wrapper).invokes if one.path == inner]
    return bool(called) and not any(returned_at(wrapper.body, at) for at in called)


def _renders_json(call: Call | None) -> bool:
    return call is not None and any(arg.name == "renderer" and arg.value == Lit("json") for arg in call.args)


def _is_open(project: Project, kind: Type) -> bool:
    """Whether a return annotation lets anything through: FastAPI makes no response model of a response."""
    if kind in (ANY, NONE) or (kind.kind == "instance" and project.classes.is_a(str(kind.name), _RESPONSES)):
        return True
    return kind.kind == "many" and all(_is_open(project, arg) for arg in kind.args)


def reasons(role: Role) -> tuple[str, ...]:
    """Why a role is a premise that should be told; nothing when it is certain."""
    return () if role.sure is Confidence.CERTAIN else role.because
