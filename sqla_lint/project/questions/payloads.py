"""What a client sent, unchecked, on its way into the columns of an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Index, Items, Name
from ...knowledge.payloads import CHECKING, PAIRS, PARTS, WHOLES
from ...knowledge.sqlalchemy import CHANGE, QUERY, SESSIONS
from ...model import Confidence
from ..modules import Unit, last_name
from ..reading.arguments import Given, Site
from ..summary import Fill, Summary, both
from ..text import render
from ..values import ANY, CONST, NOTHING, SENT, Path, Type, Value, Values, instance

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.reading import Reading

_MANY = ("any", "many")
_DEEPEST = 5
_TAKING = frozenset({"values", "update", "execute", "bulk_insert_mappings", "bulk_update_mappings"})
"""Methods of statements and sessions that take a mapping of columns."""


@dataclass(slots=True)
class Ledger:
    """What a client has sent, in one function."""

    poured: dict[Path, Values] = field(default_factory=dict)
    """The mappings all of which is in a dict."""
    checked: set[Path] = field(default_factory=set)
    """Mappings whose keys were looked at."""
    fills: dict[tuple[int, Path, str], Fill] = field(default_factory=dict)
    """Entities that are filled with all of one."""


def member(value: Value) -> Values:
    """A key of a mapping or a member of a list, of a pair of them either of the two."""
    path = value.path if value.path.attrs[-1:] == ("*",) else value.path.attr("*")
    return (Value(path, value.type, value.sure),)


def part(receiver: Value, name: str) -> Values:
    """What a method gives of what a client sent."""
    if name in WHOLES or name in PAIRS or name == "values":
        return (receiver,)
    return (receiver._replace(path=receiver.path.attr("[]")),) if name in PARTS else NOTHING


def taken(values: Values) -> Values:
    """What a subscript gives of what a client sent."""
    return tuple(value._replace(path=value.path.attr("[]")) for value in values if value.type == SENT)


def keys(receiver: Value, name: str) -> Values:
    """The keys of a mapping that the caller brings."""
    if name in PAIRS and receiver.path.root == "param":
        return (receiver._replace(type=Type("pairs")),)
    return (receiver,) if name in WHOLES and receiver.path.root == "param" else NOTHING


def whole(r: Reading, values: Values) -> Values:
    """Those of these values that are, or may be, all that a client sent."""
    found: list[Value] = []
    for value in values:
        if value.path in r.payloads.poured:
            found.extend(r.payloads.poured[value.path])
        elif value.type == SENT or (value.path.root == "param" and value.type.kind in _MANY):
            found.append(value)
    return tuple(value for value in found if not _is_checked(r, value.path))


def _is_checked(r: Reading, path: Path) -> bool:
    return any(path[:2] == one[:2] and path.attrs[: len(one.attrs)] == one.attrs for one in r.payloads.checked)


def _is_key(value: Value) -> bool:
    """Whether this is a key of a mapping, whichever: of one that a client sent, or that the caller brings."""
    path = value.path
    return path.attrs[-1:] == ("*",) and (
        value.type == SENT or (path.root == "param" and value.type.kind != "instance")
    )


def _mapping(value: Value) -> Value:
    """The mapping that a key is of."""
    path = Path(value.path.root, value.path.key, value.path.attrs[:-1])
    return Value(path, SENT if value.type == SENT else ANY, value.sure)


def displayed(r: Reading, expr: Items, parts: Sequence[Values], path: Path) -> None:
    """A dict that is written out with all of another one in it."""
    if expr.kind != "dict":
        return
    found: Values = NOTHING
    for inner, values in zip(expr.of, parts, strict=True):
        if isinstance(inner, Items) and inner.kind == "star":
            unpacked = r.value(inner.of[0]) if isinstance(inner.of[0], Name) else values
            found = (*found, *whole(r, unpacked))
    if found:
        r.payloads.poured[path] = found


def made(r: Reading, path: Path, parts: Sequence[Values]) -> None:
    """A dict comprehension: all of a mapping when its keys are that mapping's."""
    found = tuple(_mapping(value) for value in parts[0] if _is_key(value) and not _is_checked(r, _mapping(value).path))
    if found:
        r.payloads.poured[path] = found


def compared(r: Reading, op: str, found: Sequence[Values]) -> Values:
    """A comparison: keys that are looked up in something are checked by that; of `a | b` all that is in either."""
    if op in ("in", "not in"):
        for value in found[0]:
            if _is_key(value) and not any(one.type == SENT for one in found[-1]):
                r.payloads.checked.add(_mapping(value).path)
    elif op in ("-", "&", "<=", ">=", "<", ">"):
        for values in found:
            r.payloads.checked.update(value.path for value in values if value.type.kind in ("payload", "pairs"))
    elif op == "|":
        return tuple(value for values in found for value in whole(r, values))
    return NOTHING


def dropped(r: Reading, expr: Expr) -> None:
    """A key is taken out of a mapping only to be gone: whoever wrote that has thought of what may be set."""
    match expr:
        case Call(Attr(Name() | Attr() as of, "pop")) | Index(Name() | Attr() as of, _):
            sent = (value.path for value in r.value(of) if value.type == SENT or value.path.root == "param")
            r.payloads.checked.update(sent)


def passed(r: Reading, call: Call, given: Given) -> None:
    """A function that is called like one that checks what it is given."""
    if _is_checking(last_name(call.func)):
        values = (*given.all(), *given.poured)
        r.payloads.checked.update(value.path for value in values if value.type == SENT or value.path.root == "param")


@lru_cache(maxsize=4096)
def _is_checking(name: str) -> bool:
    return any(word in name.lower() for word in CHECKING)


def dumped(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A schema as a dict: whatever the client sent when the schema allows more than its fields."""
    if receiver is None or "include" in given.keywords or not r.classes.allows_extra(str(receiver.type.name)):
        return NOTHING
    return (Value(Path("fresh", site.at), SENT, min(receiver.sure, Confidence.LIKELY)),)


def constructs(r: Reading, callee: Value, given: Given, site: Site) -> None:
    """A class, or a parameter that may be one, is called with all that a mapping holds."""
    symbol = str(callee.type.name)
    if callee.type == ANY:
        for source in given.poured if callee.path.root == "param" else NOTHING:
            _fill(r, source, callee, "constructor", site)
        return
    if not symbol:
        kind = callee.type.args[0] if callee.type.args else ANY
    elif r.classes.is_mapped(symbol):
        init = r.classes.method(symbol, "__init__")
        if init is not None and not any(param.kind == "kwargs" for param in init.definition.params):
            return
        kind = instance(symbol)
    else:
        if r.classes.unit(symbol) is not None:
            r.payloads.checked.update(value.path for value in given.poured)
        return
    for source in given.poured:
        _fill(r, source, Value(CONST, kind, callee.sure), "constructor", site)


def sets(r: Reading, given: Sequence[Values], site: Site) -> None:
    """`setattr(into, name, value)`, where the name is a key of a mapping."""
    for name in given[1]:
        source = _mapping(name) if _is_key(name) else name
        if _is_key(name) and not _is_checked(r, source.path):
            for into in given[0]:
                if r.classes.is_mapped(str(into.type.name)) or into.type.kind in ("any", "variable"):
                    _fill(r, source, into, "setattr", site)


def library(r: Reading, expr: Call, receiver: Value, given: Given, owner: str) -> None:
    """A statement or a session is given all that a mapping holds."""
    name = last_name(expr.func)
    if name not in _TAKING:
        return
    sources: Values = NOTHING
    entities: tuple[Type, ...] = ()
    if owner == CHANGE and name == "values":
        sources, entities = (*given.poured, *_first(r, given, 0)), receiver.type.args
    elif owner == QUERY and name == "update":
        sources, entities = _first(r, given, 0), receiver.type.args
    elif owner in SESSIONS and name in ("execute", "bulk_insert_mappings", "bulk_update_mappings"):
        sources = _first(r, given, 1)
        first = given.positional[0] if sources else NOTHING
        entities = tuple(
            kind
            for value in first
            for kind in (value.type.args if value.type.name == CHANGE else ())
            + ((instance(str(value.type.name)),) if value.type.kind == "class" and value.type.name else ())
        )
    for source in sources:
        for kind in entities:
            if r.classes.is_mapped(str(kind.name)) or kind.kind == "variable":
                _fill(r, source, Value(CONST, kind, receiver.sure), "values", Site(expr.at, expr, receiver.sure, ""))


def _first(r: Reading, given: Given, position: int) -> Values:
    """The argument at a position, when it is all of a mapping."""
    return whole(r, given.positional[position]) if len(given.positional) > position else NOTHING


def _fill(r: Reading, source: Value, into: Value, how: str, site: Site) -> None:
    if site.at < 0:
        return
    text = render(site.source) if isinstance(site.source, Call) else site.text
    sure = min(source.sure, into.sure)
    _keep(r, Fill(source, into, how, r.unit.key, site.at, text, site.at, (), r.guard, sure))


def _keep(r: Reading, fill: Fill) -> None:
    r.payloads.fills.setdefault((fill.here, fill.source.path, fill.how), fill)


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, given: Given, site: Site) -> None:
    """A callee fills an entity from a mapping that is given to it here."""
    for fill in summary.fills:
        decided = applied.guard(fill.guard)
        if fill.is_known or decided is None or site.at < 0 or len(fill.chain) >= _DEEPEST:
            continue
        path = fill.source.path
        sources = whole(r, applied.path(path))
        if not path.attrs and unit.definition.params[path.key].kind == "kwargs":
            sources = given.poured
        for into in applied.values((fill.into,)) if sources else NOTHING:
            kind = applied.type(into.type)
            if kind.kind == "class" and fill.how == "constructor":
                kind = instance(str(kind.name)) if kind.name else kind.args[0]
            if not (r.classes.is_mapped(str(kind.name)) or kind.kind in ("any", "variable")):
                continue
            for source in sources:
                sure = min(fill.sure, site.sure, decided[1], source.sure)
                chain = ((r.unit.key, site.at, unit.key), *fill.chain)
                guard = both(r.guard, decided[0])
                into = into._replace(type=kind)
                _keep(r, fill._replace(source=source, into=into, here=site.at, chain=chain, guard=guard, sure=sure))
