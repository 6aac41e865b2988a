"""Rows that a joined collection repeats, fetched without making them unique."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Attr
from ...model import Change, Claim, Confidence, Extent, Hop, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.questions.joining import MAPPED
from ...project.summary import Repeated
from ...project.traces import short
from ..registry import rule


@rule("SQA603", on=Repeated)
def joined_collection_not_unique(unit: Unit, rows: Repeated, project: Project) -> Iterator[Claim]:
    """Yields a claim for rows of a statement that joins a collection, which nobody makes unique."""
    if project.layers.of(unit).layer == TEST or (rows.partly and _makes_unique(unit)):
        return
    by_option = [way for way in rows.joined if not way.startswith(MAPPED)]
    name = (by_option or rows.joined)[0].split(" ", 1)[1]
    because = ("the collection is joined on some ways only",) if rows.partly else ()
    origin = project.names.units.get(rows.where)
    here = Hop(unit.spot(rows.at), f"`{rows.text}` fetches its rows", unit.symbol)
    apart = origin is not None and (origin is not unit or rows.sent != rows.at) and rows.sent >= 0
    yield Claim(
        spot=unit.spot(rows.at, Extent.CALL),
        symbol=unit.symbol,
        message=f"`{rows.text}` fetches rows that are repeated for each of `{name}`, and does not make them unique",
        confidence=min(rows.sure, Confidence.LIKELY if rows.partly else Confidence.CERTAIN),
        label="no `.unique()`",
        why="InvalidRequestError as soon as there is a row: The unique() method must be invoked on this Result"
        + ("" if by_option else f' (`{name}` is mapped with `lazy="joined"`)'),
        help=f"write `.unique().{rows.how}()`, or load `{name}` with `selectinload`"
        if rows.how
        else f"put `.unique()` behind the result, or load `{name}` with `selectinload`",
        entry=project.layers.of(unit).entry,
        because=because,
        trace=(Hop(origin.spot(rows.sent), f"`{short(origin)}` sends the statement", origin.symbol), here)
        if apart and origin is not None
        else (),
        legs=(unit.symbol,),
        fix=Recipe(Change.CALL_BEFORE if rows.how else Change.CALL_BEHIND, not rows.partly, ("unique",)),
    )


def _makes_unique(unit: Unit) -> bool:
    return any(isinstance(part, Attr) and part.name == "unique" for part in parts(unit.body))
