"""A condition of a query that Python works out, before SQLAlchemy sees it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Change, Claim, Confidence, Extent, Recipe
from ...project import Project, Unit
from ...project.summary import Decided
from ..registry import rule

_COMES = {
    "false": "is always False",
    "true": "is always True",
    "raises": "raises as soon as it is run",
    "": "is worked out by Python, not by the database",
}
_WHYS = {
    "false": "the database gets `false` in its place, whatever is in the table",
    "true": "the database gets `true` in its place, and every row fits",
    "raises": "Python asks a piece of SQL whether it is true, or what is in it, and SQLAlchemy refuses: TypeError or "
    "NotImplementedError",
    "keeps": "Python asks a piece of SQL whether it is true and goes on with one side: the other never reaches the "
    "database, and nothing warns of that",
    "binds": "the database gets a condition about another thing, or Python raises TypeError",
    "": "what is an object of Python is compared, not the values in the table",
}
_METHODS = {"is": "is_", "is not": "is_not", "in": "in_", "not in": "not_in"}
_WORDS = {"and": "and_(...)", "or": "or_(...)"}


@rule("SQA701", on=Decided)
def python_operator_in_filter(unit: Unit, one: Decided, project: Project) -> Iterator[Claim]:
    """Yields a claim for `is`, `not`, `and`, `or`, `in` or a chain of comparisons about columns in a statement."""
    sure = min(one.sure, Confidence.LIKELY) if one.comes == "binds" else one.sure
    yield Claim(
        spot=unit.spot(one.at, Extent.TEST),
        symbol=unit.symbol,
        message=_message(one),
        confidence=sure,
        label="worked out by Python",
        why=_WHYS[one.comes],
        help=_help(one),
        entry=project.layers.of(unit).entry,
        because=() if one.call else ("it is kept for later, and may be meant for something else than a statement",),
        legs=(unit.symbol,),
        fix=Recipe(Change.SAY_IN_SQL, arguments=(one.op,)) if one.fits else None,
    )


def _message(one: Decided) -> str:
    where = f" in `{one.call}()`" if one.call else ""
    if one.comes == "keeps":
        return f"`{one.text}`{where} keeps only `{one.kept}`"
    if one.comes == "binds":
        return f"`{one.text}`{where} takes `{one.kept}` first, then compares"
    return f"`{one.text}`{where} {_COMES[one.comes]}"


def _help(one: Decided) -> str:
    if one.comes == "binds":
        return f"put each comparison on either side of `{one.kept}` in parentheses"
    if one.kind == "relationship" and one.op in ("is", "is not"):
        return f"write `{'==' if one.op == 'is' else '!='} None`, which SQLAlchemy makes `IS NULL` of"
    if one.op in ("is", "is not") and not one.constant:
        return f"write `{'==' if one.op == 'is' else '!='}`"
    if one.op in _METHODS:
        return f"call `{_METHODS[one.op]}()` of the column"
    if one.op in _WORDS:
        return f"write `{_WORDS[one.op]}` of SQLAlchemy"
    if one.op == "not":
        if one.kind in ("column", "core") and not one.fits:
            return "say what is meant: `== ...` a value, or `is_(None)`"
        return "write `~` in its place"
    return "write two comparisons, in `and_(...)`"
