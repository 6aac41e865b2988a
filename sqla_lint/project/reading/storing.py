"""What is stored where others find it: in a module, a class, an object, what a framework shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Bind, Call, Expr, Name
from ...knowledge import CLASSES
from ...knowledge.python import WHO_RUNS
from ...knowledge.queues import LISTS
from ...knowledge.servers import IN_ONE_THREAD
from ...knowledge.sqlalchemy import ASYNC_REGISTRY, ASYNC_SESSION, REGISTRY, SESSION, SESSIONS
from ...model import Confidence
from ..modules import last_name
from ..parts import parts
from ..questions import keeping, unit_of_work
from ..summary import Opened, Registered, Stored
from ..text import render
from ..values import NOTHING, Path, Type, Value, Values, instance
from .arguments import named
from .heap import inside

if TYPE_CHECKING:
    from .reading import Reading

LIKELY = Confidence.LIKELY
_DRAWN = {REGISTRY: SESSION, ASYNC_REGISTRY: ASYNC_SESSION}


def share_all(r: Reading, owner: str, values: Values) -> None:
    """Remember what a mapping or an object holds that becomes what a framework shares."""
    for value in values:
        for name, held in named(r, value.path).items():
            kind = _lasting_type(held)
            if kind is not None:
                r.slots[owner, name] = kind
        if value.type.kind == "instance":
            r.slots[owner, ""] = value.type


def listed(r: Reading, name: str, values: Values) -> None:
    """A class attribute by which a task queue learns of its tasks."""
    for package in r.project.packages(r.module):
        framework = LISTS.get((package, name))
        for value in r.element(values) if framework else ():
            if value.type.kind == "function":
                key = str(value.type.name)
                because = f"listed in `{r.unit.definition.name}.{name}`"
                r.registered[key] = Registered(key, "task", framework or "", "", because)


def share(r: Reading, of: Value, name: str, values: Values) -> None:
    """Remember what is stored on an object that a framework hands to others: a request, an application."""
    if of.type.kind != "instance":
        return
    owner = r.classes.shared(str(of.type.name))
    kind = _lasting_type(values)
    if owner and name and kind is not None:
        r.slots[owner, name] = kind
        if CLASSES[owner].shares == "request":
            sessions = (one.path for one in values if r.classes.session_kind(one.type) in SESSIONS)
            r.of_request.update(dict.fromkeys(sessions, Path("injected", f"{owner}.{name}")))
        if CLASSES[owner].shares == "application":
            unit_of_work.kept(r, unit_of_work.made(r, values), f"{owner}.{name}", "application")
            for value in values:
                session = r.classes.session_kind(value.type)
                if session in _lasting(owner) and value.path.root != "global":
                    target = f"{owner}.{name}"
                    found = Stored(target, r.at, "", value.path, session, value.sure, holder="application")
                    r.stored[target, r.at] = found
                elif all(place != f"{owner}.{name}" for place, _ in r.shared):
                    _share_inside(r, value, owner, f"{owner}.{name}")


def lend(r: Reading, of: Value, name: str, values: Values) -> None:
    """Remember a session that an object of the project is given as an attribute by somebody who is no method of it."""
    own = of.path == Path("param", 0) and r.unit.klass is not None
    for value in values if of.type.kind == "instance" and not own else NOTHING:
        kind = r.classes.session_kind(value.type)
        if kind in SESSIONS and r.classes.unit(str(of.type.name)) is not None:
            r.slots[str(of.type.name), name] = instance(kind)


def as_found(r: Reading, values: Values) -> Values:
    """These as others find them: a session that is stored on a request is the one that everybody finds there."""
    if not r.of_request:
        return values
    return tuple(value._replace(path=r.of_request.get(value.path, value.path)) for value in values)


def _lasting(owner: str) -> frozenset[str]:
    """What is one session as long as such an application lives: a registry by threads is where there is one thread."""
    return SESSIONS | {REGISTRY} if owner in IN_ONE_THREAD else SESSIONS


def _share_inside(r: Reading, value: Value, owner: str, target: str) -> None:
    """An object made here that an application keeps, and the sessions that were made for its fields."""
    for one in inside(r.heap, value):
        kind = r.classes.session_kind(one.type)
        if kind in _lasting(owner) and one.path.root == "fresh":
            sure = min(one.sure, value.sure, LIKELY)
            r.stored[target, r.at] = Stored(target, r.at, "", one.path, kind, sure, holder="application")


def publish(r: Reading, symbol: str, values: Values, holder: str = "module") -> None:
    """Values bound where everyone shares them (a module variable, a class, a default): the sessions in them."""
    for value, at, text in r.sessions_in(values):
        if value.path.root in ("fresh", "param", "injected"):
            r.stored[symbol, at] = Stored(
                symbol,
                at,
                text,
                value.path,
                r.classes.session_kind(value.type),
                value.sure,
                value.path in r.managed,
                holder,
            )
    keeping.published(r, symbol, values, holder)
    made = list(unit_of_work.made(r, values))
    unit_of_work.kept(r, made, symbol, holder)
    for value, at in made:
        r.published[value.path] = (symbol, holder)
        _publish_kept(r, symbol, value, at, holder)
    r.let_go(values)


def _publish_kept(r: Reading, symbol: str, value: Value, at: int, holder: str) -> None:
    """An object made here is bound where everyone shares it, and with it the sessions that its class opens for it."""
    text = f"{str(value.type.name).rpartition('.')[2]}(...)"
    for maker, one in unit_of_work.keeps(r.project, str(value.type.name)):
        late = maker.definition.name != "__init__" or r.unit.definition.name == "__new__"
        held = r.heap.get(value.path.attr(one.path.attrs[-1]), NOTHING)
        if late or (held and all(session.path.root == "fresh" for session in held)):
            sure, opened = min(value.sure, one.sure, LIKELY), (maker.key, one.at)
            r.stored[symbol, at] = Stored(symbol, at, text, value.path, one.kind, sure, holder=holder, opened=opened)


def contained(r: Reading, path: Path, key: Expr, values: Values) -> None:
    """Sessions become members of a dict that a module, an object of its, or a class has for all, one for each key;
    unless that says which thread or task it is."""
    of_object = path.root == "global" and len(path.attrs) == 1 and r.names.variable(str(path.key)) is not None
    holder = "module" if of_object else keeping.holder(r, path) if values else ""
    if not holder or _names_thread(r, key):
        return
    klass = r.unit.klass.symbol if r.unit.klass is not None and path.root == "param" else str(path.key)
    symbol = ".".join((klass, *path.attrs))
    for value, at, text in r.sessions_in(values):
        if value.path.root == "fresh":
            kind, sure = r.classes.session_kind(value.type), min(value.sure, LIKELY)
            r.stored[symbol, at] = Stored(symbol, at, text, value.path, kind, sure, holder=holder, keyed=True)


def _names_thread(r: Reading, key: Expr) -> bool:
    binds = (part for part in r.pieces if isinstance(part, Bind) and key in part.targets)
    said = [key, *(bind.value for bind in binds if bind.value is not None)]
    return any(isinstance(part, Call) and last_name(part) in WHO_RUNS for one in said for part in parts(one))


def drawn(r: Reading, symbol: str, value: Expr | None, holder: str = "module") -> None:
    """What a registry gives when it is called is the session of one thread, whoever finds it later."""
    if not isinstance(value, Call) or value.args or not isinstance(value.func, Name | Attr):
        return
    for registry in r.value(value.func):
        kind = _DRAWN.get(r.classes.session_kind(registry.type))
        if kind is not None:
            r.stored[symbol, value.at] = Stored(
                symbol, value.at, render(value), registry.path, kind, registry.sure, holder=holder
            )


def keep(r: Reading, of: Value, name: str, values: Values) -> None:
    """A session opened here becomes a field of the object whose method this is."""
    if of.path != Path("param", 0) or r.unit.klass is None:
        return
    for value in values:
        session = r.open.get(value.path)
        if session is not None:
            path = of.path.attr(name)
            at, text, via, kind = session.at, session.text, session.via, session.kind
            sure, how = session.sure, session.how
            r.kept[path] = Opened(at, text, path, "kept", session.state, via, kind, sure, how)


def remembered(r: Reading, values: Values) -> Values:
    """A property gives these once for each object: sessions opened here become a field of it."""
    own = Path("param", 0)
    field = own.attr(r.unit.definition.name)
    made = tuple(value for value in values if value.path in r.open)
    for of in r.env.get(r.unit.definition.params[0].name, NOTHING) if made else NOTHING:
        keep(r, of, r.unit.definition.name, made)
    r.let_go(made, into=own)
    return tuple(value._replace(path=field) if value in made else value for value in values)


def _lasting_type(values: Values) -> Type | None:
    """The type by which others know a stored value."""
    return next((value.type for value in values if value.type.kind in ("instance", "class", "callable")), None)
