"""The value of an expression in a reading; calls in it are applied as they are met, in source order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...facts.schema import (
    OWN_NAME,
    Arg,
    Attr,
    Await,
    Call,
    Choice,
    Closure,
    Expr,
    Index,
    Items,
    Lit,
    Loop,
    Name,
    Named,
    Other,
    Test,
    Text,
    Yield,
)
from ...knowledge import CLASSES, FUNCTIONS, OBJECTS, canonical
from ...knowledge.flask import SQLALCHEMY
from ...knowledge.sqlalchemy import (
    COLUMNS,
    DECLARATIVE,
    INSPECTED,
    OWN_SESSION,
    OWN_SESSIONS,
    PENDING,
    ROW,
    WHOLE,
    session_named,
)
from ...knowledge.web import REQUESTS
from ...model import Confidence
from ..elsewhere import is_extension
from ..modules import OF_CLASSES, Unit
from ..parts import parts as parts_of
from ..questions import decided, idling, joining, lacking, lending, lost, mixing, options, payloads, planning, undoing
from ..summary import Flagged, Frame, Literal, both
from ..text import render
from ..values import (
    ALL_COLUMNS,
    ANY,
    CONST,
    DEEPEST,
    NONE,
    NOTHING,
    OWN,
    SENT,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    at_position,
    cap,
    instance,
    is_told,
    join,
    literal,
    matters,
    members,
    queried,
    replace_variables,
    tuple_of,
)
from . import blocks, conditions, contexts, offered, passed, rounds, supplied
from .conditions import condition

if TYPE_CHECKING:
    from ..project import Project
    from .reading import Reading


_NONE_YET = frozenset({NONE.kind, ANY.kind})
_BUILTINS: dict[str, Values] = {
    name.removeprefix("builtins."): (Value(CONST, Type("libfunction", name), Confidence.CERTAIN),)
    for name in FUNCTIONS
    if name.startswith("builtins.")
}


def evaluate(r: Reading, expr: Expr) -> Values:
    """Everything the expression may be; empty when nothing is known."""
    return _EXPRESSIONS[type(expr)](r, expr)


def _name(r: Reading, expr: Name) -> Values:
    return contexts.here(r, look_up(r, expr.id))


def look_up(r: Reading, name: str) -> Values:
    """A name in scope order: locals, enclosing functions, function-local imports, the module, builtins."""
    found = r.env.get(name)
    if found is not None:
        if r.guard and len(found) > 1:
            return tuple(value for value in found if not r._impossible(value.path))
        return found
    found = r.outer.get(name)
    if found is not None:
        path_key = r.project.holder(r.unit, name)
        if path_key:
            path = Path("free", (path_key, name))
            chosen = len(found) > 1 and len({value.type for value in found}) == 1
            return tuple(
                value
                if value.type.kind in ("function", "class", "module")
                else Value(path, value.type, max(value.sure, Confidence.LIKELY) if chosen else value.sure)
                for value in found
            ) or (Value(path, ANY, Confidence.CERTAIN),)
        return found
    imported = r.imports.get(name)
    if imported is not None:
        return symbol_value(r.project, r.names.target(r.module, imported))
    symbol = r.names.lookup(r.module, name)
    if symbol:
        return symbol_value(r.project, symbol)
    builtin = _BUILTINS.get(name)
    if builtin is not None:
        return builtin
    holder = r.project.holder(r.unit, name)
    if holder:
        return (Value(Path("free", (holder, name)), ANY, Confidence.CERTAIN),)
    return NOTHING


def symbol_value(project: Project, symbol: str) -> Values:
    """What a symbol stands for: a project's function, class, module or variable, or something of a library."""
    return project.symbols.get(symbol, lambda name: _symbol_value(project, name))


def _symbol_value(project: Project, symbol: str) -> Values:
    declared = _declared_symbol(project, symbol)
    if declared:
        return declared
    names = project.names
    if symbol not in names.by_symbol and symbol not in names.modules and names.variable(symbol) is not None:
        return project.variable_values(symbol)
    return _defined_symbol(project, symbol)


def _declared_symbol(project: Project, symbol: str) -> Values:
    """What the settings say about a symbol."""
    library = project.settings.library
    if symbol in library.session_types:
        return (Value(Path("global", symbol), Type("class", symbol), Confidence.CERTAIN),)
    if symbol in library.session_factories:
        kind = Type("callable", "", (instance(session_named(symbol)),))
        return (Value(Path("global", symbol), kind, Confidence.CERTAIN),)
    return NOTHING


def _defined_symbol(project: Project, symbol: str) -> Values:
    unit = project.names.by_symbol.get(symbol)
    path = Path("global", symbol)
    if unit is not None and unit.kind != "module":
        kind = "class" if unit.kind == "class" else "function"
        return (Value(path, Type(kind, unit.symbol if kind == "class" else unit.key), Confidence.CERTAIN),)
    if symbol in project.names.modules:
        return (Value(path, Type("module", symbol), Confidence.CERTAIN),)
    name = canonical(symbol)
    if name in CLASSES:
        return (Value(path, Type("class", name), Confidence.CERTAIN),)
    if name in OBJECTS:
        return (Value(path, instance(OBJECTS[name]), Confidence.CERTAIN),)
    if name in FUNCTIONS:
        return (Value(path, Type("libfunction", name), Confidence.CERTAIN),)
    if is_extension(project, symbol):
        return (Value(path, instance(SQLALCHEMY), Confidence.LIKELY),)
    return (Value(path, Type("external", name), Confidence.CERTAIN),)


def _attr(r: Reading, expr: Attr) -> Values:
    of = evaluate(r, expr.of)
    if r.plans:
        if r.past:
            undoing.read(r, of, expr)
        lacking.read(r, of, expr.name)
    passed.read(r, of, expr.name)
    if r.lost.connections:
        lost.read(r, of, expr.name)
    if expr.name in PENDING:
        lost.leaves(r, of, r.lost.settled)
    told = r.env.get(render(expr)) if r.narrowed else None
    values = told if told is not None else contexts.here(r, attribute(r, of, expr.name))
    if r.doubted and (render(expr.of), expr.name) in r.doubted:
        return cap(values, Confidence.POSSIBLE)
    return values


def attribute(r: Reading, values: Values, name: str) -> Values:
    """What `value.name` is for each of the values."""
    if not values:
        return NOTHING
    if len(values) == 1:
        return _attribute(r, values[0], name)
    found = join(*(_attribute(r, value, name) for value in values))
    known = {value.path for value in found if value.type != ANY}
    return tuple(value for value in found if value.type != ANY or value.path not in known)


def _attribute(r: Reading, value: Value, name: str) -> Values:
    kind = value.type
    project = r.project
    if kind.kind in ("module", "external"):
        stored = r.heap.get(value.path.attr(name)) if r.heap else None
        return stored or symbol_value(project, r.names.attribute(str(kind.name), name))
    if kind.kind == "other":
        return NOTHING
    if kind.kind == "coroutine":
        mixing.read(r, value, name)
    known = r.heap.get(value.path.field(name)) if r.heap else None
    if known:
        return known
    path = value.path.attr(name)
    if kind.kind == "any":
        return (Value(path, ANY, value.sure),)
    if kind.kind == "plugin":
        return offered.attribute(r, value, name)
    if kind.kind not in ("instance", "class") or not kind.name:
        return NOTHING
    symbol = str(kind.name)
    if symbol == INSPECTED and name in OWN_SESSIONS and value.path.attrs:
        session = instance(CLASSES[INSPECTED].attributes[name])
        return (Value(value.path.owner().attr(OWN_SESSION), session, value.sure),)
    if name == "__class__" and kind.kind == "instance":
        return (Value(value.path, Type("class", symbol, kind.args), value.sure),)
    if name.startswith("__") and (name == "__dict__" or name in WHOLE) and project.classes.is_entity(symbol):
        return (
            whole(r, value, "`__dict__`") if name == "__dict__" else (Value(path, instance(WHOLE[name]), value.sure),)
        )
    if r.trying.rolled is not None and project.classes.is_entity(symbol) and kind.kind == "instance":
        r.events[r.trying.rolled] = r.events[r.trying.rolled]._replace(read_after=True)
    if project.provisions.is_container(symbol) and project.provisions.provider(symbol, name) is not None:
        return (Value(Path("global", f"{symbol}.{name}"), Type("provider", (symbol, name)), value.sure),)
    field = project.classes.field(symbol, name)
    if field is None:
        return _library_attribute(r, value, name)
    unit = field.unit
    if unit is not None:
        if unit.kind == "class":
            return (Value(Path("global", unit.symbol), Type("class", unit.symbol), Confidence.CERTAIN),)
        if unit.is_property:
            on_class = kind.kind == "class" and not unit.decorators.isdisjoint(OF_CLASSES)
            given = _property(r, value, unit) if kind.kind == "instance" or on_class else NOTHING
            return _lent(r, value, name, given)
        return (Value(value.path, Type("method", unit.key, (kind,)), value.sure),)
    bound = project.classes.bindings(kind)
    found: list[Value] = []
    for one in field.values:
        inner = replace_variables(one.type, bound)
        if one.path.attrs[-1:] == (queried(name),):
            found.append(_queried(value, name, inner, one.sure))
            continue
        if field.shared:
            found.append(Value(one.path, inner, min(one.sure, value.sure)))
            continue
        if one.path == OWN:
            found.append(_own_method(r, value, one))
            continue
        relative = path
        if one.path.root == "param" and one.path.attrs:
            relative = value.path.attr(one.path.attrs[0])
            stored = r.heap.get(relative)
            if stored:
                found.extend(stored)
                continue
        elif one.path.root == "fresh" and (one.path, relative, value) not in r.placed:
            _parts(r, field.parts, one.path, relative, value)
        found.append(Value(relative, inner, min(one.sure, value.sure)))
    return _lent(r, value, name, tuple(dict.fromkeys(found)))


def _lent(r: Reading, value: Value, name: str, found: Values) -> Values:
    """An attribute of which its class says nothing, or that there is none yet: the session that others give it."""
    symbol = str(value.type.name)
    if value.type.kind != "instance" or any(one.type.kind not in _NONE_YET for one in found):
        return found
    if r.classes.unit(symbol) is None:
        return found
    kind = r.project.slot((symbol, name), r.unit)
    return found if kind is None else (Value(value.path.attr(name), kind, min(value.sure, Confidence.LIKELY)),)


def _queried(value: Value, name: str, kind: Type, sure: Confidence) -> Value:
    """The relationship of an entity that is a query; of the class it is a relationship like others."""
    sure = min(sure, value.sure)
    if value.type.kind == "class":
        return Value(value.path.attr(name), Type("many", "", kind.args), sure)
    return Value(value.path.attr(queried(name)), kind, sure)


def whole(r: Reading, value: Value, how: str) -> Values:
    """All columns of an entity at once."""
    if not is_foreign(r, value):
        return NOTHING
    if _is_what_callers_pass(r, value):
        return (Value(value.path.attr("__dict__"), ANY, value.sure),)
    return (Value(value.path.attr("__dict__"), Type("columns", how, (instance(str(value.type.name)),)), value.sure),)


def columns_of(r: Reading, value: Value) -> Values:
    """All columns of what may be an entity, one by one: where that is a parameter of no type, the callers know."""
    if (value.type == ANY and is_told(value.path)) or _is_what_callers_pass(r, value):
        return (Value(value.path.attr(ALL_COLUMNS), ANY, value.sure),)
    return whole(r, value, "a loop over all columns")


def _is_what_callers_pass(r: Reading, value: Value) -> bool:
    """Whether it is a parameter of no type, which is of a class only because callers have passed one."""
    index = value.path.key if value.path.root == "param" and not value.path.attrs else -1
    params = r.unit.definition.params
    return 0 <= index < len(params) and params[index].annotation is None and bool(r.project.given(r.unit, index))


def is_foreign(r: Reading, value: Value) -> bool:
    """Whether this is an entity, and none whose own method is read: what that makes of it is for its class to say."""
    own = value.path == OWN and r.unit.klass is not None
    return not own and value.type.kind == "instance" and r.classes.is_entity(str(value.type.name))


def _property(r: Reading, value: Value, unit: Unit) -> Values:
    """What a property gives, worked out once a reading; a property that leads to itself gives nothing."""
    unit = r.names.getter(unit)
    key = (value.path, unit.key)
    known = r.properties.get(key)
    if known is None:
        field = value.path.attr(unit.definition.name)
        r.properties[key] = (Value(field, ANY, value.sure),) if unit.is_remembered else NOTHING
        site = (-1, unit.definition.name, Confidence.CERTAIN, "property")
        known = r.properties[key] = r.project.calls.method(r, value, unit, (), {}, *site)
    if r.plans and r.place >= 0 and not r.apart:
        supplied.reads_property(r, value, unit)
    return known


def _parts(r: Reading, parts: Mapping[Path, Values], made: Path, here: Path, owner: Value) -> None:
    """Fields of an object that the owner's methods made, as fields of what the owner's attribute is here. What members
    of a container hold is known where all owners that may be meant are of one class."""
    alike = r.owners.setdefault(here, owner.type) == owner.type
    if not alike:
        member = here.field("*")
        for path in [path for path in r.heap if path.attrs[:-1] == member.attrs and path[:2] == member[:2]]:
            del r.heap[path]
        r.placed = {one for one in r.placed if one[1] != here}
    r.placed.add((made, here, owner))
    for path, values in parts.items():
        if path[:2] != made[:2] or len(path.attrs) + len(here.attrs) > DEEPEST + 1:
            continue
        target = Path(here.root, here.key, (*here.attrs, *path.attrs))
        if target in r.heap or (path.attrs[:1] == ("*",) and path.attrs[1:] and not alike):
            continue
        found: list[Value] = []
        for value in values:
            if value.path == OWN:
                found.append(_own_method(r, owner, value) if value.type.kind == "method" else owner)
            elif value.path.root == "param" and value.path.attrs:
                own = owner.path.attr(value.path.attrs[0])
                found.extend(r.heap.get(own) or (value._replace(path=own),))
            elif value.path == UNKNOWN and len(target.attrs) <= DEEPEST:
                found.append(value._replace(path=target))
            elif value.path.root not in ("fresh", "unknown"):
                found.append(value)
        if found:
            r.heap[target] = tuple(found)


def _own_method(r: Reading, owner: Value, method: Value) -> Value:
    """A method of an object that the object itself keeps, as the class of the owner has it."""
    unit = r.names.units[str(method.type.name)]
    unit = r.classes.method(str(owner.type.name), unit.definition.name) or unit
    return Value(owner.path, Type("method", unit.key, (owner.type,)), min(method.sure, owner.sure))


def _library_attribute(r: Reading, value: Value, name: str) -> Values:
    kind = value.type
    if value.path.root == "global":
        r.hear("reads", OWN_NAME, (value,), REQUESTS)
    for ancestor in r.classes.line(str(kind.name)):
        klass = CLASSES.get(ancestor.symbol)
        if klass is None:
            declared = _declared_symbol(r.project, f"{ancestor.symbol}.{name}")
            if declared:
                return cap(declared, value.sure)
            continue
        if name in klass.attributes:
            text = klass.attributes[name]
            part = name if text.startswith(".") else f"<{name}>"
            path = value.path if text.startswith("=") else value.path.attr(part)
            shapes = r.project.shape(text.lstrip(".="), kind, NOTHING)
            return tuple(Value(path, one, value.sure) for one in shapes)
        if name in klass.methods:
            return (Value(value.path, Type("libmethod", (ancestor.symbol, name), (kind,)), value.sure),)
    if name in CLASSES[DECLARATIVE].attributes and r.classes.is_mixed_into(str(kind.name), DECLARATIVE):
        shapes = r.project.shape(CLASSES[DECLARATIVE].attributes[name], kind, NOTHING)
        return tuple(Value(value.path.attr(f"<{name}>"), one, min(value.sure, Confidence.LIKELY)) for one in shapes)
    held = lacking.row_member(r, value, name) or shared(r, value, name)
    return held or _lent(r, value, name, (Value(value.path.attr(name), ANY, value.sure),))


def _member(r: Reading, value: Value, name: str) -> Values:
    """What `value[name]` is on an instance: a known part of a library's object, or what was stored there."""
    if value.type.kind != "instance":
        return NOTHING
    found = _library_attribute(r, value, f"[{name}]")
    return found if found and found[0].type != ANY else shared(r, value, name)


def shared(r: Reading, value: Value, name: str) -> Values:
    """What somebody stored under this name on a request, an application or the like."""
    if value.type.kind != "instance" or not r.classes.shared(str(value.type.name)):
        return NOTHING
    sure = min(value.sure, Confidence.LIKELY)
    for ancestor in r.classes.line(str(value.type.name)):
        owner = ancestor.symbol
        shares = CLASSES[owner].shares if owner in CLASSES else ""
        root = "injected" if shares == "request" else "global"
        kind = r.project.slot((owner, name), r.unit) if shares else None
        if kind is not None:
            return (Value(Path(root, f"{owner}.{name}"), kind, sure),)
        whole = r.project.slot((owner, ""), r.unit) if shares == "request" else None
        if whole is not None:
            return attribute(r, (Value(Path(root, owner), whole, sure),), name)
    return NOTHING


def _call(r: Reading, expr: Call) -> Values:
    return r.project.calls.call(r, expr)


def _await(r: Reading, expr: Await) -> Values:
    values = evaluate(r, expr.of)
    mixing.awaited(r, expr.of)
    if not values:
        idling.waits(r)
    return r.awaited(values)


def _yield(r: Reading, expr: Yield) -> Values:
    values = evaluate(r, expr.of) if expr.of is not None else NOTHING
    inner: tuple[Frame, ...] = ()
    if expr.source:
        inner = tuple(frame for value in values for frame in r.entered_frames.get(value.path, ()))
        values = r.element(values)
    r.yields = join(r.yields, values)
    if conditions.asks(r):
        r.chosen.update(value.path for value in values)
    around = (*r.frames, *inner)
    held = (frame._replace(guard=tuple(dict.fromkeys((*frame.guard, *r.guard)))) for frame in around)
    r.yield_frames = tuple(dict.fromkeys((*r.yield_frames, *held)))
    lending.lend(r, expr, values)
    return NOTHING


def _lit(r: Reading, expr: Lit) -> Values:
    return literal(expr.value)


def _text(r: Reading, expr: Text) -> Values:
    for part in expr.parts:
        told(r, evaluate(r, part))
    return NOTHING


def told(r: Reading, values: Values) -> None:
    """These become text: an entity by a method of its class."""
    for value in values if r.plans and r.place >= 0 and not r.apart else NOTHING:
        plan = planning.plan_of(r, value.path) if planning.is_entity(r, value) else None
        found = (r.classes.method(str(value.type.name), name) for name in _TELLS) if plan is not None else ()
        unit = next((one for one in found if one is not None), None)
        if unit is not None:
            supplied.reads_property(r, value, unit)


def _index(r: Reading, expr: Index) -> Values:
    values = evaluate(r, expr.of)
    key = expr.key
    if isinstance(key, Items) and key.kind == "slice":
        for bound in key.of:
            evaluate(r, bound)
        return tuple(value for value in values if value.type.kind == "many")
    evaluate(r, key)
    if isinstance(key, Lit):
        found = join(*(r.heap.get(value.path.attr(f"[{key.value}]"), NOTHING) for value in values))
        if found:
            return found
        if type(key.value) is int and values and all(at_position(value.type, key.value) for value in values):
            return r.member(values, key.value)
        rows = tuple(value for value in values if value.type.name == ROW)
        found = join(*(lacking.row_member(r, row, 0) for row in rows)) if key.value == 0 else NOTHING
        if found:
            return found
    name = r.key(key)
    found = join(*(_member(r, value, name) for value in values)) if name else NOTHING
    if found:
        return found
    classes = tuple(value for value in values if value.type.kind == "class")
    if classes:
        kinds = r.project.meaning_of(r.module, expr)
        return tuple(Value(classes[0].path, Type("class", one.name, one.args), Confidence.CERTAIN) for one in kinds)
    held = tuple(value for value in values if value.type != SENT)
    return join(payloads.taken(values), *(_picked(r, value, key) for value in held))


def _picked(r: Reading, value: Value, key: Expr) -> Values:
    """A member of this container: where its position is written down it is one, in however many turns."""
    found = r.element((value,))
    if value.type.kind != "many" or not (isinstance(key, Lit) and type(key.value) is int):
        return found
    each, one = value.path.attr("*"), value.path.attr(f"[{key.value}]")
    return tuple(member._replace(path=one) if member.path == each else member for member in found)


def _items(r: Reading, expr: Items) -> Values:
    parts = [evaluate(r, part) for part in expr.of]
    if expr.kind == "star":
        entire = tuple(value for part in parts for value in part if value.type.kind in ("columns", "payload"))
        return entire or (r.element(parts[0]) if parts else NOTHING)
    path = r.next_fresh()
    keys = _keys(expr)
    held = [part for key, part in zip(keys, parts, strict=True) if key is not None]
    for key, part in zip((key for key in keys if key is not None), held, strict=True):
        if not matters(part):
            continue
        if key:
            r.store(path.attr(key), part)
        r.store(path.attr("*"), part)
    payloads.displayed(r, expr, parts, path)
    options.unknown_in(r, path, held)
    sure = max((value.sure for part in held for value in part if value.path != CONST), default=Confidence.CERTAIN)
    if expr.kind == "tuple" and not any(isinstance(part, Items) and part.kind == "star" for part in expr.of):
        return (Value(path, tuple_of(held), sure),)
    return (Value(path, Type("many", expr.kind, members(held)), sure),)


_MOST_FLAGGED = 16
_TELLS = ("__str__", "__repr__")
_KNOWN = {"tuple": 8, "list": 4}
"""How many positions of a display are told apart."""


def _keys(expr: Items) -> list[str | None]:
    """The attribute by which each part of a display is known, "" when by none; None for the keys of a dict."""
    if expr.kind != "dict":
        known = _KNOWN.get(expr.kind, 0)
        return [f"[{position}]" if position < known else "" for position in range(len(expr.of))]
    found: list[str | None] = []
    for part in expr.of:
        if found and found[-1] is None:
            key = expr.of[len(found) - 1]
            found.append(f"[{key.value}]" if isinstance(key, Lit) else "")
        else:
            found.append("" if isinstance(part, Items) and part.kind == "star" else None)
    return found


def _choice(r: Reading, expr: Choice) -> Values:
    if expr.test is not None:
        evaluate(r, expr.test)
        literal_ = condition(r, expr.test)
        guard, tests = r.guard, r.tests
        found = []
        for position, part in enumerate(expr.of):
            one = literal_
            if one is not None:
                one = one if position == 0 else one._replace(holds=not one.holds)
                r.guard = both(guard, (one,))
            r.tests = (*tests, expr.test)
            values = evaluate(r, part)
            found.append(_flagged(r, values, one) if one is not None and one.test == "true" else values)
            r.guard, r.tests = guard, tests
        return join(*found)
    if expr.op == "and":
        last = [evaluate(r, part) for part in expr.of][-1]
        decided.met(r, expr)
        return last
    guard = r.guard
    parts = []
    for part in expr.of:
        parts.append(tuple(value for value in evaluate(r, part) if value.type != NONE))
        literal_ = condition(r, part)
        if literal_ is not None and literal_.test == "true":
            r.guard = both(r.guard, (literal_._replace(test="none", holds=True),))
    r.guard = guard
    decided.met(r, expr)
    return join(*parts)


def _flagged(r: Reading, values: Values, literal_: Literal) -> Values:
    """These values, of which callers know whether they are asked for; where the default of the flag decides against
    them, they are only possible."""
    default = _default(r, literal_)
    if not isinstance(default, Lit):
        return values
    asked = bool(default.value) == literal_.holds
    for value in values:
        if value.type != NONE and len(r.flagged) < _MOST_FLAGGED:
            r.flagged[value.path, value.type] = Flagged(value.path, value.type, literal_, value.sure, bool(r.loop))
    return values if asked else cap(values, Confidence.POSSIBLE)


def asked_for(r: Reading, values: Values) -> Values:
    """Values that a function returns here, of which callers know whether they are asked for where a flag decides that
    it comes to this; not those that it returns elsewhere as well."""
    before = {(value.path, value.type) for value in r.returns}
    again = [value for value in values if (value.path, value.type) in before]
    for value in again:
        r.flagged.pop((value.path, value.type), None)
    made = tuple(value for value in values if value.path.root == "fresh" and value not in again)
    asked = next((one for one in r.guard if one.test == "true"), None) if made else None
    if asked is None:
        return values
    return join(tuple(value for value in values if value not in made), _flagged(r, made, asked))


def _default(r: Reading, literal_: Literal) -> Expr | None:
    return Lit(literal_.default) if literal_.name else r.unit.definition.params[literal_.param].default


def _test(r: Reading, expr: Test) -> Values:
    found = []
    for part in expr.of:
        found.append(evaluate(r, part))
        mixing.examined(r, part)
    if expr.at >= 0:
        decided.met(r, expr)
    return payloads.compared(r, expr.op, found)


def _loop(r: Reading, expr: Loop) -> Values:
    saved = {}
    names: list[str] = []
    entire: Values = NOTHING
    first = True
    for source in expr.sources:
        if first:
            values = evaluate(r, source.iter)
            blocks.gone_through(r, values, source.iter)
            joining.gone_through(r, values, source.iter)
            r.loop += 1
            rounds.begin(r, source.iter, source.target, (), values, source.is_async)
            first = False
            entire = tuple(value for value in values if value.type.name == COLUMNS or _are_columns(value))
        else:
            values = evaluate(r, source.iter)
        if not source.is_async:
            mixing.examined(r, source.iter)
        for name in _targets(source.target):
            names.append(name)
            if name in r.env and name not in saved:
                saved[name] = r.env[name]
        r.fetched(values)
        r.assign(source.target, r.element(values), None)
    for guard in expr.guards:
        evaluate(r, guard)
    path = r.next_fresh()
    running = r.running
    parts = [evaluate(r, element) for element in expr.elements]
    if r.running != running:
        parts = [evaluate(r, element) for element in expr.elements]
    by_task = any(value.type.kind == "coroutine" for value in parts[0])
    held = parts[-1:] if expr.kind == "dict" and not by_task else parts[:1]
    for part in held:
        r.store(path.attr("*"), part)
    if expr.kind == "dict":
        payloads.made(r, path, parts)
    r.loop -= 1
    r.rounds[-1].goes_on()
    rounds.end(r)
    for name in names:
        r.env.pop(name, None)
    r.env.update(saved)
    if not any(map(_chooses, expr.guards)):
        found = _all_columns(entire, held) if entire else _untyped_columns(r, expr)
        if found:
            return found
    return (Value(path, Type("many", expr.kind, members(held)), Confidence.CERTAIN),)


def _all_columns(entire: Values, held: list[Values]) -> Values:
    """What a comprehension over all columns of an entity makes, when it keeps each with its value."""
    known = tuple(value for value in entire if _are_columns(value))
    if known:
        return known
    for value in (one for part in held for one in part):
        for kind in (value.type, *value.type.args):
            if kind.kind == "column":
                return (value._replace(type=Type("columns", "a loop over all columns", kind.args)),)
    return NOTHING


def _are_columns(value: Value) -> bool:
    """Whether it is all of an entity as a dict, or of something that callers may know as one."""
    untyped = value.type == ANY and value.path.attrs[-1:] == ("__dict__",) and is_told(value.path)
    return value.type.kind == "columns" or untyped


def _untyped_columns(r: Reading, expr: Loop) -> Values:
    """What a comprehension makes that goes through all columns of a thing and keeps each with the thing's value."""
    head = expr.sources[0].iter if len(expr.sources) == 1 else None
    match head:
        case Call(Attr(of, "keys"), ()):
            head = of
    match head:
        case Attr(Attr(Name() as of, table), columns) if table in WHOLE and columns in ("columns", "c", "column_attrs"):
            reads = (part for one in expr.elements for part in parts_of(one))
            if any(_reads_by_name(part, of) for part in reads):
                return join(*(columns_of(r, value) for value in r.value(of) if value.type == ANY))
    return NOTHING


def _reads_by_name(part: object, of: Name) -> bool:
    """Whether this reads an attribute of a local by a name that is worked out."""
    match part:
        case Call(Name("getattr"), (Arg("", first), Arg("", name), *_)):
            return first == of and not isinstance(name, Lit)
    return False


def _chooses(guard: Expr) -> bool:
    """Whether a condition of a comprehension picks columns, instead of leaving out what is none."""
    match guard:
        case Test("not", (Call(Attr(_, "startswith")),)):
            return False
        case Test("!=", (_, Lit("_sa_instance_state"))):
            return False
    return True


def _targets(target: Expr) -> list[str]:
    if isinstance(target, Name):
        return [target.id]
    return [name for inner in target.of for name in _targets(inner)] if isinstance(target, Items) else []


def _closure(r: Reading, expr: Closure) -> Values:
    return r.closure(r.names.units_in(r.module.name)[expr.index])


def _named(r: Reading, expr: Named) -> Values:
    values = evaluate(r, expr.value)
    r.assign(Name(expr.name), values, expr.value)
    return values


def _other(r: Reading, expr: Other) -> Values:
    for part in expr.of:
        evaluate(r, part)
    return NOTHING


_EXPRESSIONS: dict[type, Callable[..., Values]] = {
    Name: _name,
    Attr: _attr,
    Call: _call,
    Await: _await,
    Yield: _yield,
    Lit: _lit,
    Text: _text,
    Index: _index,
    Items: _items,
    Choice: _choice,
    Test: _test,
    Loop: _loop,
    Closure: _closure,
    Named: _named,
    Other: _other,
}
