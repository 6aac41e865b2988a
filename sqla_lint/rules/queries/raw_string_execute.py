"""SQL that is executed as a plain string."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC_CONNECTION, CONNECTION
from ...model import Change, Claim, Confidence, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Unwrapped
from ...project.versions import allowed
from ..registry import rule

_REFUSES = (2, 0)
"""The first version of SQLAlchemy that takes no strings."""


@rule("SQA715", on=Unwrapped)
def raw_string_execute(unit: Unit, one: Unwrapped, project: Project) -> Iterator[Claim]:
    """Yields a claim for a string that a session or a connection shall execute."""
    role = project.layers.of(unit)
    low, high = allowed(project.requires.get("sqlalchemy", ""))
    if role.layer == TEST or one.sure < Confidence.LIKELY or high <= _REFUSES:
        return
    older = (0,) < low < _REFUSES
    of_connection = one.kind in (CONNECTION, ASYNC_CONNECTION)
    sure = min(one.sure, Confidence.LIKELY) if older or one.how == "value" else one.sure
    fits = one.how != "built" and one.plain
    yield Claim(
        spot=unit.spot(one.at),
        symbol=unit.symbol,
        message=f"`{one.text}` is given SQL as a plain string",
        confidence=sure,
        label="not wrapped in `text()`",
        why=f"{'ObjectNotExecutableError' if of_connection else 'ArgumentError'} each time it is run: since 2.0 "
        "SQLAlchemy takes no strings",
        help=_help(one),
        entry=role.entry,
        because=("the project allows versions before 2.0, which still take strings",) if older else (),
        legs=(unit.symbol,),
        fix=Recipe(Change.WRAP_ARGUMENT, sure is Confidence.CERTAIN, ("sqlalchemy", "text")) if fits else None,
    )


def _help(one: Unwrapped) -> str:
    if one.how == "built":
        return "write `text(...)` with `:names` in it, and pass their values beside it"
    if not one.plain:
        return "write `text(...)`, with `:names` in place of the driver's placeholders, and their values in a dict"
    return "wrap it in `text(...)`"
