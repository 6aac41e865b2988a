"""Instances: of classes of the project and of libraries, and of what one that can be called gives."""

from __future__ import annotations

from collections import ChainMap

from ...knowledge import CLASSES, RERAISES
from ...knowledge.sqlalchemy import ASYNC, ASYNC_SESSION, FACTORIES, REGISTRIES, SESSION, SESSIONS
from ...knowledge.sqlmodel import SCHEMA
from ...knowledge.streaming import STREAMS
from ...knowledge.web import RESPONSES
from ...model import Confidence
from ..questions import (
    autocommit,
    exporting,
    idling,
    lacking,
    loading,
    loops,
    lost,
    mixing,
    payloads,
    pools,
    tasks,
    twins,
)
from ..values import NOTHING, Path, Type, Value, Values, instance, join
from . import applying, offered, running, storing
from .arguments import NO_ARGUMENTS, Given, Site, named
from .reading import Reading

_SCHEMAS = frozenset({SCHEMA})
_SENT = ("many", "instance", "columns")


def made(r: Reading, path: Path, kind: Type, site: Site, sure: Confidence, *, by_anything: bool = False) -> Values:
    """A value that a call made, opened when it is a session; one made `by_anything` may come out of a manager."""
    if r.classes.session_kind(kind) in SESSIONS:
        lost.opens(r, path, str(kind.name), site.at, r.classes.session_kind(kind), sure)
        if by_anything:
            r.lost.managed.add(path)
        return r.opens(path, kind, site.at, site.text, "", sure)
    return (Value(path, kind, sure),)


def called(r: Reading, callee: Value, given: Given, site: Site) -> Values:
    symbol = str(callee.type.name)
    unit = r.classes.method(symbol, "__call__")
    if unit is not None:
        return applying.apply(r, unit, callee, given, site)
    for ancestor in r.classes.line(symbol):
        klass = CLASSES.get(ancestor.symbol)
        if klass is not None and klass.called:
            if klass.called == "self":
                return (_drawn(callee, ancestor.symbol),)
            kinds = r.project.shape(klass.called, callee.type, NOTHING)
            path = Path("fresh", site.at)
            if any(r.classes.session_kind(kind) in ASYNC for kind in kinds):
                loops.draw(r, callee, ancestor.symbol, site)
            autocommit.gives(r, callee, path)
            twins.gives(r, callee, path)
            found = join(*(made(r, path, kind, site, callee.sure) for kind in kinds))
            _joins(r, path, given, site, callee.path in r.lost.factories)
            return found
    r.let_go(given.all())
    return NOTHING


def _joins(r: Reading, path: Path, given: Given, site: Site, by_factory: bool = False) -> None:
    """A session is made on what it, or its factory, is given: one on a connection takes none of its own."""
    lost.joins(r, path, given, by_factory)
    if path in r.open and (by_factory or lost.is_on_connection(given, site.source)):
        r.open = {other: session for other, session in r.open.items() if other != path}


def _drawn(registry: Value, symbol: str) -> Value:
    """What a registry gives: one that is there already stands for the sessions of all threads, one that is made here
    has given one so far."""
    if registry.path.root != "fresh" or symbol not in REGISTRIES:
        return registry
    return registry._replace(type=instance(ASYNC_SESSION if symbol in ASYNC else SESSION))


def construct(r: Reading, callee: Value, given: Given, site: Site) -> Values:
    """An instance of a class: its `__init__` is run on it."""
    symbol = str(callee.type.name)
    if given.poured:
        payloads.constructs(r, callee, given, site)
    if not symbol:
        return NOTHING
    library = CLASSES.get(symbol)
    if library is not None and library.registers is not None:
        r.project.calls.register(r, library.registers, given, site)
    if library is not None and library.exports:
        exporting.send(r, library.exports, given, site)
    if library is not None and library.makes:
        return running.run(r, library.makes, None, given, site)
    path = Path("fresh", site.at)
    kind = Type("instance", symbol, callee.type.args)
    if library is not None and library.plugs:
        return offered.loaded(r, library, Value(path, kind, callee.sure), given)
    if symbol in FACTORIES:
        for value in given.keywords.get("class_", NOTHING):
            if value.type.kind == "class":
                kind = instance(symbol, instance(str(value.type.name)))
    if library is not None and library.arg:
        args = (value.type for value in given.keywords.get(library.arg, NOTHING) if value.type.kind == "class")
        kind = instance(symbol, *args)
    keeps = symbol in REGISTRIES or symbol in FACTORIES
    if library is not None and library.shares:
        first = given.positional[0] if given.positional else NOTHING
        held = [named(r, value.path) for value in first]
        for name, values in ChainMap(given.keywords, *held).items():
            r.store(path.attr(name), values)
            storing.share(r, Value(path, kind, callee.sure), name, values)
    elif library is not None and not library.enters and not keeps:
        r.let_go(given.all())
    for name, text in library.attributes.items() if library is not None and not library.shares else ():
        if text.startswith("."):
            r.store(path.attr(name), given.keywords.get(name, NOTHING))
    if r.classes.is_a(symbol, STREAMS):
        tasks.streamed(r, given, site)
    if r.classes.is_a(symbol, RESPONSES):
        content = given.positional[0] if given.positional else given.keywords.get("content", NOTHING)
        kind = instance(symbol, *dict.fromkeys(value.type for value in content if value.type.kind in _SENT))
    if symbol in SESSIONS and given == NO_ARGUMENTS:
        return (Value(path, kind, callee.sure),)
    mixing.bound(r, symbol, kind, given, site)
    pools.constructed(r, symbol, site)
    loops.made(r, symbol, given, site)
    loading.made(r, symbol, path, given, site)
    if given.keywords and r.classes.is_a(symbol, _SCHEMAS) and not r.classes.is_entity(symbol):
        lacking.schema_made(r, symbol, callee.type.args, given, site.at)
    kind = autocommit.made(r, symbol, kind, given, site)
    twins.made(r, symbol, kind, given, site)
    own = made(r, path, kind, site, callee.sure)
    _joins(r, path, given, site)
    r.born.setdefault(path, r.loop)
    if r.classes.is_entity(symbol):
        r.belonging.instances.add(path)
        idling.let_go(r, given.all())
    elif all(given.positional) and all(given.keywords.values()):
        r.idling.constructed.add(path)
    init = r.classes.method(symbol, "__init__")
    if init is not None:
        applying.apply(r, init, own[0], given, site._replace(how=site.how or "constructs"))
    elif r.classes.unit(symbol) is not None:
        _fields(r, symbol, path, given)
    elif symbol not in RERAISES:
        r.may_raise()
    return own


def _fields(r: Reading, symbol: str, path: Path, given: Given) -> None:
    """Arguments of a class without `__init__` (dataclass, attrs, Pydantic) are its fields."""
    for name, values in given.keywords.items():
        r.store(path.attr(name), values)
    names = [
        name
        for ancestor in reversed(r.classes.line(symbol))
        for name, binds in r.classes.body(ancestor.symbol).items()
        if any(bind.annotation is not None for bind in binds)
    ]
    for name, values in zip(names, given.positional, strict=False):
        r.store(path.attr(name), values)
