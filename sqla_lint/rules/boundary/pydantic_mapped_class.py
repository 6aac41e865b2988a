"""A class that Pydantic and SQLAlchemy both want to build."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Arg, Call, Expr
from ...knowledge import canonical
from ...knowledge.sqlalchemy import DECLARATIVE
from ...knowledge.sqlmodel import DATACLASS, SCHEMA, SQLMODEL
from ...model import Claim, Confidence, Extent
from ...project import Project, Unit
from ...project.modules import last_name
from ..registry import Defined, rule

_MAPPING = frozenset({"mapped", "mapped_as_dataclass"})


@rule("SQA414", on=Defined)
def pydantic_mapped_class(unit: Unit, answer: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for a class that is mapped and built by Pydantic, and for a base that makes its subclasses so."""
    if unit.kind != "class" or project.layers.is_test(unit.module):
        return
    name = unit.definition.name
    if _both(project, unit):
        message = f"`{name}` has both a declarative base and a Pydantic model among its ancestors"
        yield _claim(unit, message, "the two have different metaclasses: Python refuses the class with a TypeError")
    elif project.classes.is_a(unit.symbol, frozenset({SCHEMA})) and not unit.decorators.isdisjoint(_MAPPING):
        message = f"`{name}` is a Pydantic model that is mapped"
        yield _claim(unit, message, "Pydantic cannot read `Mapped[...]`, and its instances lack SQLAlchemy's state")
    elif _is_dataclass(project, unit):
        message = f"`{name}` is a dataclass of Pydantic that is mapped"
        yield _claim(unit, message, "Pydantic cannot read `Mapped[...]`, and its instances lack SQLAlchemy's state")


def _both(project: Project, unit: Unit) -> bool:
    """Whether this class brings the two together, with no metaclass of its own that combines theirs."""
    bases = [base.name for base in project.classes.bases(unit)]
    lines = [{one.symbol for one in project.classes.line(str(base))} for base in bases]
    if any({DECLARATIVE, SCHEMA} <= line or SQLMODEL in line for line in lines):
        return False
    if not {DECLARATIVE, SCHEMA} <= {symbol for line in lines for symbol in line}:
        return False
    ancestors = (project.classes.unit(one.symbol) for one in project.classes.line(unit.symbol))
    return not any(arg.name == "metaclass" for one in ancestors if one is not None for arg in one.definition.bases)


def _is_dataclass(project: Project, unit: Unit) -> bool:
    if any(_is_callable(project, unit, arg) for arg in unit.definition.bases):
        return True
    calls = [one for one in unit.definition.decorators if isinstance(one, Call) and last_name(one) in _MAPPING]
    if any(_is_callable(project, unit, arg) for call in calls for arg in call.args):
        return True
    mapped = project.classes.is_mapped(unit.symbol)
    return mapped and any(_is_pydantic(project, unit, one) for one in unit.definition.decorators)


def _is_callable(project: Project, unit: Unit, arg: Arg) -> bool:
    symbol = project.names.dotted(unit.module, arg.value)
    return arg.name == "dataclass_callable" and canonical(symbol) == DATACLASS


def _is_pydantic(project: Project, unit: Unit, decorator: Expr) -> bool:
    said = decorator.func if isinstance(decorator, Call) else decorator
    return canonical(project.names.dotted(unit.module, said)) == DATACLASS


def _claim(unit: Unit, message: str, why: str) -> Claim:
    return Claim(
        spot=unit.spot(OWN_NAME, Extent.NAME),
        symbol=unit.symbol,
        message=message,
        confidence=Confidence.CERTAIN,
        label="built by Pydantic and by SQLAlchemy",
        why=why,
        help="map a plain class (or MappedAsDataclass) and write the schema beside it with from_attributes=True",
        legs=(unit.symbol,),
    )
