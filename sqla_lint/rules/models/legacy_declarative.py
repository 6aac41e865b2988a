"""Imports from where declarative mapping was before 1.4, and attributes of mapped classes that say no type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...facts.schema import OWN_NAME, Bind, Call, Expr, Import, Index, Lit
from ...knowledge.sqlalchemy import DECLARATIVE, LEGACY, LIBRARIES, MOVED
from ...model import Change, Claim, Confidence, Extent, Recipe, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.modules import last_name
from ...project.versions import allowed
from ..registry import Defined, rule

_MOVED_IN = (1, 4)
_ATTRIBUTES = frozenset({"Column", "mapped_column", "relationship", "deferred"})
_TYPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped", "ClassVar"})
_GUARDS = ("try", "except")
_SHOWN = 3


@rule("SQA805", on=Defined, severity=Severity.INFO, default=False)
def legacy_declarative(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for a module that imports what has moved, and for a class whose attributes say no type."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    if unit.kind == "module":
        yield from _imports(unit, project)
    elif _is_typed(unit, project):
        names = [name for name, binds in project.classes.body(unit.symbol).items() if _says_none(unit, binds, project)]
        if names:
            yield _untyped(unit, names)


def _imports(unit: Unit, project: Project) -> Iterator[Claim]:
    found = [one for one in unit.module.facts.header.imports if _has_moved(one)]
    low = allowed(project.requires.get("sqlalchemy") or "")[0]
    if not found or (0,) < low < _MOVED_IN:
        return
    first = found[0]
    names = list(dict.fromkeys(one.name for one in found))
    place = project.names.units_in(unit.module.name)[first.scope]
    several = len(names) > 1
    yield Claim(
        spot=place.spot(first.at, Extent.NAME),
        symbol=unit.symbol,
        message=f"{_list(names)} {'are' if several else 'is'} imported from `{first.module}`",
        confidence=Confidence.CERTAIN,
        label="has moved",
        why=f"since 1.4 {'they are' if several else 'it is'} in `sqlalchemy.orm`; what is left there is for old code",
        help=f"import {'them' if several else 'it'} from `sqlalchemy.orm`",
        legs=(unit.symbol,),
        fix=Recipe(Change.IMPORT_ELSEWHERE, safe=True, arguments=("sqlalchemy.orm", *sorted(names))),
    )


def _has_moved(one: Import) -> bool:
    """Whether an import is of something that is elsewhere now, and not the other half of a choice."""
    return not one.level and one.module in LEGACY and one.name in MOVED and one.guard not in _GUARDS


def _is_typed(unit: Unit, project: Project) -> bool:
    """Whether a mapped class, or a base of such, is below `DeclarativeBase`, which reads annotations."""
    if "__table__" in project.classes.body(unit.symbol):
        return False
    for ancestor in project.classes.line(unit.symbol):
        klass = project.classes.unit(ancestor.symbol)
        for arg in klass.definition.bases if klass is not None else ():
            if klass is not None and not arg.name and project.names.dotted(klass.module, arg.value) == DECLARATIVE:
                return True
    return False


def _says_none(unit: Unit, binds: Sequence[Bind], project: Project) -> bool:
    """Whether an attribute is a column or a relationship, and says no type that a checker knows."""
    last = binds[-1]
    if not isinstance(last.value, Call) or last_name(last.value) not in _ATTRIBUTES or _is_mapped(last.annotation):
        return False
    return project.names.dotted(unit.module, last.value.func).partition(".")[0] in LIBRARIES


def _is_mapped(said: Expr | None) -> bool:
    if isinstance(said, Lit):
        return any(str(said.value).startswith(f"{name}[") for name in _TYPED)
    return isinstance(said, Index) and last_name(said.of) in _TYPED


def _untyped(unit: Unit, names: Sequence[str]) -> Claim:
    more = len(names) - _SHOWN
    said = (
        _list([*names[:_SHOWN]])
        if more <= 0
        else f"{', '.join(f'`{name}`' for name in names[:_SHOWN])} and {more} more"
    )
    return Claim(
        spot=unit.spot(OWN_NAME, Extent.NAME),
        symbol=unit.symbol,
        message=f"`{unit.definition.name}` says no type of {said}",
        confidence=Confidence.CERTAIN,
        label="a mapped class without `Mapped[]`",
        why="type checkers take what they are of an entity for columns, or for anything, and do not see a None",
        help=f"annotate them: `{names[0]}: Mapped[...] = mapped_column(...)`, `relationship(...)` likewise",
        legs=(unit.symbol,),
    )


def _list(names: Sequence[str]) -> str:
    said = [f"`{name}`" for name in names]
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0]
