"""One class as table and schema, or a table inside a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Bind, Call, Items, Lit, Text
from ...knowledge import canonical
from ...knowledge.sqlmodel import CHECKS, SCHEMA, SQLMODEL, VALIDATORS
from ...model import Claim, Confidence, Extent, Severity, Spot
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.modules import last_name
from ..registry import Defined, Handler, rule
from .contracts import promise, reasons, speaks, table_in, tables_in_body, typed_fields

_SEPARATE = "write the schema as a class of its own and convert where the request comes in or the response goes out"
_UNCHECKED = "a table model is built without validation, so what the class demands holds only in model_validate()"


@rule("SQA403", on=(Handler, Defined), severity=Severity.WARNING, default=False)
def table_model_as_schema(unit: Unit, answer: Handler | Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every place where a table serves as schema, and for checks that a table model leaves out."""
    if isinstance(answer, Handler):
        yield from _in_handler(unit, answer, project)
    elif unit.kind == "class" and project.layers.of(unit).layer not in OUTSIDE:
        if not project.classes.is_mapped(unit.symbol):
            yield from _in_schema(unit, project)
        elif project.classes.is_a(unit.symbol, frozenset({SQLMODEL})):
            yield from _in_table(unit, project)


def _in_handler(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    role = project.layers.of(unit)
    because = reasons(role)
    for param, table in tables_in_body(project, unit, role, handler.framework):
        message = f"`{_short(table)}` is a table, and the schema of the body `{param.name}` as well"
        why = "the client may send every column, and no validator of a table model runs"
        yield _claim(unit, unit.spot(param.at, Extent.NAME), message, why, role.sure, because)
    said = promise(project, unit, role, handler.framework)
    for kind in said.types if said is not None else ():
        table = table_in(project, kind)
        if table and said is not None and speaks(project, handler.framework, table):
            message = f"`{_short(table)}` is a table, and the schema of a response as well"
            why = "the interface cannot stay as it is when the table changes, nor change when the table does not"
            yield _claim(unit, said.spot, message, why, role.sure, because)
            return


def _in_schema(unit: Unit, project: Project) -> Iterator[Claim]:
    if not project.classes.is_a(unit.symbol, frozenset({SCHEMA})):
        return
    for name, bind, kind in typed_fields(project, unit):
        table = table_in(project, kind)
        if table:
            message = f"the field `{name}` of the schema `{unit.definition.name}` is the mapped class `{_short(table)}`"
            why = "the schema can neither validate nor describe an entity, and what reads it loads from the database"
            yield _claim(unit, unit.spot(bind.at, Extent.STATEMENT), message, why)


def _in_table(unit: Unit, project: Project) -> Iterator[Claim]:
    """The checks that a table model has itself: those of a base serve the schemas that share it."""
    if _checks_itself(unit, project):
        return
    name = unit.definition.name
    for method in project.names.children(unit).values():
        for decorator in method.definition.decorators:
            said = decorator.func if isinstance(decorator, Call) else decorator
            if canonical(project.names.dotted(unit.module, said)) in VALIDATORS:
                message = f"the validator `{method.definition.name}` does not run when a `{name}` is made"
                yield _claim(unit, method.spot(OWN_NAME, Extent.NAME), message, _UNCHECKED)
                break
    for field, binds in project.classes.body(unit.symbol).items():
        for bind in binds:
            checks = _checks(bind)
            if checks and not _in_database(unit, project, field):
                message = f"`{name}({field}=...)` does not check `{checks}`"
                yield _claim(unit, unit.spot(bind.at, Extent.STATEMENT), message, _UNCHECKED)


def _checks_itself(unit: Unit, project: Project) -> bool:
    """Whether a table model looks at values by other means: where it is made, or where SQLAlchemy sets an attribute."""
    line = [ancestor.symbol for ancestor in project.classes.line(unit.symbol)]
    if any("validate_assignment" in _configured(project, symbol) for symbol in line):
        return True
    if project.classes.method(unit.symbol, "__init__") is not None:
        return True
    owners = (project.classes.unit(symbol) for symbol in line)
    tables = (project.names.children(owner) for owner in owners if owner is not None)
    return any("validates" in method.decorators for table in tables for method in table.values())


def _configured(project: Project, symbol: str) -> Iterator[str]:
    """What the `model_config` of a class says something about."""
    for bind in project.classes.body(symbol).get("model_config", ()):
        if isinstance(bind.value, Call):
            yield from (arg.name for arg in bind.value.args)
        elif isinstance(bind.value, Items):
            yield from (str(key.value) for key in bind.value.of[::2] if isinstance(key, Lit))


def _checks(bind: Bind) -> str:
    """What a field demands of its value, as it is written."""
    if not isinstance(bind.value, Call) or last_name(bind.value.func) != "Field":
        return ""
    return ", ".join(arg.name for arg in bind.value.args if arg.name in CHECKS)


def _in_database(unit: Unit, project: Project, field: str) -> bool:
    """Whether a check constraint of the table is about a field."""
    for bind in project.classes.body(unit.symbol).get("__table_args__", ()):
        for one in bind.value.of if isinstance(bind.value, Items) else ():
            if isinstance(one, Call) and last_name(one) == "CheckConstraint" and one.args:
                text = one.args[0].value
                said = text.value if isinstance(text, Lit) else text.template if isinstance(text, Text) else ""
                if re.search(rf"\b{re.escape(field)}\b", str(said)):
                    return True
    return False


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _claim(
    unit: Unit,
    spot: Spot,
    message: str,
    why: str,
    sure: Confidence = Confidence.CERTAIN,
    because: tuple[str, ...] = (),
) -> Claim:
    return Claim(
        spot=spot,
        symbol=unit.symbol,
        message=message,
        confidence=sure,
        label="a table where a schema belongs",
        why=why,
        help=_SEPARATE,
        because=because,
        legs=(unit.symbol,),
    )
