"""A list, dict or set that is the default of a column, and the same object for all rows."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Expr, Items
from ...model import Change, Claim, Confidence, Recipe, Severity
from ...project import Project, Unit
from ...project.columns import BY_NAME, Column, Said, columns, is_of_entities, reads_defaults, takes_copies
from ...project.frozen import Container, container
from ...project.layers import OUTSIDE
from ...project.text import render
from ..registry import Defined, rule

_EMPTY = {"dict": ("dict", "{}"), "list": ("list", "[]")}


@rule("SQA802", on=Defined, severity=Severity.WARNING)
def mutable_default(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every column of an entity that has a container for a default."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    for column in columns(project, unit):
        for said in column.said:
            found = container(project, column.unit, said.value)
            if found is None or said.copied or (found.flat and takes_copies(project, column)):
                continue
            if not column.table or is_of_entities(project, column.table):
                yield _claim(project, unit, column, said, found)


def _claim(project: Project, unit: Unit, column: Column, said: Said, found: Container) -> Claim:
    made = said.word == "default" and column.owner and project.classes.is_dataclass(column.owner)
    word = "default_factory" if made else said.word
    owner = f" of `{unit.definition.name}`" if unit.kind == "class" else ""
    update = said.word == "onupdate"
    rows = "rows that an UPDATE sets no value for" if update else "rows that are given no value"
    later = _later(said.value, found)
    return Claim(
        spot=column.unit.spot(column.call.at),
        symbol=unit.symbol,
        message=f"`{said.word}={_text(said.value)}` is one object: all {rows} of `{column.name}`{owner} share it",
        confidence=min(found.sure, column.sure),
        label="made when the module is imported",
        why="what one entity changes in it after a flush is stored with every later row, of other users too",
        help=f"say `{word}={later}`" if later else f"give `{word}` a function that makes a new one",
        because=() if column.sure is Confidence.CERTAIN else (BY_NAME,),
        legs=(unit.symbol,),
        fix=_fix(project, said, word, found, later),
    )


def _fix(project: Project, said: Said, word: str, found: Container, later: str) -> Recipe | None:
    if found.how != "name":
        safe = word == said.word and found.known and not reads_defaults(project)
        return Recipe(Change.CALL_LATER, safe, (said.word, word))
    return Recipe(Change.SET_KEYWORD, arguments=(word, later)) if later and word == said.word else None


def _text(value: Expr) -> str:
    """The container as people would write it, or the name it has."""
    if isinstance(value, Items):
        return _EMPTY[value.kind][1] if not value.of and value.kind in _EMPTY else _WRITTEN[value.kind]
    return render(value)


_WRITTEN = {"dict": "{...}", "list": "[...]", "set": "{...}"}


def _later(value: Expr, found: Container) -> str:
    """What can be called for a new one; "" where that is not plain."""
    if found.how == "name":
        return f"{render(value)}.copy" if found.flat else ""
    if found.how == "call" and isinstance(value, Call):
        return render(value.func)
    if isinstance(value, Items) and not value.of and value.kind in _EMPTY:
        return _EMPTY[value.kind][0]
    return f"lambda: {_text(value)}"
