"""A schema is asked to validate an entity, and does not read attributes."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call
from ...model import Change, Claim, Confidence, Extent, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.modules import last_name
from ...project.parts import parts
from ...project.summary import Plan, Shown
from ..loads import hops
from ..registry import rule
from ..serialized import READS, may_read, schemas


@rule("SQA415", on=Shown)
def schema_without_from_attributes(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for `Schema.model_validate(entity)` where the schema takes dicts only."""
    calls = (part for part in parts(unit.body) if isinstance(part, Call))
    call = next((one for one in calls if one.at == shown.at), None)
    if not shown.schema or call is None or project.layers.of(unit).layer == TEST:
        return
    by_method = shown.alone and shown.through is None and last_name(call.func) == "model_validate"
    if by_method and any(arg.name in (*READS, "**") for arg in call.args):
        return
    if not shown.alone and not shown.things[0].field:
        return
    found = ((one, thing) for thing in shown.things for one in schemas(project, unit, shown, thing))
    blind = next(((one, thing) for one, thing in found if not may_read(project, one)), None)
    if blind is None:
        return
    schema, entity = (name.rpartition(".")[2] for name in (blind[0], blind[1].entity))
    yield Claim(
        spot=unit.spot(shown.at, Extent.CALL),
        symbol=unit.symbol,
        message=f"`{schema}` validates an entity, `{entity}`, and is not set up to read attributes",
        confidence=min(Confidence.CERTAIN, blind[1].plan.sure),
        label="takes a dict or its own instances only",
        why="ValidationError: Input should be a valid dictionary or instance",
        help=f"give `{schema}` `model_config = ConfigDict(from_attributes=True)`",
        trace=tuple(hops(project, Plan(""), None, shown.through)),
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
        fix=Recipe(Change.SET_KEYWORD, arguments=("from_attributes", "True")) if by_method else None,
    )
