"""A DTO or schema that is made from all columns of a mapped class."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Attr, Bind, Call, Expr, Index, Lit, Name
from ...knowledge import canonical
from ...knowledge.repositories import AUTO_SCHEMA, CHOICES, DTOS, PRIVATE
from ...model import Claim, Confidence, Extent, Severity, Spot
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.meanings import meaning
from ...project.modules import last_name
from ...project.parts import parts
from ..registry import Defined, rule
from .contracts import table_in


@rule("SQA416", on=Defined, severity=Severity.WARNING, default=False)
def dto_without_exclude(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every DTO that follows a mapped class without saying what of it is public."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    for spot, name, table in _generated(project, unit):
        if not _is_marked(project, table):
            entity = table.rpartition(".")[2]
            yield Claim(
                spot=spot,
                symbol=unit.symbol,
                message=f"`{name}` shows every column of `{entity}`",
                confidence=Confidence.CERTAIN,
                label="follows the table",
                why=f"the password hash is in it, if `{entity}` has one, and so is each column that a migration adds",
                help="list what is public in `include` (in `fields`, for marshmallow), or what is not in `exclude`",
                legs=(unit.symbol,),
            )


def _generated(project: Project, unit: Unit) -> Iterator[tuple[Spot, str, str]]:
    """The DTOs that a class or module makes without a choice of columns: where, its name, and the mapped class."""
    if unit.kind == "class":
        own = unit.definition.name
        for base in unit.definition.bases:
            table = _dto_of(project, unit, base.value)
            if table and not _chooses(project, unit, project.classes.body(unit.symbol).get("config", [])):
                yield unit.spot(OWN_NAME, Extent.NAME), own, table
        if any(last_name(base.value) == AUTO_SCHEMA for base in unit.definition.bases):
            table = _model_of(project, unit)
            if table:
                yield unit.spot(OWN_NAME, Extent.NAME), own, table
    for stmt in unit.body:
        if isinstance(stmt, Bind) and stmt.value is not None:
            table = _dto_of(project, unit, stmt.value)
            name = last_name(stmt.targets[0])
            if table and name:
                yield unit.spot(stmt.at, Extent.STATEMENT), name, table
    for child in project.names.children(unit).values():
        for decorator in child.definition.decorators if child.kind == "function" else ():
            for arg in decorator.args if isinstance(decorator, Call) else ():
                table = _dto_of(project, unit, arg.value)
                if table and isinstance(decorator, Call):
                    yield unit.spot(decorator.at), f"{arg.name} of {child.definition.name}", table


def _dto_of(project: Project, unit: Unit, expr: Expr) -> str:
    """The mapped class of `SQLAlchemyDTO[Model]`; "" when it is none, or says in its annotation what is chosen."""
    if not isinstance(expr, Index) or canonical(project.names.dotted(unit.module, expr.of)) not in DTOS:
        return ""
    if any(isinstance(part, Call) and _options(part) for part in parts(expr.key)) or _names_config(project, unit, expr):
        return ""
    kinds = meaning(project, unit.module, expr.key).types
    return next((found for kind in kinds if (found := table_in(project, kind))), "")


def _names_config(project: Project, unit: Unit, expr: Index) -> bool:
    """Whether the annotation has a configuration in it that is kept in a variable."""
    names = [part for part in parts(expr.key) if isinstance(part, (Name, Attr))]
    variables = [project.names.variable(project.names.dotted(unit.module, name)) for name in names]
    return any(found is not None and _chooses(project, unit, found[1]) for found in variables)


def _chooses(project: Project, unit: Unit, binds: list[Bind]) -> bool:
    """Whether a configuration says which columns there are, or cannot be read."""
    for bind in binds:
        if isinstance(bind.value, Call):
            if _options(bind.value):
                return True
        elif isinstance(bind.value, (Name, Attr)):
            variable = project.names.variable(project.names.dotted(unit.module, bind.value))
            if variable is None or _chooses(project, unit, variable[1]):
                return True
    return False


def _options(call: Call) -> bool:
    return any(arg.name in CHOICES or arg.name == "**" for arg in call.args)


def _model_of(project: Project, unit: Unit) -> str:
    """The mapped class that a marshmallow schema follows as it is; "" when it makes any choice."""
    chosen = False
    table = ""
    for ancestor in project.classes.line(unit.symbol):
        klass = project.classes.unit(ancestor.symbol)
        meta = project.names.children(klass).get("Meta") if klass is not None else None
        body = project.classes.body(meta.symbol) if meta is not None else {}
        chosen = chosen or any(name in CHOICES for name in body)
        if klass is not None:
            chosen = chosen or any(isinstance(part, Call) and _options(part) for part in parts(klass.body))
        for bind in body.get("model", ()):
            kinds = meaning(project, unit.module, bind.value).types
            table = table or next((found for kind in kinds if (found := table_in(project, kind))), "")
    return "" if chosen else table


def _is_marked(project: Project, table: str) -> bool:
    """Whether the mapped class itself says which of its columns are private."""
    for ancestor in project.classes.line(table):
        klass = project.classes.unit(ancestor.symbol)
        for part in parts(klass.body) if klass is not None else ():
            word = part.value if isinstance(part, Lit) else part.name if isinstance(part, Attr) else ""
            if isinstance(word, str) and word in PRIVATE:
                return True
    return False
