"""Which parameter gets which argument, and what a function learns from that of its parameters."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Attr, Call, Expr, Lit, Name
from ...knowledge.python import EXECUTORS
from ...knowledge.sqlalchemy import ASYNC, FACTORIES, MAKERS, SESSION
from ...model import Confidence
from ..meanings import meaning
from ..modules import Unit
from ..parts import returned_at
from ..questions import mixing
from ..summary import Hinted
from ..values import ANY, NOTHING, UNKNOWN, Path, Type, Value, Values, literal
from .arguments import Given, named
from .reading import Reading

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY


def bind(r: Reading, unit: Unit, receiver: Value | None, given: Given, at: int) -> dict[int, Values]:
    """Which parameter gets which values; parameters that are not given are absent."""
    params = unit.definition.params
    bound: dict[int, Values] = {}
    position = extra = 0
    by_class = receiver is not None and receiver.type.kind == "class" and not unit.is_classmethod
    if receiver is not None and not by_class and not unit.is_static:
        own = receiver
        if unit.is_classmethod and receiver.type.kind == "instance":
            own = receiver._replace(type=Type("class", receiver.type.name, receiver.type.args))
        bound[0] = (own,)
        position = 1
    lent = r.project.injected(unit)
    for values in given.positional:
        while position in lent and lent[position].positional:
            position += 1
        if position >= len(params) or params[position].kind in ("keyword", "kwargs"):
            break
        if params[position].kind == "star":
            path = Path("fresh", (unit.key, position))
            r.heap[path.attr(f"[{extra}]")] = values
            r.store(path.attr("*"), values)
            bound[position] = (Value(path, Type("many"), CERTAIN),)
            extra += 1
            continue
        bound[position] = values
        position += 1
    names = {param.name: index for index, param in enumerate(params)} if given.keywords else {}
    for name, values in given.keywords.items():
        index = names.get(name)
        if index is not None and params[index].kind not in ("star", "kwargs"):
            bound[index] = values
        elif params and params[-1].kind == "kwargs":
            path = Path("fresh", (unit.key, "kwargs"))
            r.heap[path.attr(f"[{name}]")] = values
            bound[len(params) - 1] = (Value(path, Type("many"), CERTAIN),)
    for index, injection in lent.items():
        lender = Path("fresh", (at, index))
        bound.setdefault(index, tuple(value._replace(path=lender) for value in injection.values))
    if not given.open_ended:
        for index, param in enumerate(params):
            if index not in bound and isinstance(param.default, Lit):
                bound[index] = literal(param.default.value)
            elif index not in bound and isinstance(param.default, (Name, Attr)):
                values = _variable(r, unit, param.default)
                if values and all(value.type.name in FACTORIES for value in values):
                    bound[index] = values
    return bound


def _variable(r: Reading, unit: Unit, expr: Expr) -> Values:
    symbol = r.project.names.dotted(unit.module, expr)
    known = bool(symbol) and r.project.names.variable(symbol) is not None
    return r.project.variable_values(symbol) if known else NOTHING


def learn(r: Reading, unit: Unit, bound: dict[int, Values]) -> None:
    params = unit.definition.params
    made = unit.definition.name == "__init__"
    for index, values in bound.items():
        if index >= len(params):
            continue
        if params[index].kind == "kwargs":
            for value in values:
                for name, given in named(r, value.path).items():
                    _hint_one(r, unit, name, given)
            continue
        if made and len(values) == 1 and values[0].type.kind == "function" and values[0].path.root != "param":
            r.given.add((unit.key, index, values[0].type))
        if made and params[index].annotation is None:
            kinds = {value.type for value in values if value.type != ANY}
            if len(kinds) == 1 and all(value.type == ANY or _is_of_project(r, value) for value in values):
                r.given.add((unit.key, index, kinds.pop()))
        if params[index].annotation is None:
            _hint_one(r, unit, index, values)
            own = index == 0 and unit.klass is not None and not unit.is_static
            if not own:
                r.given.update((unit.key, index, kind) for kind in _entities(r, values))
        else:
            _hint_one(r, unit, index, _contradicting(r, unit, index, values))


def _is_of_project(r: Reading, value: Value) -> bool:
    """Whether it is for sure an object of one of the project's classes."""
    kind = value.type
    return kind.kind == "instance" and value.sure >= LIKELY and r.classes.unit(str(kind.name)) is not None


def chosen(r: Reading, expr: Call, given: Given) -> None:
    """A class that is chosen when the program runs makes what its function is said to return: what it is given is
    what `__init__` of the class said, which others are below, is given."""
    kinds = [kind for kind in r.project.declared(r.unit) if kind.kind == "instance"]
    init = r.classes.method(str(kinds[0].name), "__init__") if len(kinds) == 1 and not given.open_ended else None
    if init is None or len(given.positional) >= len(init.definition.params) or not returned_at(r.body, expr.at):
        return
    bound = bind(r, init, Value(UNKNOWN, kinds[0], LIKELY), given, expr.at)
    if any(index not in bound and param.default is None for index, param in enumerate(init.definition.params)):
        return
    for index, param in enumerate(init.definition.params[1:], 1):
        for value in bound.get(index, NOTHING) if param.annotation is None else NOTHING:
            if value.sure >= LIKELY and r.classes.is_entity(str(value.type.name)) and value.type.kind == "instance":
                r.hints[init.key, index] = value.type
    learn(r, init, bound)


def _contradicting(r: Reading, unit: Unit, index: int, values: Values) -> Values:
    """An AsyncSession that is passed for a parameter that is annotated as a Session: the annotation is wrong, for
    this caller at least, unless it is the caller that is (see `mixing.handed`); or what makes sessions for one that is
    annotated as a callable: it says what becomes of them."""
    kinds = {_kind(r, value) for value in values}
    if not kinds.isdisjoint(ASYNC) and mixing.makes_coroutines(unit, r.project.summary(unit), index):
        kinds = kinds.difference(ASYNC)
    if kinds.isdisjoint(ASYNC) and kinds.isdisjoint(MAKERS):
        return NOTHING
    said = meaning(r.project, unit.module, unit.definition.params[index].annotation).types
    wrong = {
        kind
        for kind in kinds
        for one in said
        if (kind in ASYNC and r.classes.session_kind(one) == SESSION)
        or (kind in MAKERS and one.kind == "callable" and len(values) == 1)
    }
    return tuple(value for value in values if _kind(r, value) in wrong)


def _kind(r: Reading, value: Value) -> str:
    """The class of sessions, or of what makes them, that a value is an instance of."""
    return r.classes.session_kind(value.type) or (str(value.type.name) if value.type.name in FACTORIES else "")


def _hint_one(r: Reading, unit: Unit, which: Hinted, values: Values) -> None:
    for value in values:
        if value.sure < LIKELY or value.type.kind in ("literal", "none", "any"):
            continue
        if (
            r.classes.session_kind(value.type)
            or value.type.name in FACTORIES
            or r.classes.is_a(str(value.type.name), EXECUTORS)
            or (value.type.kind == "instance" and r.classes.takes_session(str(value.type.name)))
        ):
            r.hints[unit.key, which] = value.type


def _entities(r: Reading, values: Values) -> Iterator[Type]:
    """The classes of the entities among these values."""
    for value in values:
        kind = value.type
        if kind.kind == "instance" and value.sure >= LIKELY and r.classes.is_mapped(str(kind.name)):
            yield kind
