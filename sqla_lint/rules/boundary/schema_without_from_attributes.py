"""A schema is asked to validate an entity, and does not read attributes."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Bind, Call, Expr, Items, Lit
from ...knowledge.sqlmodel import SCHEMA, SQLMODEL
from ...model import Change, Claim, Confidence, Extent, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.modules import last_name
from ...project.parts import parts
from ...project.summary import Shown
from ..registry import rule
from ..serialized import reads_itself

_ROOTS = frozenset({SCHEMA, "builtins.object", "object", "typing.Generic", "abc.ABC"})
_READS = ("from_attributes", "orm_mode")


@rule("SQA415", on=Shown)
def schema_without_from_attributes(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for `Schema.model_validate(entity)` where the schema takes dicts only."""
    calls = (part for part in parts(unit.body) if isinstance(part, Call))
    call = next((one for one in calls if one.at == shown.at), None)
    if not shown.schema or call is None or last_name(call.func) != "model_validate":
        return
    if any(arg.name in (*_READS, "**") for arg in call.args) or any(thing.many for thing in shown.things):
        return
    if project.layers.of(unit).layer == TEST or _may_read(project, shown.schema):
        return
    schema, entity = (name.rpartition(".")[2] for name in (shown.schema, shown.things[0].entity))
    yield Claim(
        spot=unit.spot(shown.at, Extent.CALL),
        symbol=unit.symbol,
        message=f"`{schema}` validates an entity, `{entity}`, and is not set up to read attributes",
        confidence=min(Confidence.CERTAIN, *(thing.plan.sure for thing in shown.things)),
        label="takes a dict or its own instances only",
        why="ValidationError: Input should be a valid dictionary or instance",
        help=f"give `{schema}` `model_config = ConfigDict(from_attributes=True)`",
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
        fix=Recipe(Change.SET_KEYWORD, arguments=("from_attributes", "True")),
    )


def _may_read(project: Project, schema: str) -> bool:
    """Whether a schema reads attributes, or may: it says so, takes the entity apart itself, or has a strange base."""
    line = [ancestor.symbol for ancestor in project.classes.line(schema)]
    if SQLMODEL in line or reads_itself(project, schema):
        return True
    for symbol in line:
        unit = project.classes.unit(symbol)
        if unit is None:
            if symbol not in _ROOTS:
                return True
            continue
        if any(_says(arg.name, arg.value) for arg in unit.definition.bases):
            return True
        if any(not _is_known(bind) for bind in project.classes.body(symbol).get("model_config", ())):
            return True
        config = project.names.child(unit, "Config")
        if config is not None and config.definition.bases:
            return True
        if config is not None and not set(_READS).isdisjoint(project.classes.body(config.symbol)):
            return True
    return False


def _is_known(bind: Bind) -> bool:
    """Whether a configuration is written out, and does not say that attributes are read."""
    value = bind.value
    if isinstance(value, Call):
        return not any(arg.name == "**" or _says(arg.name, arg.value) for arg in value.args)
    if isinstance(value, Items) and value.kind == "dict":
        return not any(isinstance(part, Lit) and part.value in _READS for part in value.of)
    return False


def _says(name: str, value: Expr) -> bool:
    return name in _READS and value != Lit(False)
