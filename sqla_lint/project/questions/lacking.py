"""Reads of entities: what is read that nothing has loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...knowledge.sqlalchemy import ASYNC, ROW
from ...knowledge.sqlmodel import SCHEMA
from ...model import Confidence
from ..mapping import Mapped, mapped, proxied
from ..summary import Ask, Lack, Plan, Shown, Thing
from ..values import NONE, NOTHING, UNKNOWN, Path, Type, Value, Values, instance
from . import options, planning, renewing

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_SCHEMAS = frozenset({SCHEMA})
ELEMENTS = 3
KEPT = frozenset({"fetched", "stored", "saved", "deleted"})
"""What a plan says of entities that are in the database."""
TEMPLATE = "template"
"""The kind of what is missing when a template reads an entity, whatever it reads."""
_NO_THINGS: tuple[Thing, ...] = ()


def read(r: Reading, values: Values, name: str) -> None:
    """An attribute of an entity is read here, whichever of these values it is."""
    lack = _lacking(r, values, name)
    if lack is not None and r.place >= 0 and not r.apart:
        add(r, lack)


def read_by(r: Reading, values: Values, ask: Ask, at: int, sure: Confidence) -> None:
    """A callee reads an attribute of an entity that it is passed at `at`, or makes a schema of it. Work of its own does
    so later, when more may be loaded, but never what only an await can load."""
    if r.apart:
        lack = None if ask.schema else _lacking(r, values, ask.name)
        if lack is not None and lack.absent and lack.thing.plan.kind in ASYNC:
            add(r, lack._replace(at=at, called=True, thing=_at_most(lack.thing, sure), by=ask))
        return
    if ask.schema:
        things = things_in(r, values, 0)
        if things:
            alone = ask.blind and ask.of == UNKNOWN and all(planning.is_entity(r, one) for one in values)
            things = tuple(_at_most(one, sure) for one in things)
            r.loading.shown.setdefault(at, Shown(at, ask.schema, things, through=ask, alone=alone))
        return
    rows = _row(r, values[0]) if len(values) == 1 and r.plans else _NO_THINGS
    attribute = mapped(r.classes, rows[0].entity, ask.name) if rows else None
    lack = _lacking(r, values, ask.name)
    if lack is not None:
        add(r, lack._replace(at=at, called=True, thing=_at_most(lack.thing, sure), by=ask))
    elif attribute is not None and attribute.kind == "relationship":
        r.loading.shown.setdefault(
            at, Shown(at, "", tuple(_at_most(one, sure) for one in rows), ask.where, through=ask)
        )


def rendered(r: Reading, values: Values) -> None:
    """A template is given these: it reads something of the entities, and nothing is left of those that have expired and
    have no session."""
    for thing in things_in(r, values, 0):
        if thing.plan.closed and thing.plan.stale is not None:
            add(r, Lack(r.place, r.spoken, thing.entity, "", TEMPLATE, False, thing))


def read_within(r: Reading, value: Value, ask: Ask) -> None:
    """A property of an entity, which is read here, reads an attribute of it."""
    lack = _lacking(r, (value,), ask.name)
    if lack is not None:
        add(r, lack._replace(by=ask))


def _at_most(thing: Thing, sure: Confidence) -> Thing:
    return thing._replace(plan=thing.plan._replace(sure=min(thing.plan.sure, sure)))


def _lacking(r: Reading, values: Values, name: str) -> Lack | None:
    """What is missing when this attribute is read, whichever of these values it is read of."""
    before: dict[Path, Plan] = {}
    found: list[Lack | None] = []
    for value in values:
        if value.type != NONE:
            plan = planning.plan_of(r, value.path)
            if plan is not None and len(values) > 1:  # one thing that may be of several classes is read once
                planning.keep(r, value.path, before.setdefault(planning.base(value.path), plan))
            found.extend(_read(r, value, name))
    lacks = [lack for lack in found if lack is not None]
    return max(lacks, key=lambda one: one.absent) if lacks and len(lacks) == len(found) else None


def add(r: Reading, lack: Lack) -> None:
    """An attribute that is read is not there, which is said once."""
    stale = lack.thing.plan.stale
    for one in r.loading.lacks.values():
        if one.renewed is not lack.renewed or one.thing.plan.closed is not lack.thing.plan.closed:
            continue
        if lack.renewed and one.thing.plan.update == lack.thing.plan.update:
            return
        other = one.thing.plan.stale
        if (one.entity == lack.entity and one.at == lack.at) or (
            stale is not None and other is not None and stale[:3] == other[:3] and one.at != lack.at
        ):
            return
    r.loading.lacks.setdefault((lack.at, lack.name), lack)


def _fetched_again(r: Reading, value: Value, plan: Plan, name: str) -> Lack | None:
    """One of many entities that have expired is fetched by itself, which a session that is open can do."""
    symbol = str(value.type.name)
    rounds = [round_ for round_ in r.rounds if round_.takes]
    one = plan.stale is not None and value.path.attrs == ("*",) and rounds
    attribute = mapped(r.classes, symbol, name) if one else None
    if attribute is None or plan.stale is None:
        return None
    before = rounds[-1].plans.get(planning.base(value.path))
    if not rounds[-1].again and (before is None or before.stale is None):
        plan = plan._replace(stale=plan.stale._replace(each=True))
    return Lack(r.place, r.spoken, symbol, name, attribute.kind, False, Thing(symbol, True, plan, ()))


def _written(r: Reading, value: Value, name: str) -> None:
    """An attribute is set of one of many entities that a commit in the loop over them has made expire: when that is
    written the entity is fetched by itself."""
    plan = planning.plan_of(r, value.path)
    if plan is None or plan.stale is None or plan.stale.how != "commit" or plan.closed or plan.kind in ASYNC:
        return
    lack = _fetched_again(r, value, plan, name) if name else None
    before = r.rounds[-1].plans.get(planning.base(value.path)) if r.rounds else None
    if lack is not None and r.rounds[-1].again and (before is None or before.stale is None):
        add(r, lack._replace(written=True))


def _read(r: Reading, value: Value, name: str) -> Iterator[Lack | None]:
    """What one value lacks of what is read: None when it lacks nothing, or when that is not known."""
    plan = planning.plan_of(r, value.path)
    if plan is not None and value.path.attrs[-1:] == ("awaitable_attrs",):
        planning.keep(r, value.path, plan._replace(loads=options.united(plan.loads, (("", name),))))
        return
    known = plan is None or plan.how in ("made", "statement", "option", "partial")
    if plan is None or known or value.type.kind != "instance":
        yield None
        return
    anew = plan.stale is not None and len(value.path.attrs) <= 1
    if ("", name) in plan.loads if anew else value.path.attr(name) in r.heap:
        yield None
        return
    if not plan.closed and plan.kind not in ASYNC:
        if len(value.path.attrs) <= 1 and (("", name) not in plan.loads or plan.stale is not None):
            planning.keep(r, value.path, plan._replace(loads=options.united(plan.loads, (("", name),)), stale=None))
        yield _fetched_again(r, value, plan, name)
        return
    symbol = str(value.type.name)
    _, name = proxied(r.classes, symbol, name) or (symbol, name)
    attribute = mapped(r.classes, symbol, name)
    stale = plan.stale if attribute is not None and len(value.path.attrs) <= 1 else None
    if stale is not None:
        planning.keep(r, value.path, plan._replace(stale=None))
    absent = attribute is not None and not plan.is_open and unloaded(r, plan, symbol, attribute)
    gone = not absent and len(value.path.attrs) <= 1 and renewing.is_gone(r.classes, plan, symbol, name)
    if attribute is None or (stale is None and not absent and not gone):
        yield None
        return
    if gone:
        planning.keep(r, value.path, renewing.named(r.plans[planning.base(value.path)], (name,)))
    if absent:
        now = r.plans[planning.base(value.path)]
        planning.keep(r, value.path, now._replace(loads=options.united(now.loads, ((attribute.owner, name),))))
    given = tuple(sorted(planning.stored(r, value.path))) if absent else ()
    thing = Thing(symbol, "*" in value.path.attrs, plan._replace(stale=stale), given)
    yield Lack(r.place, r.spoken, symbol, name, attribute.kind, absent, thing, gone)


def unloaded(r: Reading, plan: Plan, symbol: str, attribute: Mapped) -> bool:
    """Whether reading this attribute sends a statement, as far as all plans of this session know."""
    if not is_missing(r.classes, plan, symbol, attribute):
        return False
    if (attribute.owner, attribute.name) in r.loading.preloads or ("", attribute.name) in r.loading.preloads:
        return False
    others = [one for one in r.plans.values() if one is not plan and one.session == plan.session]
    if any(one.is_open and not _line(r, symbol).isdisjoint(one.classes) for one in others if one.how != "received"):
        return False
    if any((attribute.owner, attribute.name) in one.loads or ("", attribute.name) in one.loads for one in others):
        return False
    if attribute.kind == "relationship" and not attribute.many:
        known = {name for one in r.plans.values() if one.kind for name in one.classes} | set(_passed(r))
        known |= set(_led_to(r, (*plan.loads, *r.loading.preloads), attribute.owner))
        return attribute.target != "" and known.isdisjoint(_line(r, attribute.target))
    return True


def _led_to(r: Reading, loads: Iterable[tuple[str, str]], owner: str) -> Iterator[str]:
    """The classes of what was loaded with entities, but for what stands beside an attribute of this class."""
    for symbol, name in loads:
        attribute = mapped(r.classes, symbol, name) if symbol not in ("", owner) else None
        if attribute is not None and attribute.target:
            yield attribute.target


def _passed(r: Reading) -> Iterator[str]:
    """The classes of entities that this function was passed: their session has them, and who passes them has more."""
    for param in r.unit.definition.params:
        for value in r.env.get(param.name, NOTHING):
            yield from planning.classes_in(r, value.type)


def _line(r: Reading, symbol: str) -> set[str]:
    return {one.symbol for one in r.classes.line(symbol)} | set(r.classes.subclasses(symbol))


def is_missing(classes: object, plan: Plan, symbol: str, attribute: Mapped) -> bool:
    """Whether a plan leaves this attribute to its first read."""
    name = attribute.name
    if any(loaded == name for _, loaded in plan.loads):
        return False
    if attribute.kind == "relationship":
        return attribute.later
    if (attribute.owner, name) in plan.off or (symbol, name) in plan.off:
        return True
    if plan.only and not attribute.key and {owner for owner, _ in plan.only} == {symbol}:
        return (symbol, name) not in plan.only
    return attribute.later


def things_in(r: Reading, values: Values, depth: int) -> tuple[Thing, ...]:
    """The entities among these values and in containers of them; none when of one it is not known what is loaded."""
    found: dict[tuple[str, bool, str], Thing] = {}
    for value in values:
        if value.type.kind == "many" and depth < ELEMENTS:
            keyed = _keyed(r, value) if depth == 0 else _NO_THINGS
            inner = _NO_THINGS if keyed else things_in(r, r.element((value,)), depth + 1)
            things = keyed or tuple(one._replace(many=True, apart=one.apart or not one.many) for one in inner)
        elif planning.is_entity(r, value):
            plan = planning.plan_of(r, value.path)
            whole = len(value.path.attrs) <= 1 and value.sure >= Confidence.LIKELY
            kept = plan is not None and (plan.how in KEPT or plan.update is not None or _is_looped_over(plan, value))
            if plan is None or not kept or not whole:
                return ()
            again = tuple(name for owner, name in plan.loads if owner == "")
            loads = {
                load for one in r.plans.values() if one.session == plan.session for load in one.loads
            } | r.loading.preloads
            plan = plan._replace(loads=tuple(sorted({*plan.loads, *loads})), sure=min(plan.sure, value.sure))
            known = tuple(sorted(planning.stored(r, value.path)))
            things = (Thing(str(value.type.name), "*" in value.path.attrs, plan, known, again=again),)
        elif depth == 0 and is_open(r, value.type):
            things = _by_field(r, _fields(r, value.path), 0)
        else:
            continue
        for thing in things:
            key = (thing.entity, thing.many, thing.field)
            other = found.get(key)
            if other is not None:
                stale, update = thing.plan.stale and other.plan.stale, thing.plan.update and other.plan.update
                plan = options.combined(thing.plan, other.plan)._replace(stale=stale, update=update)
                known = tuple(sorted({*thing.known, *other.known}))
                again = tuple(sorted({*thing.again, *other.again}))
                thing = thing._replace(plan=plan, known=known, apart=thing.apart and other.apart, again=again)
            found[key] = thing
    return tuple(found.values())


def _is_looped_over(plan: Plan, value: Value) -> bool:
    """Whether an entity is a row of a Query in a loop over it."""
    return plan.how == "statement" and plan.session != UNKNOWN and "*" in value.path.attrs


def _keyed(r: Reading, value: Value) -> tuple[Thing, ...]:
    """The entities in a dict, each by its key."""
    if value.type.name != "dict":
        return _NO_THINGS
    path, count = value.path, len(value.path.attrs)
    keyed = {
        one.attrs[-1][1:-1]: values
        for one, values in r.heap.items()
        if one[:2] == path[:2] and one.attrs[:-1] == path.attrs and len(one.attrs) > count and one.attrs[-1][:1] == "["
    }
    return _by_field(r, keyed, 1)


def _by_field(r: Reading, fields: Mapping[str, Values], depth: int) -> tuple[Thing, ...]:
    found = ((name, thing) for name, values in fields.items() for thing in things_in(r, values, depth))
    return tuple(thing._replace(field=name) for name, thing in found)


def schema_made(r: Reading, symbol: str, args: tuple[Type, ...], given: Given, at: int) -> None:
    """A schema is made of its fields, of which those that are schemas take apart what they are given."""
    things = _by_field(r, given.keywords, 0) if r.plans and at >= 0 else _NO_THINGS
    if things:
        r.loading.shown[at] = Shown(at, symbol, things, args=args)
    if is_open(r, instance(symbol, *args)):
        for name, values in given.keywords.items():
            r.store(Path("fresh", at, (name,)), values)


def is_open(r: Reading, kind: Type) -> bool:
    """Whether this is a generic schema that does not say of what: it keeps what it is given as that is."""
    unit = r.classes.unit(str(kind.name)) if kind.kind == "instance" and not kind.args else None
    return unit is not None and bool(r.classes.variables(unit)) and r.classes.is_a(str(kind.name), _SCHEMAS)


def _fields(r: Reading, path: Path) -> dict[str, Values]:
    inside = len(path.attrs) + 1
    return {
        one.attrs[-1]: values
        for one, values in r.heap.items()
        if one[:2] == path[:2] and len(one.attrs) == inside and one.attrs[:-1] == path.attrs
    }


def returned(r: Reading, at: int, values: Values) -> None:
    """A decorated function, which may be a handler, returns entities."""
    if at >= 0 and r.unit.definition.decorators and r.plans:
        things = things_in(r, values, 0)
        if things:
            r.loading.shown[at] = Shown(at, "", things)


def served(r: Reading, receiver: Value, unit: Unit, at: int) -> None:
    """A method of each of several entities is called, of whose relationships it may make use."""
    rows = _row(r, receiver) if r.plans and at >= 0 and not r.apart else _NO_THINGS
    if rows:
        r.loading.shown[at] = Shown(at, "", rows, unit.key)


def _row(r: Reading, value: Value) -> tuple[Thing, ...]:
    """The entity that a value is in each turn of a loop over what a Session has fetched."""
    each = r.loop > r.born.get(Path(value.path.root, value.path.key), 0) and "*" in value.path.attrs
    things = things_in(r, (value,), 0) if each else _NO_THINGS
    return things if things and not things[0].plan.is_open and things[0].plan.kind not in ASYNC else _NO_THINGS


def assigned(r: Reading, of: Value, name: str) -> None:
    """An attribute of an entity, any when `name` is "", is set here: it is there from now on. To set a collection is to
    read the one before, whose members lose what they belong to."""
    if not planning.is_entity(r, of) or of.path.root not in planning.OWN_THINGS:
        return
    attribute = mapped(r.classes, str(of.type.name), name) if name and r.plans else None
    if attribute is not None and attribute.kind == "relationship" and attribute.many:
        read(r, (of,), name)
    _written(r, of, name)
    plan = renewing.assigned(r, planning.plan_of(r, of.path), of, name)
    if plan is not None:
        planning.keep(r, of.path, plan)
    plan = planning.plan_of(r, of.path)
    if plan is not None and name and ("", name) not in plan.loads:
        planning.keep(r, of.path, plan._replace(loads=(*plan.loads, ("", name))))


def read_by_name(r: Reading, of: Value) -> None:
    """An attribute of an entity is read by a name that is not known: whichever it is, it is loaded from now on."""
    plan = planning.plan_of(r, of.path)
    if plan is not None and planning.is_entity(r, of):
        planning.keep(r, of.path, plan._replace(open=True))


def row_member(r: Reading, value: Value, key: int | str) -> Values:
    """A part of a row, by its position or the name of its class: of its types only the first is known, and a row of one
    thing passes for that thing."""
    if value.path.root != "fresh" or value.type.kind != "instance":
        return NOTHING
    kind = value.type.args[0] if value.type.name == ROW and value.type.args else value.type
    is_first = key in (0, str(kind.name).rpartition(".")[2])
    return (value._replace(type=kind),) if is_first and r.classes.is_entity(str(kind.name)) else NOTHING
