"""A mapped class that a request's body is read into."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Extent
from ...project import Project, Unit
from ...project.meanings import dependency, meaning
from ..registry import Handler, rule
from .contracts import declared_dto, speaks, table_in


@rule("SQA402", on=Handler)
def orm_as_request_body(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for every parameter of a handler that the client fills in column by column."""
    role = project.layers.of(unit)
    for param in unit.definition.params:
        said = meaning(project, unit.module, param.annotation)
        if said.provider is not None or said.bare or said.by_type:
            continue
        if param.default is not None and dependency(project, unit.module, param.default) is not None:
            continue
        if handler.framework == "litestar" and (param.name != "data" or declared_dto(unit, role, project, "dto")):
            continue
        table = next((found for kind in said.types if (found := table_in(project, kind))), "")
        if not table or not speaks(project, handler.framework, table):
            continue
        name = table.rpartition(".")[2]
        yield Claim(
            spot=unit.spot(param.at, Extent.NAME),
            symbol=unit.symbol,
            message=f"`{param.name}` reads the request body straight into the mapped class `{name}`",
            confidence=role.sure,
            label="the client sets every column",
            why="a table model does not run its validators, and the client sets id, is_admin and every other column",
            help=f"declare a schema with the fields a client may send and build `{name}` from it",
            role=f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=() if role.sure is Confidence.CERTAIN else role.because,
            legs=(unit.symbol,),
        )
