"""A value of a column that is worked out when the class is made, not when a row is."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Expr, Lit
from ...model import Change, Claim, Confidence, Recipe
from ...project import Project, Unit
from ...project.columns import BY_NAME, Column, Said, columns, plain_fields, reads_defaults
from ...project.frozen import Changing, changing
from ...project.layers import OUTSIDE
from ...project.text import render
from ..registry import Defined, rule

_UNIQUE = ("primary_key", "unique")


@rule("SQA801", on=Defined)
def called_default(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every value of a column that is another one with each call, and is taken once."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    for column in columns(project, unit):
        for said in column.said:
            found = changing(project, column.unit.module, said.value)
            if found is not None:
                yield _of_column(project, unit, column, said, found)
    for name, value in plain_fields(project, unit):
        found = changing(project, unit.module, value)
        if found is not None:
            help_ = f"say `{name}: ... = Field({_factory(value)})`"
            yield _claim(unit, unit, name, found, found.sure, help=help_, because=_doubts(found))


def _of_column(project: Project, unit: Unit, column: Column, said: Said, found: Changing) -> Claim:
    initial = said.word in ("", "default")
    made = said.copied or (initial and column.owner and project.classes.is_dataclass(column.owner))
    known = found.known and found.sure is column.sure is Confidence.CERTAIN
    word = "default_factory" if made else said.word
    called = "it is called for each instance" if made else "SQLAlchemy calls it for each row"
    return _claim(
        column.unit,
        unit,
        column.name,
        found,
        min(found.sure, column.sure),
        help=f"say `{word}={_later(said.value)}`: {called}",
        update=said.word == "onupdate",
        unique=any(arg.name in _UNIQUE and arg.value == Lit(True) for arg in column.call.args),
        because=(*((BY_NAME,) * (column.sure < Confidence.CERTAIN)), *_doubts(found)),
        fix=Recipe(Change.CALL_LATER, known and not made and not reads_defaults(project), (said.word, word)),
    )


def _claim(
    place: Unit,
    unit: Unit,
    name: str,
    found: Changing,
    sure: Confidence,
    *,
    help: str,
    update: bool = False,
    unique: bool = False,
    because: tuple[str, ...] = (),
    fix: Recipe | None = None,
) -> Claim:
    owner = f" of `{unit.definition.name}`" if unit.kind == "class" else ""
    column = f"`{name}`{owner}" if name else "the column"
    all_of = "every UPDATE sets" if update else "every row gets"
    clash = ", and the second INSERT of a process raises IntegrityError, because the column is unique" * unique
    return Claim(
        spot=place.spot(found.call.at),
        symbol=unit.symbol,
        message=f"`{render(found.call)}` is called once, on import: {all_of} the same value of {column}",
        confidence=sure,
        label="called when the module is imported",
        why=f"what is given here is the value, not the function that makes it{clash}",
        help=help,
        because=because,
        legs=(unit.symbol,),
        fix=fix,
    )


def _doubts(found: Changing) -> tuple[str, ...]:
    if found.sure is Confidence.POSSIBLE:
        return (f"nothing is known of `{render(found.call.func)}` but its name",)
    return ()


def _factory(value: Expr) -> str:
    return f"default_factory={_later(value)}"


def _later(value: Expr) -> str:
    """What can be called for the value."""
    if isinstance(value, Call) and not value.args:
        return render(value.func)
    return f"lambda: {render(value)}"
