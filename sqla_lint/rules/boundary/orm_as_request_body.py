"""A mapped class that a request's body is read into."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Extent
from ...project import Project, Unit
from ..registry import Handler, rule
from .contracts import reasons, tables_in_body


@rule("SQA402", on=Handler)
def orm_as_request_body(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for every parameter of a handler that the client fills in column by column."""
    role = project.layers.of(unit)
    for param, table in tables_in_body(project, unit, role, handler.framework):
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
            because=reasons(role),
            legs=(unit.symbol,),
        )
