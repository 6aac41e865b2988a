"""A schema reads a relationship that nothing has loaded: a statement for each row, and in async code an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.schema import Bind, Call, Lit
from ...knowledge.sqlalchemy import ASYNC
from ...knowledge.sqlmodel import SCHEMA
from ...model import Claim, Confidence, Extent, Severity
from ...project import Project, Unit
from ...project.loading import is_missing
from ...project.mapping import mapped
from ...project.modules import last_name
from ...project.summary import Plan, Shown, Thing
from ...project.values import Type
from ..concurrency.implicit_io_in_async import hops
from ..expiry import is_stale
from ..registry import rule
from .contracts import promise, reasons, typed_fields

_DEEPEST = 4
_FIRST = (Lit("before"), Lit("wrap"), Lit(True))
_SYNC = "each row costs a statement of its own: thirty rows are thirty-one statements"
_ASYNC = (
    "reading it sends a statement that nothing awaits: FastAPI answers 500 with ResponseValidationError, caused by "
    "MissingGreenlet (with SQLAlchemy 2.1 and aiosqlite a StatementError around it)"
)
_CALLED = (
    "reading it sends a statement that nothing awaits: MissingGreenlet is raised, with SQLAlchemy 2.1 and aiosqlite a "
    "StatementError around it"
)
_CLOSED = "its session is closed when the schema reads it: DetachedInstanceError"


class Miss(NamedTuple):
    """A field that reads what is not there: the schema, the path of names from the entity, and the mapped class."""

    schema: str
    names: tuple[str, ...]
    entity: str
    many: bool


@rule("SQA405", on=Shown)
def lazy_load_in_serialization(unit: Unit, shown: Shown, project: Project) -> Iterator[Claim]:
    """Yields a claim for entities that a schema takes apart although what it reads of them is not loaded."""
    role = project.layers.of(unit)
    by_call = bool(shown.schema)
    if not by_call and role.layer != "handler":
        return
    said = None if by_call else promise(project, unit, role, role.framework)
    kinds = (Type("instance", shown.schema),) if by_call else said.types if said is not None else ()
    for thing in shown.things:
        asynchronous = thing.plan.kind in ASYNC
        expired = asynchronous and is_stale(project, thing.plan, thing.plan.stale)
        misses = [] if thing.plan.open and not expired else list(_misses(project, kinds, thing, expired))
        if not asynchronous:
            misses = [miss for miss in misses if miss.many]
        if not misses or (thing.plan.closed and not asynchronous):
            continue
        first = misses[0]
        yield Claim(
            spot=unit.spot(shown.at, Extent.CALL if by_call else Extent.STATEMENT),
            symbol=unit.symbol,
            message=_message(thing, misses, expired),
            confidence=_sure(thing.plan, role.sure if not by_call else Confidence.CERTAIN, expired),
            severity=Severity.ERROR if asynchronous else Severity.WARNING,
            label="the schema reads the entity here" if by_call else "the response model reads the entity here",
            why=_CLOSED if thing.plan.closed else (_CALLED if by_call else _ASYNC) if asynchronous else _SYNC,
            help=_help(first, expired),
            role="" if by_call else f"handler ({', '.join(role.because)})",
            entry=role.entry,
            because=() if by_call else reasons(role),
            trace=tuple(hops(project, unit, thing.plan, thing.plan.stale if expired else None)),
            legs=(unit.symbol,),
        )
        return


def _sure(plan: Plan, layer: Confidence, expired: bool) -> Confidence:
    sure = min(plan.sure, layer)
    return min(sure, plan.stale.sure) if expired and plan.stale is not None else sure


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _message(thing: Thing, misses: list[Miss], expired: bool) -> str:
    first = misses[0]
    if expired and thing.plan.stale is not None:
        return f"`{_short(first.schema)}` reads `{_short(thing.entity)}` after `{thing.plan.stale.text}` made it expire"
    names = ", ".join(f"`{'.'.join(miss.names)}`" for miss in misses[:3])
    return f"`{_short(first.schema)}` reads {names} of `{_short(thing.entity)}`, which the query does not load"


def _help(miss: Miss, expired: bool) -> str:
    if expired:
        return "make the session with expire_on_commit=False, or `await session.refresh(...)` before"
    return f"load it with the query: `.options(selectinload({_short(miss.entity)}.{miss.names[-1]}))`"


def _misses(project: Project, kinds: tuple[Type, ...], thing: Thing, expired: bool) -> Iterator[Miss]:
    for kind in kinds:
        while kind.kind == "many" and kind.args:
            kind = kind.args[0]
        if kind.kind == "instance" and project.classes.is_a(str(kind.name), frozenset({SCHEMA})):
            yield from _read(project, str(kind.name), thing, thing.entity, (), thing.many, expired)


def _read(
    project: Project, schema: str, thing: Thing, entity: str, before: tuple[str, ...], many: bool, expired: bool
) -> Iterator[Miss]:
    """What the fields of a schema read of this entity that is not there, also in the schemas of its fields."""
    if len(before) >= _DEEPEST or project.classes.is_mapped(schema) or _reads_itself(project, schema):
        return
    for name, kinds in _fields(project, schema):
        if not before and name in thing.known:
            continue
        attribute = mapped(project.classes, entity, name)
        if attribute is None:
            continue
        names = (*before, name)
        if expired and not before:
            yield Miss(schema, names, attribute.owner, many)
            return
        if attribute.kind != "relationship" or thing.plan.open:
            continue
        if is_missing(project.classes, thing.plan, entity, attribute):
            if not attribute.many and (attribute.target in thing.plan.classes or not attribute.target):
                continue
            yield Miss(schema, names, attribute.owner, many)
            continue
        inner = next((kind for kind in map(_inside, kinds) if kind), "")
        if inner and attribute.target and project.classes.is_a(inner, frozenset({SCHEMA})):
            yield from _read(project, inner, thing, attribute.target, names, many or attribute.many, expired)


def _reads_itself(project: Project, schema: str) -> bool:
    """Whether a validator of the whole schema sees the entity first: what that reads is not for the fields to say."""
    for ancestor in project.classes.line(schema):
        unit = project.classes.unit(ancestor.symbol)
        for method in project.names.children(unit).values() if unit is not None else ():
            for decorator in method.definition.decorators:
                whole = last_name(decorator) in ("model_validator", "root_validator")
                if whole and isinstance(decorator, Call) and any(arg.value in _FIRST for arg in decorator.args):
                    return True
    return False


def _inside(kind: Type) -> str:
    while kind.kind == "many" and kind.args:
        kind = kind.args[-1]
    return str(kind.name) if kind.kind == "instance" else ""


def _fields(project: Project, schema: str) -> Iterator[tuple[str, tuple[Type, ...]]]:
    """The fields that a schema has and reads by their own name, each with the types it may have."""
    found: dict[str, tuple[Type, ...]] = {}
    seen: set[str] = set()
    for ancestor in project.classes.line(schema):
        unit = project.classes.unit(ancestor.symbol)
        if unit is None:
            continue
        own: dict[str, list[Type]] = {}
        for name, bind, kind in typed_fields(project, unit):
            if name not in seen and not _is_aliased(bind):
                own.setdefault(name, []).append(kind)
        seen |= set(project.classes.body(ancestor.symbol))
        found.update((name, tuple(kinds)) for name, kinds in own.items())
    yield from found.items()


def _is_aliased(bind: Bind) -> bool:
    """Whether a field reads another name, or nothing at all."""
    value = bind.value
    if not isinstance(value, Call):
        return False
    words = {arg.name for arg in value.args}
    init = any(arg.name == "init" and arg.value == Lit(False) for arg in value.args)
    return last_name(value) == "computed_field" or init or bool(words & {"alias", "validation_alias", "**"})
