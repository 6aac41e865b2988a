"""A mapped class that is the contract of a response."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Hop, Severity, Spot
from ...project import Project, Unit
from ...project.layers import Role
from ..registry import Handler, rule
from .contracts import fields_with_tables, promise, reasons, speaks, table_in


@rule("SQA404", on=Handler, severity=Severity.WARNING)
def orm_as_response_model(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for a handler whose response model or return annotation is, or holds, a mapped class."""
    role = project.layers.of(unit)
    said = promise(project, unit, role, handler.framework)
    if said is None:
        return
    for kind in said.types:
        table = table_in(project, kind)
        inner = kind.args[0] if kind.kind == "many" and kind.args else kind
        if table and speaks(project, handler.framework, table):
            where = "its response model" if said.explicit else "its return annotation"
            message = (
                f"`{unit.definition.name}` promises the mapped class `{_short(table)}`: {where} is the table itself"
            )
            yield _claim(unit, role, said.spot, unit.symbol, message, table, ())
            return
        for field in fields_with_tables(project, str(inner.name)):
            if speaks(project, handler.framework, field.table):
                told = f"`{unit.definition.name}` answers with `{_short(str(inner.name))}`"
                message = f"the field `{field.name}` of a response is the mapped class `{_short(field.table)}` itself"
                steps = (Hop(said.spot, told, unit.symbol), Hop(field.spot, "sends the table", field.schema))
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
        because=reasons(role),
        trace=trace,
        legs=(unit.symbol,),
    )
