"""A mapped class that is the contract of a response."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Extent, Severity, Spot
from ...project import Project, Unit
from ...project.meanings import meaning
from ..registry import Handler, rule
from .contracts import declared_dto, fields_with_tables, response_model, speaks, table_in


@rule("SQA404", on=Handler, severity=Severity.WARNING)
def orm_as_response_model(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for a handler whose response model or return annotation is, or holds, a mapped class."""
    role = project.layers.of(unit)
    explicit, model = response_model(role)
    if handler.framework == "litestar" and declared_dto(unit, role, project, "return_dto"):
        return
    said = model if explicit else unit.definition.returns
    for kind in meaning(project, unit.module, said).types:
        table = table_in(project, kind)
        where = "its response model" if explicit else "its return annotation"
        if not table:
            inner = kind.args[0] if kind.kind == "many" and kind.args else kind
            where, table = next(fields_with_tables(project, str(inner.name)), ("", ""))
            where = f"the field `{where}` of its response"
        if not table or not speaks(project, handler.framework, table):
            continue
        name = table.rpartition(".")[2]
        decorator = role.decorator if explicit else None
        spot = Spot(unit.module.name, unit.definition.at, Extent.NAME)
        yield Claim(
            spot=Spot(unit.module.name, decorator.at) if decorator is not None else spot,
            symbol=unit.symbol,
            message=f"`{unit.definition.name}` promises the mapped class `{name}`: {where} is the table itself",
            confidence=min(role.sure, Confidence.CERTAIN),
            label=f"the response follows the table of `{name}`",
            why="a column added to the table is public with the next deployment, and none can be renamed without "
            "breaking clients",
            help="declare a schema with the fields a client may see and name it as response_model",
            role=f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=() if role.sure is Confidence.CERTAIN else role.because,
            legs=(unit.symbol,),
        )
        return
