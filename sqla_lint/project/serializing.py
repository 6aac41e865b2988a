"""Methods of entities that make plain data of them, and the relationships that they read for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import (
    Attr,
    Bind,
    Branch,
    Call,
    Choice,
    Delete,
    Leave,
    Lit,
    Loop,
    Name,
    Repeat,
    Test,
    Try,
)
from ..model import Confidence
from .mapping import Mapped, mapped, proxied
from .modules import Unit
from .parents import Cost, cost
from .parts import parts, reads
from .questions.lacking import is_missing
from .summary import Thing
from .values import Constant

if TYPE_CHECKING:
    from .project import Project

LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE
_DEEPEST = 4
Defaults = Mapping[str, Constant]
"""The parameters that are not given, as far as anybody can tell, each with what it is then."""


class Read(NamedTuple):
    """A relationship that a method reads, and the method, or property, in which it does so. `used` says that something
    is read of what it leads to, which is there then."""

    attribute: Mapped
    unit: Unit
    sure: Confidence
    used: bool = True
    cost: Cost = Cost()


def lazily_read(project: Project, thing: Thing, method: Unit) -> list[Read]:
    """The relationships of a thing that nothing has loaded when this method of it reads them, the surest first."""
    return _missing(project, thing, _reads(project, thing.entity, method, LIKELY, 0, None))


def read_of_row(project: Project, thing: Thing, unit: Unit, name: str, *, used: bool = True) -> list[Read]:
    """The relationship of this name, when nothing has loaded it and a function reads it of each row."""
    attribute = mapped(project.classes, thing.entity, name)
    if attribute is None or attribute.kind != "relationship":
        return []
    return _missing(project, thing, [Read(attribute, unit, LIKELY, used)])


def read_by_proxy(project: Project, thing: Thing, name: str) -> list[Read]:
    """The relationship that an association proxy of this name reads, when nothing has loaded it."""
    owner, target = proxied(project.classes, thing.entity, name) or ("", "")
    unit = project.classes.unit(owner)
    return read_of_row(project, thing, unit, target, used=False) if unit is not None else []


def _missing(project: Project, thing: Thing, reads: Iterable[Read]) -> list[Read]:
    found: dict[str, Read] = {}
    for read in reads:
        attribute = read.attribute
        if attribute.name in thing.known or not is_missing(project.classes, thing.plan, thing.entity, attribute):
            continue
        if not project.relations.is_collection(thing.entity, attribute.name) and is_one(project, thing, attribute):
            continue
        known = found.get(attribute.name)
        if known is None or (read.sure, read.used) > (known.sure, known.used):
            found[attribute.name] = read
    return sorted((_weighed(project, thing, read) for read in found.values()), key=_first)


def _weighed(project: Project, thing: Thing, read: Read) -> Read:
    """A read with what it costs, which is possible only where the mapping and the method both allow for none."""
    costs = cost(project, thing.entity, read.attribute, thing.plan.fixed)
    costs = costs._replace(null=costs.null and not read.used)
    return read._replace(cost=costs, sure=POSSIBLE if costs.null else read.sure)


def _first(read: Read) -> tuple[int, bool]:
    return -read.sure, bool(read.cost.of)


def _reads(
    project: Project, entity: str, unit: Unit, sure: Confidence, depth: int, call: Call | None
) -> Iterator[Read]:
    """What a method reads of `self`, also by other methods and properties of it, in a call if that is known."""
    if depth >= _DEEPEST or not unit.definition.params or unit.is_static or unit.is_classmethod:
        return
    own = Name(unit.definition.params[0].name)
    for part, always, inner in _attributes(unit.body, True, _defaults(unit, call)):
        now = sure if always else POSSIBLE
        if part.of != own:
            yield from _used(project, entity, unit, part.of, own, now)
            continue
        attribute = mapped(project.classes, entity, part.name)
        if attribute is not None:
            if attribute.kind == "relationship":
                yield Read(attribute, unit, now, used=attribute.many)
            continue
        method = project.classes.method(entity, part.name)
        if method is not None and method.kind == "function" and method is not unit:
            yield from _reads(project, entity, method, now, depth + 1, inner)


def _used(project: Project, entity: str, unit: Unit, of: object, own: Name, sure: Confidence) -> Iterator[Read]:
    """The relationship of `self` of which something is read."""
    attribute = mapped(project.classes, entity, of.name) if isinstance(of, Attr) and of.of == own else None
    if attribute is not None and attribute.kind == "relationship":
        yield Read(attribute, unit, sure)


def _defaults(unit: Unit, call: Call | None) -> Defaults:
    params = unit.definition.params
    args = call.args if call is not None else ()
    count = 1 + sum(arg.name == "" for arg in args)
    given = {arg.name for arg in args} | {param.name for param in params[:count]}
    return {
        param.name: param.default.value
        for param in params
        if isinstance(param.default, Lit) and param.name not in given and given.isdisjoint(("*", "**"))
    }


def _may_go_on(stmt: object, defaults: Defaults) -> bool:
    """Whether code after a statement is run as a rule, although that may return: after a test that has an answer for
    some rows, not after one that the parameters, as they are when they are not given, answer with a return."""
    if not any(isinstance(part, Leave) and part.kind == "return" for part in parts(stmt)):
        return True
    if not isinstance(stmt, Branch) or stmt.orelse or len(stmt.arms) != 1:
        return False
    match stmt.arms[0].test:
        case Name(name) if name in defaults:
            return not defaults[name]
        case Test("not", (Name(name),)) if name in defaults:
            return bool(defaults[name])
    return not reads(stmt.arms[0].test, frozenset(defaults))


def _attributes(node: object, always: bool, defaults: Defaults) -> Iterator[tuple[Attr, bool, Call | None]]:
    """The attributes that a piece of code reads, each with whether it does so as a rule, and with the call of it."""
    first: tuple[object, ...]
    rest: tuple[object, ...] = ()
    match node:
        case tuple():
            for one in node:
                yield from _attributes(one, always, defaults)
                always = always and _may_go_on(one, defaults)
            return
        case Delete():
            return
        case Attr(of=of):
            yield node, always, None
            first = (of,)
        case Call(func=Attr(of=of) as func, args=args):
            yield func, always, node
            first = (of, args)
        case Bind(targets=targets, value=value):
            first = (value, tuple(one.of for one in targets if isinstance(one, Attr)))
        case Branch(arms=arms, orelse=orelse):
            first, rest = (arms[0].test,), (*arms, orelse)
        case Repeat(head=head, body=body, orelse=orelse):
            first, rest = (head,), (body, orelse)
        case Try(body=body, handlers=handlers, orelse=orelse, final=final):
            first, rest = (body, final), (handlers, orelse)
        case Choice(test=None, of=of):
            first, rest = of[:1], of[1:]
        case Choice(test=test, of=of):
            first, rest = (test,), of
        case Loop(elements=elements, sources=sources, guards=guards):
            first, rest = (sources[0].iter,), (*sources[1:], *guards, *elements)
        case _:
            first = tuple(getattr(node, name) for name in getattr(node, "__struct_fields__", ()))
    for one in first:
        yield from _attributes(one, always, defaults)
    for one in rest:
        yield from _attributes(one, False, defaults)


def is_one(project: Project, thing: Thing, attribute: Mapped) -> bool:
    """Whether all rows lead to one and the same entity, which costs one statement, or to such as were loaded with
    them, or nobody can tell."""
    relation = project.relations.under(thing.entity, attribute.name).relation
    target = attribute.target or (relation.target if relation is not None else "")
    if not target or target in thing.plan.classes:
        return True
    table, given = project.relations.table(target), thing.plan.fixed
    keys = (key for one in project.classes.line(thing.entity) for key in project.relations.keys(one.symbol))
    return any(name in given and (not table or leads.rpartition(".")[0] in ("", table)) for name, leads in keys)
