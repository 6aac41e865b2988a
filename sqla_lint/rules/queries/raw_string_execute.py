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
from ..second import is_second


@rule("SQA715", on=Unwrapped)
def raw_string_execute(unit: Unit, one: Unwrapped, project: Project) -> Iterator[Claim]:
    """Yields a claim for a string that a session or a connection shall execute."""
    role = project.layers.of(unit)
    if role.layer == TEST or one.sure < Confidence.LIKELY:
        return
    version = _version(project)
    if version is None:
        return
    refused, because = version
    exact = one.how != "value"
    of_connection = one.kind in (CONNECTION, ASYNC_CONNECTION)
    fits = one.how != "built" and one.plain
    yield Claim(
        spot=unit.spot(one.at),
        symbol=unit.symbol,
        message=f"`{one.text}` is given SQL as a plain string",
        confidence=min(one.sure, refused, Confidence.CERTAIN if exact else Confidence.LIKELY),
        label="not wrapped in `text()`",
        why=f"{'ObjectNotExecutableError' if of_connection else 'ArgumentError'} each time it is run: since 2.0 "
        "SQLAlchemy takes no strings",
        help=_help(one),
        entry=role.entry,
        because=(because,) if because else (),
        legs=(unit.symbol,),
        fix=Recipe(Change.WRAP_ARGUMENT, exact and one.sure is Confidence.CERTAIN, ("sqlalchemy", "text"))
        if fits
        else None,
    )


def _version(project: Project) -> tuple[Confidence, str] | None:
    """How sure it is that the project's SQLAlchemy takes no strings, and the premise; None when it does."""
    sure = is_second(project)
    if sure is not Confidence.POSSIBLE:
        return (sure, "") if sure is not None else None
    low = allowed(project.requires.get("sqlalchemy", ""))[0]
    said = "the project allows versions before 2.0" if low > (0,) else "nothing says which version of SQLAlchemy it is"
    return Confidence.POSSIBLE, f"{said}, 1.4 still took strings, and code that is in use works"


def _help(one: Unwrapped) -> str:
    if one.how == "built":
        return "write `text(...)` with `:names` in it, and pass their values beside it"
    if not one.plain:
        return "write `text(...)`, with `:names` in place of the driver's placeholders, and their values in a dict"
    return "wrap it in `text(...)`"
