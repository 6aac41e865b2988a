"""What a schema reads of the entities that it takes apart, and which of it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.schema import Bind, Call, Expr, Items, Lit, Name
from ..knowledge.marshmallow import CHOOSES, COMPUTED, DUMPED, HOOKS
from ..knowledge.pagination import PAGES
from ..knowledge.sqlalchemy import ASYNC
from ..knowledge.sqlmodel import SCHEMA, SQLMODEL
from ..model import Confidence
from ..project import Project, Unit
from ..project.getters import reached
from ..project.mapping import Mapped, allows_none, mapped
from ..project.modules import last_name
from ..project.parents import Cost, cost, leads_nowhere
from ..project.questions.lacking import is_missing
from ..project.questions.renewing import is_gone
from ..project.serializing import Read, is_one, lazily_read, read_by_proxy
from ..project.summary import Plan, Shown, Thing
from ..project.values import Type, replace_variables
from .boundary.contracts import promise, typed_fields
from .expiry import is_stale

_DEEPEST = 4
_FIRST = (Lit("before"), Lit("wrap"), Lit(True))
_ROOTS = frozenset({SCHEMA, "builtins.object", "object", "typing.Generic", "abc.ABC"})
_SCHEMAS = frozenset({SCHEMA, DUMPED})
READS = ("from_attributes", "orm_mode")
"""What a schema says, or a call, when attributes shall be read: in Pydantic 2 and 1."""


class Miss(NamedTuple):
    """A field that reads what is not there: the schema, the path of names from the entity, the mapped class, and what
    that costs when there are several. `raises` says that a validator does, and nothing makes another error of it."""

    schema: str
    names: tuple[str, ...]
    entity: str
    many: bool
    sure: Confidence = Confidence.CERTAIN
    cost: Cost = Cost()
    raises: bool = False


def misses(project: Project, unit: Unit, shown: Shown) -> Iterator[tuple[Thing, list[Miss], bool]]:
    """For each entity that is shown what its schema misses, and whether that is because everything has expired."""
    for thing in shown.things:
        fails = thing.plan.kind in ASYNC or thing.plan.closed
        expired = fails and is_stale(project, thing.plan, thing.plan.stale)
        found = [] if thing.plan.is_open and not expired else list(_misses(project, unit, shown, thing, expired))
        if not fails:
            found = sorted((_weighed(miss, thing) for miss in found if miss.many), key=_first)
        if found:
            yield thing, found, expired


def _weighed(miss: Miss, thing: Thing) -> Miss:
    """A miss of a session that sends its statement: how many there are is less sure where rows may lead to one, or to
    none, and one more matters less for a row that has cost a statement already."""
    least = miss.cost.null or thing.apart
    most = Confidence.POSSIBLE if least else Confidence.LIKELY if miss.cost.of else Confidence.CERTAIN
    return miss._replace(sure=min(miss.sure, most))


def _first(miss: Miss) -> tuple[int, bool]:
    return -miss.sure, bool(miss.cost.of)


def renewals(project: Project, unit: Unit, shown: Shown) -> Iterator[tuple[Thing, Miss]]:
    """For each entity that is shown the first field of its schema that an UPDATE has given a value unseen."""
    for thing in shown.things:
        for schema in schemas(project, unit, shown, thing) if thing.plan.kind in ASYNC else ():
            for name, _ in () if reads_itself(project, schema) else _fields(project, schema):
                if name not in thing.known and is_gone(project.classes, thing.plan, thing.entity, name):
                    yield thing, Miss(schema, (name,), thing.entity, thing.many)
                    break


def _kinds(project: Project, unit: Unit, shown: Shown) -> tuple[Type, ...]:
    """What the entities, or what they are given in, are taken apart by."""
    if shown.schema:
        return (Type("instance", shown.schema, shown.args),)
    role = project.layers.of(unit)
    if shown.by:
        return ()
    said = promise(project, unit, role, role.framework) if role.layer == "handler" else None
    return said.types if said is not None else ()


def schemas(project: Project, unit: Unit, shown: Shown, thing: Thing) -> Iterator[str]:
    """The schemas that take a thing apart that is shown."""
    yield from _schemas(project, _of_field(project, _kinds(project, unit, shown), thing.field))


def may_read(project: Project, schema: str) -> bool:
    """Whether a schema reads attributes, or may: it says so, takes the entity apart itself, or has a strange base."""
    line = [ancestor.symbol for ancestor in project.classes.line(schema)]
    if SQLMODEL in line or reads_itself(project, schema):
        return True
    for symbol in line:
        unit = project.classes.unit(symbol)
        if unit is None:
            if symbol not in _ROOTS:
                return True
            continue
        if any(_says(arg.name, arg.value) for arg in unit.definition.bases):
            return True
        if any(not _is_known(bind) for bind in project.classes.body(symbol).get("model_config", ())):
            return True
        config = project.names.child(unit, "Config")
        if config is not None and config.definition.bases:
            return True
        if config is not None and not set(READS).isdisjoint(project.classes.body(config.symbol)):
            return True
    return False


def _is_known(bind: Bind) -> bool:
    """Whether a configuration is written out, and does not say that attributes are read."""
    value = bind.value
    if isinstance(value, Call):
        return not any(arg.name == "**" or _says(arg.name, arg.value) for arg in value.args)
    if isinstance(value, Items) and value.kind == "dict":
        return not any(isinstance(part, Lit) and part.value in READS for part in value.of)
    return False


def _says(name: str, value: Expr) -> bool:
    return name in READS and value != Lit(False)


def _of_field(project: Project, kinds: tuple[Type, ...], field: str) -> tuple[Type, ...]:
    """What an entity is taken apart by that is given in a field of these, or under a key of a dict."""
    found: list[Type] = []
    for kind in kinds if field else ():
        if kind.kind == "many":
            found.extend(kind.args[-1:])
        elif kind.kind == "instance" and project.classes.is_a(str(kind.name), frozenset({SCHEMA})):
            bound = project.classes.bindings(kind)
            fields = dict(() if reads_itself(project, str(kind.name)) else _fields(project, str(kind.name)))
            found.extend(replace_variables(one, bound) for one in fields.get(field, ()))
    return tuple(found) if field else kinds


def _schemas(project: Project, kinds: tuple[Type, ...]) -> Iterator[str]:
    for kind in kinds:
        while kind.args and (kind.kind == "many" or _is_page(project, kind)):
            kind = kind.args[0]
        if kind.kind == "instance" and project.classes.is_a(str(kind.name), _SCHEMAS):
            yield str(kind.name)


def _is_page(project: Project, kind: Type) -> bool:
    return kind.kind == "instance" and project.classes.is_a(str(kind.name), PAGES)


def _misses(project: Project, unit: Unit, shown: Shown, thing: Thing, expired: bool) -> Iterator[Miss]:
    for schema in schemas(project, unit, shown, thing):
        if not thing.field or not shown.schema or may_read(project, schema):
            yield from _read(project, schema, thing, thing.entity, (), thing.many, expired)


def _read(
    project: Project,
    schema: str,
    thing: Thing,
    entity: str,
    before: tuple[str, ...],
    many: bool,
    expired: bool,
    *,
    shared: bool = False,
) -> Iterator[Miss]:
    """What the fields of a schema read of this entity, to which several may lead that are `shared`, that is not there,
    also in the schemas of its fields."""
    if len(before) >= _DEEPEST or project.classes.is_mapped(schema):
        return
    if reads_itself(project, schema):
        if not expired and not thing.plan.is_open:
            yield from _by_validators(project, schema, thing, entity, before, many)
        return
    for name, kinds in _fields(project, schema):
        if not before and name in (thing.again if expired else thing.known):
            continue
        attribute = mapped(project.classes, entity, name)
        if attribute is None:
            read = None if before or expired or thing.plan.is_open else _by_property(project, thing, name)
            if read is not None:
                yield Miss(schema, (read.attribute.name,), read.attribute.owner, many, read.sure, read.cost)
            continue
        names = (*before, name)
        if expired and not before:
            yield Miss(schema, names, attribute.owner, many)
            return
        if attribute.kind != "relationship" or thing.plan.is_open:
            continue
        if is_missing(project.classes, thing.plan, entity, attribute):
            if not attribute.many and (attribute.target in thing.plan.classes or not attribute.target):
                continue
            if many and not before and thing.plan.kind not in ASYNC and _leads_to_one(project, thing, attribute):
                continue
            if not before and leads_nowhere(project, thing, attribute):
                continue
            costs = cost(project, entity, attribute, () if before else thing.plan.fixed)
            if shared and not costs.of:
                costs = costs._replace(of=entity)
            costs = costs._replace(null=costs.null and _allows_none(project, schema, name))
            yield Miss(schema, names, attribute.owner, many, cost=costs)
            continue
        inner = next((kind for kind in map(_inside, kinds) if kind), "")
        if inner and attribute.target and project.classes.is_a(inner, _SCHEMAS):
            led = many and (shared or not attribute.many)
            several = many or attribute.many
            yield from _read(project, inner, thing, attribute.target, names, several, expired, shared=led)


def _allows_none(project: Project, schema: str, name: str) -> bool:
    """Whether a field of a schema may be None."""
    line = (project.classes.body(ancestor.symbol).get(name) for ancestor in project.classes.line(schema))
    binds = next(filter(None, line), ())
    return any(bind.annotation is not None and allows_none(bind.annotation) for bind in binds)


def _by_property(project: Project, thing: Thing, name: str) -> Read | None:
    """What a property or proxy of this name reads of its entity, and nothing has loaded."""
    unit = project.classes.method(thing.entity, name)
    if unit is None:
        found = read_by_proxy(project, thing, name)
    else:
        found = lazily_read(project, thing, project.names.getter(unit)) if unit.is_property else []
    return found[0] if found and found[0].sure >= Confidence.LIKELY else None


def _leads_to_one(project: Project, thing: Thing, attribute: Mapped) -> bool:
    return not project.relations.is_collection(thing.entity, attribute.name) and is_one(project, thing, attribute)


def _by_validators(
    project: Project, schema: str, thing: Thing, entity: str, before: tuple[str, ...], many: bool
) -> Iterator[Miss]:
    """What validators of the whole schema read of the entity that is not there: what hangs on something that is, or is
    read without asking whether it is there."""
    for reach in (one for unit in _validators(project, schema) for one in reached(project, unit, entity)):
        attribute, plan = reach.attribute, thing.plan
        known = not reach.before and not before and attribute.name in thing.known
        lost = any(is_missing(project.classes, plan, *step) for step in reach.before)
        if known or lost or reach.is_checked() or not is_missing(project.classes, plan, reach.entity, attribute):
            continue
        if not attribute.many and (not attribute.target or _is_led_to(project, plan, attribute)):
            continue
        costs = cost(project, reach.entity, attribute, () if before or reach.before else plan.fixed)
        sure = Confidence.LIKELY if reach.is_sure() else Confidence.POSSIBLE
        several = many or any(step.many for _, step in reach.before)
        yield Miss(schema, (*before, *reach.names), attribute.owner, several, sure, costs, True)


def _is_led_to(project: Project, plan: Plan, attribute: Mapped) -> bool:
    """Whether entities of the class that a relationship leads to were loaded in another way: its own may be there."""
    others = (mapped(project.classes, owner, name) for owner, name in plan.loads if owner)
    return attribute.target in (*plan.classes, *(other.target for other in others if other is not None))


def reads_itself(project: Project, schema: str) -> bool:
    """Whether a validator of the whole schema sees the entity first: what that reads is not for the fields to say."""
    return any(True for _ in _validators(project, schema))


def _validators(project: Project, schema: str) -> Iterator[Unit]:
    """The validators of the whole schema that see the entity first."""
    for ancestor in project.classes.line(schema):
        unit = project.classes.unit(ancestor.symbol)
        for method in project.names.children(unit).values() if unit is not None else ():
            for decorator in method.definition.decorators:
                whole = last_name(decorator) in ("model_validator", "root_validator")
                if whole and isinstance(decorator, Call) and any(arg.value in _FIRST for arg in decorator.args):
                    yield method


def _inside(kind: Type) -> str:
    while kind.kind == "many" and kind.args:
        kind = kind.args[-1]
    return str(kind.name) if kind.kind == "instance" else ""


def _fields(project: Project, schema: str) -> Iterator[tuple[str, tuple[Type, ...]]]:
    """The fields that a schema has and reads by their own name, each with the types it may have."""
    if project.classes.is_a(schema, frozenset({DUMPED})):
        yield from _dumped(project, schema)
        return
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


def _dumped(project: Project, schema: str) -> Iterator[tuple[str, tuple[Type, ...]]]:
    """The fields of a schema of marshmallow, by the attributes that they read."""
    seen: set[str] = set()
    found: list[tuple[str, tuple[Type, ...]]] = []
    for ancestor in project.classes.line(schema):
        unit = project.classes.unit(ancestor.symbol)
        for method in project.names.children(unit).values() if unit is not None else ():
            if method.definition.name in HOOKS or not HOOKS.isdisjoint(method.decorators):
                return
        for name, binds in project.classes.body(ancestor.symbol).items():
            value = binds[-1].value
            if unit is not None and name not in seen and isinstance(value, Call) and last_name(value) not in COMPUTED:
                words = {arg.name: arg.value for arg in value.args}
                read = words.get("attribute", Lit(name))
                if isinstance(read, Lit) and words.get("load_only") != Lit(True):
                    found.append((str(read.value), tuple(_nested(project, unit, value))))
            seen.add(name)
    yield from found


def _nested(project: Project, unit: Unit, field: Call) -> Iterator[Type]:
    """The schema of a field: `Nested(Schema)`, or `List(Nested(Schema))`."""
    for arg in field.args[:1]:
        if isinstance(arg.value, Call) and last_name(field) == "List":
            yield from _nested(project, unit, arg.value)
        elif last_name(field) == "Nested":
            said = arg.value
            name = Name(said.value) if isinstance(said, Lit) and isinstance(said.value, str) else said
            symbol = project.names.dotted(unit.module, name.func if isinstance(name, Call) else name)
            if symbol and not any(one.name in CHOOSES for one in field.args):
                yield Type("instance", symbol)


def _is_aliased(bind: Bind) -> bool:
    """Whether a field reads another name, or nothing at all."""
    value = bind.value
    if not isinstance(value, Call):
        return False
    words = {arg.name for arg in value.args}
    init = any(arg.name == "init" and arg.value == Lit(False) for arg in value.args)
    return last_name(value) == "computed_field" or init or bool(words & {"alias", "validation_alias", "**"})
