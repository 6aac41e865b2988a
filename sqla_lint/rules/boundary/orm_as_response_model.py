"""A mapped class that is the contract of a response."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...model import Claim, Confidence, Extent, Hop, Severity, Spot
from ...project import Project, Unit
from ...project.layers import Role
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
    spot = unit.spot(OWN_NAME, Extent.NAME)
    if explicit and role.decorator is not None and unit.owner is not None:
        spot = unit.owner.spot(role.decorator.at)
    for kind in meaning(project, unit.module, said).types:
        table = table_in(project, kind)
        inner = kind.args[0] if kind.kind == "many" and kind.args else kind
        if table and speaks(project, handler.framework, table):
            where = "its response model" if explicit else "its return annotation"
            message = (
                f"`{unit.definition.name}` promises the mapped class `{_short(table)}`: {where} is the table itself"
            )
            yield _claim(unit, role, spot, unit.symbol, message, table, ())
            return
        for field in fields_with_tables(project, str(inner.name)):
            if speaks(project, handler.framework, field.table):
                told = f"`{unit.definition.name}` answers with `{_short(str(inner.name))}`"
                message = f"the field `{field.name}` of a response is the mapped class `{_short(field.table)}` itself"
                steps = (Hop(spot, told, unit.symbol), Hop(field.spot, "sends the table", field.schema))
                yield _claim(unit, role, field.spot, field.schema, message, field.table, steps)
                return


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _claim(unit: Unit, role: Role, spot: Spot, symbol: str, message: str, table: str, trace: tuple[Hop, ...]) -> Claim:
    return Claim(
        spot=spot,
        symbol=symbol,
        message=message,
        confidence=role.sure,
        label=f"the response follows the table of `{_short(table)}`",
        why="a column added to the table is public with the next deployment, and none can be renamed without breaking "
        "clients",
        help="declare a schema with the fields a client may see and name it as response_model",
        role=f"handler ({', '.join(role.because)})",
        entry=role.entry,
        because=() if role.sure is Confidence.CERTAIN else role.because,
        trace=trace,
        legs=(unit.symbol,),
    )
