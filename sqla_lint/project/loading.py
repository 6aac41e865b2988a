"""What is loaded of an entity where it is read: by the statement that fetched it, by what was done to it and to its
session since, and by how it is mapped.

A plan is kept for each thing made here that is an entity, or leads to one: a loader option, a statement, a result, what
was fetched. It follows the flow of control. Where a plan is missing nothing is known, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Call, Expr, Items, Lit, Name, Param, Repeat
from ..knowledge import Verb
from ..knowledge.flask import EXTENSION
from ..knowledge.loading import LOAD, LOADS
from ..knowledge.sqlalchemy import (
    ASYNC,
    ASYNC_FACTORY,
    DECLARATIVE,
    FACTORY,
    QUERY,
    REGISTRIES,
    REGISTRY,
    RESULTS,
    ROW,
    SELECT,
    SESSION,
    SESSIONS,
    WRITE_ONLY,
)
from ..knowledge.sqlmodel import SCHEMA, SQLMODEL
from ..model import Confidence
from . import autocommit, joining, narrowing, passed, renewing, streams
from .mapping import Mapped, mapped
from .summary import Ask, Factory, Lack, Plan, Shown, Stale, Thing
from .text import render, written
from .values import NONE, NOTHING, QUERIED_PART, UNKNOWN, Path, Type, Value, Values, constant

if TYPE_CHECKING:
    from .applied import Applied
    from .arguments import Given, Site
    from .modules import Unit
    from .reading import Reading
    from .state import Plans
    from .summary import Summary

_EXECUTES = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec"})
_GETS = frozenset({"get", "get_one"})
_OF_EXTENSION = {
    "paginate": "execute",
    "first_or_404": "scalar",
    "one_or_404": "scalar",
    "get_or_404": "get",
}
"""What methods of an extension do with its ambient session."""
_STATEMENTS = frozenset({SELECT, QUERY})
_CONVERTS = frozenset({"model_validate", "from_orm"})
_PASSES = RESULTS | {QUERY}
_QUERY = ("query",)
_MOST = 32
_OF_ERRORS = frozenset({"failure", "undone"})
"""What only an exception makes expire."""
_ELEMENTS = 3
_KEPT = frozenset({"fetched", "stored", "saved"})
"""What a plan says of entities that are in the database."""
_NO_THINGS: tuple[Thing, ...] = ()


@dataclass(slots=True)
class Ledger:
    """What is read of entities in one function."""

    preloads: set[tuple[str, str]] = field(default_factory=set)
    """Relationships that some statement here has loaded, whatever of."""
    left_with: list[Plans] = field(default_factory=list)
    """What is loaded at each `return`."""
    bare: bool = False
    """Whether a `return` has no value."""
    lacks: dict[tuple[int, str], Lack] = field(default_factory=dict)
    """Relationships that are read where nothing has loaded them."""
    shown: dict[int, Shown] = field(default_factory=dict)
    """Entities that a schema or a response reads."""


def _base(path: Path) -> Path:
    if path.attrs and _is_query(path):
        at = next((at for at, name in enumerate(path.attrs) if name.startswith(QUERIED_PART)), 0)
        return Path(path.root, path.key, path.attrs[: at + 1])
    return Path(path.root, path.key)


def _is_query(path: Path) -> bool:
    """Whether it is the query that a mapped class or a relationship has as an attribute."""
    own = path.root == "global" and path.attrs[:1] == _QUERY
    return own or any(name.startswith(QUERIED_PART) for name in path.attrs)


def plan_of(r: Reading, path: Path) -> Plan | None:
    """The plan of the thing that a path starts from."""
    return r.plans.get(_base(path)) if r.plans else None


def _set(r: Reading, path: Path, plan: Plan) -> None:
    if path.root in ("fresh", "param") or _is_query(path):
        r.plans = {**r.plans, _base(path): plan}


def _add(loads: Iterable[tuple[str, str]], more: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((*loads, *more)))


# -- statements and options --


def function(r: Reading, name: str, given: Given, site: Site, found: Values) -> None:
    """A function of a library was called that makes a loader option or a statement."""
    short = name.rpartition(".")[2]
    if name in ("sqlalchemy.select", "sqlmodel.select"):
        plan: Plan | None = Plan("statement")
    elif name.startswith("sqlalchemy.orm.") and found and found[0].type.name == LOAD:
        plan = _option(r, short, site.source)
    else:
        return
    for value in found:
        if plan is not None:
            _set(r, value.path, plan)


def _option(r: Reading, name: str, source: Call | str, before: Plan | None = None) -> Plan:
    loads: list[tuple[str, str]] = []
    known = isinstance(source, Call)
    for arg in source.args if isinstance(source, Call) else ():
        names = _named(r, arg.value) if arg.name in ("", "keys", "attrs") else []
        if names is None:
            known = False
        else:
            loads.extend(names)
    if name == "load_only":
        return Plan("option", only=tuple(loads), open=not known)
    ways = joining.option(r, name, loads, before.ways if before is not None else ())
    if name in LOADS:
        return Plan("option", tuple(loads), open=not known, ways=ways)
    return Plan("option", off=tuple(loads) if name == "defer" else (), ways=ways)


def _named(r: Reading, expr: Expr) -> list[tuple[str, str]] | None:
    """The attributes that an argument of a loader option names, each with its class; None when nobody can tell."""
    match expr:
        case Lit(str(text)) if "*" not in text:
            return [("", name) for name in text.split(".")]
        case Attr(Name() | Attr() as of, name):
            owners = [str(value.type.name) for value in r.value(of) if value.type.kind == "class"]
            return [(owner, name) for owner in owners] or [("", name)]
        case Call(Attr(of, "of_type" | "and_")):
            return _named(r, of)
        case Lit(bool() | None):
            return []
    return None


def _options(r: Reading, values: Iterable[Values], closed: bool) -> Plan:
    """What these options together say; nothing is known of what is loaded when one of them is not known."""
    plan = Plan("option", open=not closed)
    for one in values:
        known = _known(r, one)
        if not known:
            given = tuple(value.path for value in one if value.path.root == "param")
            only = bool(given) and len(given) == len(one)
            plan = _with(plan, Plan("option", passed=given) if only else Plan("option", open=True))
        for option in known:
            plan = _with(plan, option)
    return plan


def _given_options(r: Reading, call: Call, given: Given) -> Plan:
    """What the arguments of `options(...)` say."""
    if given.rest and not given.spread and all(path.root == "param" for path in given.rest):
        beside = (values for values in given.positional if any(value.type.kind != "many" for value in values))
        return _with(_options(r, beside, True), Plan("option", passed=given.rest))
    return _options(r, _members(r, call, given), not _unknown(given))


def _members(r: Reading, call: Call, given: Given) -> list[Values]:
    """What the arguments of `options(...)` are; of what is unpacked all that the container may hold."""
    found: list[Values] = []
    for arg in call.args:
        if arg.name == "*" and not isinstance(arg.value, (Name, Attr)):
            return [NOTHING]
        if arg.name == "*":
            found.append(r.value(arg.value))
    if not found:
        return list(given.positional)
    return [*found, *(values for values in given.positional if any(value.type.kind != "many" for value in values))]


def unknown_in(r: Reading, path: Path, parts: Iterable[Values]) -> None:
    """A container of loader options gets a part of which nothing is known."""
    if r.plans and not all(parts):
        held = r.heap.get(path.attr("*"), NOTHING)
        if any(value.type.name == LOAD for value in held):
            _set(r, path, Plan("option", open=True))


def _known(r: Reading, values: Values) -> list[Plan]:
    """The plans of these values and of what containers among them hold; empty when one of them has none."""
    found: list[Plan] = []
    for value in values:
        plans = [plan_of(r, value.path)] if value.type.kind != "many" else []
        if value.type.kind == "many":
            inner = r.heap.get(value.path.attr("*"), NOTHING)
            if not inner:
                return []
            plans = [plan_of(r, one.path) for one in inner]
            plans.extend(one for one in (plan_of(r, value.path),) if one is not None)
        for plan in plans:
            if plan is None or plan.how == "partial":
                return []
            found.append(plan)
    return found


def _with(plan: Plan, option: Plan) -> Plan:
    return plan._replace(
        loads=_add(plan.loads, option.loads),
        off=_add(plan.off, option.off),
        only=_add(plan.only, option.only),
        open=plan.open or option.open,
        ways=streams.both(plan.ways, option.ways),
        passed=tuple(dict.fromkeys((*plan.passed, *option.passed))),
        fixed=tuple(dict.fromkeys((*plan.fixed, *option.fixed))),
    )


# -- calls --


def called(r: Reading, call: Call, receiver: Value, owner: str, given: Given, found: Values) -> None:
    """A method of a library class was called, on a session, a statement, a result, an option or a schema."""
    name = call.func.name if isinstance(call.func, Attr) else ""
    if owner in SESSIONS or owner in REGISTRIES:
        _on_session(r, call, receiver, owner, name, given, found)
    elif owner in EXTENSION:
        ambient = receiver._replace(path=receiver.path.attr("<session>"))
        _on_session(r, call, ambient, REGISTRY, _OF_EXTENSION.get(name, ""), given, found)
    elif owner in (SCHEMA, SQLMODEL) and name in _CONVERTS and receiver.type.kind == "class":
        taken = given.positional[0] if given.positional else given.keywords.get("obj", NOTHING)
        things = _things(r, taken, 0)
        passed.taken_apart(r, taken, str(receiver.type.name))
        if things and call.at >= 0:
            r.loading.shown[call.at] = Shown(call.at, str(receiver.type.name), things)
    else:
        plan = plan_of(r, receiver.path)
        if owner == QUERY:
            plan = plan or _asked(r, receiver)
        elif owner == WRITE_ONLY and name == "select":
            plan = None
            for value in found:
                _set(r, value.path, Plan("statement"))
        if plan is None and owner in _STATEMENTS and receiver.path.root == "param" and not receiver.path.attrs:
            plan = Plan("partial")
        if plan is None:
            return
        if name in narrowing.FILTERS and owner in _STATEMENTS:
            plan = plan._replace(fixed=narrowing.narrowed(r, plan.fixed, call))
        if owner == LOAD:
            if name == "options":
                more = _given_options(r, call, given)
                more = more._replace(ways=joining.beneath(plan.ways, more.ways))
            else:
                more = _option(r, name, call, plan)
            _set(r, receiver.path, _with(plan, more))
        elif name == "options" and owner in _STATEMENTS:
            _set(r, receiver.path, _with(plan, _given_options(r, call, given)))
        elif name == "execution_options" and owner in _STATEMENTS:
            _set(r, receiver.path, plan._replace(ways=streams.both(plan.ways, streams.options(call))))
        elif owner == SELECT:
            _set(r, receiver.path, plan._replace(ways=joining.passed(plan.ways, name)))
        elif plan.how == "partial":
            if any(value.path == receiver.path for value in found):
                _set(r, receiver.path, plan)
        elif owner in _PASSES:
            joining.fetched(r, call, plan, owner, name, receiver.sure)
            plan = plan._replace(ways=joining.passed(streams.passed(plan.ways, owner, name), name))
            if any(value.path == receiver.path for value in found):
                _set(r, receiver.path, plan)
            sent_here = owner != QUERY and plan.where == r.unit.key
            for value in found:
                if value.path != receiver.path and value.path.root == "fresh":
                    _fetch(r, value, plan, plan.at if sent_here else call.at)


def paged(r: Reading, queries: Values, sessions: Values, found: Values, site: Site) -> None:
    """A library fetches a page of what these find, on one of the sessions or on that of the query."""
    plans = [_sent(r, value) for value in queries if value.type.kind in ("instance", "class")]
    for session in sessions:
        kind = r.classes.session_kind(session.type)
        renewing.flushed(r, session.path.owner(), kind, "query", site.at, written(site.source), session.sure)
    for value in found if None not in plans else ():
        plan = Plan("fetched", sure=value.sure)
        for session in sessions:
            plan = plan._replace(session=session.path.owner(), kind=r.classes.session_kind(session.type))
        for one in plans:
            if one is not None:
                plan = _with(plan, one)
                plan = plan if sessions else plan._replace(session=one.session, kind=one.kind)
        _fetch(r, value, plan, site.at)


def _sent(r: Reading, value: Value) -> Plan | None:
    """The plan of a statement or query; a class of rows stands for all of them."""
    if value.type.kind == "class":
        return Plan("statement")
    plan = plan_of(r, value.path)
    return plan if plan is not None and plan.how != "partial" else _asked(r, value)


def _asked(r: Reading, value: Value) -> Plan | None:
    """The plan of the query that a mapped class or a relationship has, as it is."""
    if value.type.name != QUERY or not _is_query(value.path):
        return None
    known = r.plans.get(Path(value.path.root, value.path.key))
    session = known.session if known is not None and value.path.root != "global" else UNKNOWN
    return Plan("statement", session=session, kind=SESSION, sure=value.sure)


def _unknown(given: Given) -> bool:
    return bool(given.rest or given.spread) or (given.open_ended and not given.positional)


def _fetch(r: Reading, value: Value, plan: Plan, at: int) -> None:
    """What this value is was fetched as the plan says; a fetch loads what had expired of entities it meets."""
    r.loading.preloads.update(plan.loads)
    classes = tuple(_classes(r, value.type))
    _set(r, value.path, plan._replace(how="fetched", at=at, where=r.unit.key, classes=classes or plan.classes))
    for path, other in r.plans.items():
        old = other.stale is not None or other.update is not None or other.pending
        beside = old and other.session == plan.session and path != _base(value.path)
        if beside and not (other.classes and set(other.classes).isdisjoint(classes)):
            _set(r, path, renewing.forget(other._replace(stale=None)))


def _makes_entities(r: Reading, symbol: str) -> bool:
    """Whether what is fetched as this class is an entity: of it, or of a class that it is mixed into."""
    return r.classes.is_entity(symbol) or any(r.classes.is_mixed_into(symbol, base) for base in (DECLARATIVE, SQLMODEL))


def _classes(r: Reading, kind: Type, depth: int = 0) -> Iterator[str]:
    if kind.kind == "instance" and _makes_entities(r, str(kind.name)):
        yield str(kind.name)
    elif depth < _ELEMENTS:
        for arg in kind.args:
            yield from _classes(r, arg, depth + 1)


def _on_session(r: Reading, call: Call, receiver: Value, owner: str, name: str, given: Given, found: Values) -> None:
    session = receiver.path.owner()
    asked = given.positional[0] if given.positional else given.keywords.get("statement", NOTHING)
    if name in _EXECUTES:
        plans = _known(r, asked)
        if plans:
            renewing.flushed(r, session, owner, "query", call.at, render(call), receiver.sure)
        else:
            renewing.loaded(r, session)
        for value in found if plans else ():
            plan = Plan("fetched", session=session, kind=owner, sure=receiver.sure)
            for one in plans:
                plan = _with(plan, one)
            joined = joining.sent(r, plan, plans, _classes(r, value.type))
            plan = plan._replace(ways=streams.both(streams.fetched(plan.ways, owner, call), joined))
            _fetch(r, value, plan, call.at)
    elif name in _GETS:
        plan = Plan("fetched", session=session, kind=owner, sure=receiver.sure)
        if "options" in given.keywords or _unknown(given):
            plan = _with(plan, _options(r, (given.keywords.get("options", NOTHING),), not _unknown(given)))
        for value in found:
            _fetch(r, value, plan, call.at)
    elif name == "query":
        for value in found:
            _set(r, value.path, Plan("statement", session=session, kind=owner, sure=receiver.sure))
    elif name == "refresh":
        _refresh(r, call, asked or given.keywords.get("instance", NOTHING), session, owner, given)
    elif name in ("add", "add_all"):
        for value in (*asked, *given.keywords.get("instance", NOTHING)):
            for entity in r.element((value,)) if value.type.kind == "many" else (value,):
                _joins(r, entity, session, owner)
    elif name in ("expunge", "merge"):
        for value in asked:
            r.plans = {path: plan for path, plan in r.plans.items() if path != _base(value.path)}
    elif name == "expunge_all":
        r.plans = {path: plan for path, plan in r.plans.items() if plan.session != session}
    elif name == "expire" and len(call.args) == 1:
        for value in asked:
            known = plan_of(r, value.path)
            if known is not None and not value.path.attrs and known.how == "fetched":
                _set(r, value.path, known._replace(stale=Stale("expire", r.unit.key, call.at, render(call))))
    elif name == "expire_all":
        expire(r, session, "expire_all", call.at, render(call))


def _joins(r: Reading, value: Value, session: Path, owner: str) -> None:
    """An entity is added to a session."""
    plan = plan_of(r, value.path)
    if plan is None and value.path.root in ("param", "fresh") and not value.path.attrs and _is_entity(r, value):
        _set(r, value.path, Plan("made", session=session, kind=owner, open=True, classes=(str(value.type.name),)))
    elif plan is not None and plan.how == "made":
        _set(r, value.path, plan._replace(session=session, kind=owner))
    elif plan is not None and plan.session == UNKNOWN and plan.how == "received":
        _set(r, value.path, plan._replace(how="made", session=session, kind=owner))


def _refresh(r: Reading, call: Call, values: Values, session: Path, owner: str, given: Given) -> None:
    """An entity is loaded anew: all of it, with the options of the statement that fetched it, or what is named."""
    names: list[tuple[str, str]] | None = []
    named = "attribute_names" in given.keywords or len(given.positional) > 1
    if named:
        names = None
        for arg in call.args[1:]:
            if isinstance(arg.value, Items) and arg.value.kind in ("list", "tuple", "set"):
                texts = [part.value for part in arg.value.of if isinstance(part, Lit) and isinstance(part.value, str)]
                names = [("", text) for text in texts] if len(texts) == len(arg.value.of) else None
    for value in values:
        if not _is_entity(r, value):
            continue
        plan = plan_of(r, value.path)
        if value.path.root not in ("fresh", "param"):
            continue
        if value.path.attrs:
            if plan is not None:
                _set(r, value.path, renewing.forget(plan._replace(stale=None, open=True)))
            continue
        classes = (str(value.type.name),)
        if plan is None and named:
            continue
        if plan is None:
            plan = Plan("fetched", session=session, kind=owner, classes=classes, open=True, sure=value.sure)
        elif plan.how in ("made", "stored", "saved") and not named:
            how = "stored" if plan.how == "made" else plan.how
            plan = plan._replace(how=how, loads=(), open=plan.open and value.path.root == "param")
        elif plan.how == "received":
            plan = plan._replace(how="fetched")
        plan = plan._replace(
            loads=_add(plan.loads, names or ()),
            open=plan.open or names is None,
            stale=None,
            session=session,
            kind=owner,
        )
        if named:
            plan = renewing.named(plan, (name for _, name in names)) if names is not None else renewing.forget(plan)
        else:
            plan = renewing.forget(plan._replace(at=call.at, where=r.unit.key, again=True))
        _set(r, value.path, plan)


def made(r: Reading, symbol: str, path: Path, given: Given, site: Site) -> None:
    """An instance of a class is made: an entity has what it is given and nothing else, without any statement."""
    if symbol in (FACTORY, ASYNC_FACTORY) or symbol in SESSIONS or r.classes.is_a(symbol, SESSIONS):
        _factory(r, symbol, given, site)
    elif symbol == LOAD:
        _set(r, path, Plan("option"))
    elif r.classes.is_entity(symbol):
        loads = tuple((symbol, name) for name in given.keywords)
        unsure = given.open_ended or r.classes.is_dataclass(symbol)
        _set(r, path, Plan("made", loads, unsure, classes=(symbol,), at=_at(path), where=r.unit.key))


def _at(path: Path) -> int:
    return path.key if isinstance(path.key, int) else -1


def _is_entity(r: Reading, value: Value) -> bool:
    return value.type.kind == "instance" and r.classes.is_entity(str(value.type.name))


# -- what happens to a session --


def happen(r: Reading, verb: Verb, path: Path, kind: str, at: int, text: str, via: str, sure: Confidence) -> None:
    """Something was done to a session: a commit or a rollback makes what it holds expire, a close lets go of it."""
    if verb in (Verb.FLUSH, Verb.COMMIT):
        renewing.flushed(r, path, kind, verb.value, at, text, min(sure, Confidence.LIKELY) if via else sure)
        for key, plan in r.plans.items():
            if plan.how in ("made", "stored") and plan.session == path:
                _set(r, key, plan._replace(how="saved" if verb is Verb.COMMIT else "stored"))
    if verb is Verb.ROLLBACK and not via:
        new = {key for key, plan in r.plans.items() if plan.how in ("made", "stored") and plan.session == path}
        _receive(r, path, kind)
        r.plans = {key: plan for key, plan in r.plans.items() if key not in new or plan.how == "received"}
        expire(r, path, "rollback", at, text)
    elif verb in (Verb.USE, Verb.READ, Verb.LOAD) and via:
        renewing.loaded(r, path)
    elif verb is Verb.COMMIT:
        renewing.committed(r, path)
        expire(r, path, "commit", at, text, min(sure, Confidence.LIKELY) if via else Confidence.CERTAIN)
    elif verb is Verb.CLOSE:
        closed(r, path)


def at_handler(r: Reading, before: Plans, last: Set[int]) -> None:
    """A handler begins: what was new before the `try` is not sure to be stored: the commit may be what failed. What the
    `last` calls of the block fetch is not there when they fail, and nothing fails after them."""
    r.plans = {key: plan for key, plan in r.plans.items() if key in before or plan.at not in last}
    for key, plan in r.plans.items():
        if plan.how == "saved" and (key not in before or before[key].how in ("made", "stored", "received")):
            _set(r, key, plan._replace(how="stored"))


def undone(r: Reading, path: Path, kind: str, how: str, at: int, text: str, sure: Confidence, new: Set[Path]) -> None:
    """An exception was caught that has made what a session holds expire. A parameter that was to be stored may be new,
    and then it has not."""
    _receive(r, path, kind, added=False)
    expire(r, path, how, at, text, sure)
    for key, plan in r.plans.items():
        if key in new and plan.how == "received" and plan.stale is not None and plan.stale.at == at:
            _set(r, key, plan._replace(stale=plan.stale._replace(sure=Confidence.POSSIBLE)))


def _receive(r: Reading, session: Path, kind: str, *, added: bool = True) -> None:
    """Entities that came as parameters beside the session are likely its own, those that are added to it here when that
    counts and they were changed."""
    if session.root not in ("param", "injected"):
        return
    for param in r.unit.definition.params:
        for value in r.env.get(param.name, NOTHING):
            known = r.plans.get(value.path)
            changed = added and known is not None and known.how in ("made", "stored") and bool(_stored(r, value.path))
            bound = known is not None and (known.how != "received" or known.session != UNKNOWN)
            received = value.path.root == "param" and not value.path.attrs and (not bound or changed)
            own = r.unit.klass is not None and value.path.key == 0
            if received and not own and _is_entity(r, value) and r.classes.is_mapped(str(value.type.name)):
                plan = Plan("received", open=True, session=session, kind=kind, classes=(str(value.type.name),))
                _set(r, value.path, plan._replace(sure=Confidence.LIKELY))


def expire(r: Reading, session: Path, how: str, at: int, text: str, sure: Confidence = Confidence.CERTAIN) -> None:
    """All that this session holds has expired: what is read of it next is loaded anew."""
    for key, plan in r.plans.items():
        if plan.how in ("fetched", "received", "saved") and plan.session == session and not _is_result(plan):
            if plan.stale is not None and not _outdoes(how, plan.stale.how):
                continue
            if how != "commit":
                plan = renewing.forget(plan)
            kept = tuple(load for load in plan.loads if load[0])
            _set(r, key, plan._replace(loads=kept, stale=Stale(how, r.unit.key, at, text, sure)))


def _outdoes(how: str, before: str) -> bool:
    """Whether what has expired in one way does so again in another."""
    return before != how and (before in _OF_ERRORS or before == "commit") and how != "commit"


def _is_result(plan: Plan) -> bool:
    return not plan.classes


def closed(r: Reading, session: Path) -> None:
    """A session is closed: what it has loaded stays as it is, and nothing more can be loaded."""
    for key, plan in r.plans.items():
        if plan.session == session and plan.how in ("fetched", "stored", "saved", "received") and not plan.closed:
            _set(r, key, plan._replace(closed=True))


def committed(r: Reading, session: Path, at: int, text: str, closes: bool = False) -> None:
    """A block that owns a transaction ends, and with it, when it `closes`, the session."""
    if r.plans:
        happen(r, Verb.COMMIT, session, "", at, text, "", Confidence.CERTAIN)
        if closes:
            closed(r, session)


def leave(r: Reading, values: Values) -> None:
    """The function is left here with these: `with` blocks that hold a session close it. What was made here and is not
    handed out on this way is no matter to callers."""
    plans = r.plans
    for frame in r.frames if plans else ():
        if frame.kind == "begin" and frame.where == r.unit.key and not frame.through:
            committed(r, frame.path, frame.at, frame.text)
    for session in r.blocks.within:
        closed(r, session)
    wanted = _handed_out(r, values) if r.plans else set()
    r.loading.left_with.append({path: plan for path, plan in r.plans.items() if path.root != "fresh" or path in wanted})
    r.plans = plans


def _handed_out(r: Reading, values: Iterable[Value]) -> set[Path]:
    """What is among these, in them, or in what the function was given."""
    found = {_base(value.path) for value in values}
    for path, held in r.heap.items():
        if path.root != "fresh":
            found.update(_base(value.path) for value in held)
    return _holding(r, found)


def _holding(r: Reading, found: set[Path]) -> set[Path]:
    """These and what they hold, also by what they hold."""
    for _ in range(_ELEMENTS):
        more = {_base(one.path) for path, held in r.heap.items() if _base(path) in found for one in held} - found
        if not more:
            break
        found |= more
    return found


def doubt(r: Reading, plans: list[Plans]) -> None:
    """What has expired on one side of a test only may be asked for on the other side only."""
    for key, plan in r.plans.items():
        if plan.stale is not None and not all(
            (known := one.get(key)) is None or known.stale is not None for one in plans
        ):
            beside = plan.stale.beside and plan.stale.beside._replace(sure=Confidence.POSSIBLE)
            plan = plan._replace(stale=plan.stale._replace(sure=Confidence.POSSIBLE, beside=beside))
            _set(r, key, plan)
        if plan.update is not None and any(key not in one or one[key].update is None for one in plans):
            _set(r, key, plan._replace(update=plan.update._replace(sure=Confidence.POSSIBLE)))


def joined_plans(states: Iterable[Plans]) -> Plans:
    """What may be loaded after any of these states: all that may be, and what has expired in one of them."""
    every = list(states)
    if all(one is every[0] for one in every):
        return every[0]
    found: dict[Path, Plan] = {}
    for plans in every:
        for path, plan in plans.items():
            known = found.get(path)
            if known is None or known == plan:
                found[path] = plan
                continue
            merged = renewing.either(plan, _with(known, plan))
            ways = joining.either(known.ways, plan.ways)
            stale = _either(known.stale, plan.stale)
            how = _origin({known.how, plan.how})
            only = known.only if known.only == plan.only else ()
            off = tuple(one for one in known.off if one in plan.off)
            expired = [one for one in (known, plan) if one.stale is not None]
            found[path] = merged._replace(
                loads=_again(merged, expired[0]) if len(expired) == 1 else merged.loads,
                stale=stale,
                how=how,
                only=only,
                off=off,
                closed=known.closed and plan.closed,
                sure=min(known.sure, plan.sure),
                ways=ways,
                fixed=tuple(name for name in known.fixed if name in plan.fixed),
            )
    return {
        path: _in_some(plan) if path.root == "param" and not all(path in one for one in every) else plan
        for path, plan in found.items()
    }


def _in_some(plan: Plan) -> Plan:
    """A plan of a parameter that is not known on all ways: callers may have loaded more. What is added to a statement
    is told apart by it from what they have; there, a filter in some of the ways is none."""
    return plan._replace(fixed=()) if plan.how == "partial" else plan._replace(open=True)


def _origin(hows: set[str]) -> str:
    """What is said of an entity that has come in one of these ways: it is new where it was not stored, and else it was
    there before where that may be."""
    return next((how for how in ("made", "fetched", "saved", "stored") if how in hows), min(hows))


def _again(merged: Plan, expired: Plan) -> tuple[tuple[str, str], ...]:
    """What is there where one of two plans has expired: what was set or read since counts only there."""
    return tuple(load for load in merged.loads if load[0] or load in expired.loads)


def _either(one: Stale | None, other: Stale | None) -> Stale | None:
    """What has made an entity expire on one of two ways here."""
    strong, weak = sorted((one, other), key=_weight, reverse=True)
    if strong is None or weak is None or strong.how != "commit" or strong.beside is not None:
        return strong
    return strong._replace(beside=weak if weak.how in _OF_ERRORS else weak.beside)


def _weight(stale: Stale | None) -> int:
    """By this the one is chosen that is told: what makes all expire, what does so by the settings, what may fail."""
    if stale is None:
        return 0
    return 1 if stale.how in _OF_ERRORS else 2 if stale.how == "commit" else 3


def turned(r: Reading, started: Plans) -> None:
    """A loop goes on: what has expired in one way of its turn is so in the next, whatever that asks."""
    for key, plan in r.plans.items():
        weak = plan.stale is not None and plan.stale.how in _OF_ERRORS
        if plan.stale is not None and plan.stale.sure is Confidence.POSSIBLE and key in started and not weak:
            plan = plan._replace(stale=plan.stale._replace(sure=Confidence.LIKELY, each=True))
            _set(r, key, plan)
        if plan.update is not None and key in started and started[key].update is None:
            _set(r, key, renewing.forget(plan))


def comes_back(started: Plans, after: Plans) -> bool:
    """Whether the next turn of a loop finds something expired that this one did not."""
    return started is not after and any(
        plan.stale is not None and path in started and started[path].stale is None for path, plan in after.items()
    )


# -- reads --


def read(r: Reading, values: Values, name: str) -> None:
    """An attribute of an entity is read here, whichever of these values it is."""
    lack = _lacking(r, values, name)
    if lack is not None and r.place >= 0 and not r.apart:
        add(r, lack)


def read_by(r: Reading, values: Values, ask: Ask, at: int, sure: Confidence) -> None:
    """A callee reads an attribute of an entity that it is passed at `at`, or makes a schema of it."""
    if ask.schema:
        things = _things(r, values, 0)
        if things:
            r.loading.shown.setdefault(
                at, Shown(at, ask.schema, tuple(_at_most(one, sure) for one in things), through=ask)
            )
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


def read_within(r: Reading, value: Value, ask: Ask) -> None:
    """A property of an entity, which is read here, reads an attribute of it."""
    lack = _lacking(r, (value,), ask.name)
    if lack is not None:
        add(r, lack._replace(by=ask))


def _at_most(thing: Thing, sure: Confidence) -> Thing:
    return thing._replace(plan=thing.plan._replace(sure=min(thing.plan.sure, sure)))


def _lacking(r: Reading, values: Values, name: str) -> Lack | None:
    """What is missing when this attribute is read, whichever of these values it is read of."""
    found = [lack for value in values if value.type != NONE for lack in _read(r, value, name)]
    lacks = [lack for lack in found if lack is not None]
    return max(lacks, key=lambda one: one.absent) if lacks and len(lacks) == len(found) else None


def add(r: Reading, lack: Lack) -> None:
    """An attribute that is read is not there, which is said once."""
    stale = lack.thing.plan.stale
    for one in r.loading.lacks.values():
        if one.renewed is not lack.renewed:
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
    before = rounds[-1].plans.get(_base(value.path))
    if not rounds[-1].again and (before is None or before.stale is None):
        plan = plan._replace(stale=plan.stale._replace(each=True))
    return Lack(r.place, r.spoken, symbol, name, attribute.kind, False, Thing(symbol, True, plan, ()))


def _read(r: Reading, value: Value, name: str) -> Iterator[Lack | None]:
    """What one value lacks of what is read: None when it lacks nothing, or when that is not known."""
    plan = plan_of(r, value.path)
    if plan is not None and value.path.attrs[-1:] == ("awaitable_attrs",):
        _set(r, value.path, plan._replace(loads=_add(plan.loads, (("", name),))))
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
            _set(r, value.path, plan._replace(loads=_add(plan.loads, (("", name),)), stale=None))
        yield _fetched_again(r, value, plan, name)
        return
    symbol = str(value.type.name)
    attribute = mapped(r.classes, symbol, name)
    stale = plan.stale if attribute is not None and len(value.path.attrs) <= 1 else None
    if stale is not None:
        _set(r, value.path, plan._replace(stale=None))
    absent = attribute is not None and not plan.is_open and unloaded(r, plan, symbol, attribute)
    gone = not absent and len(value.path.attrs) <= 1 and renewing.is_gone(r.classes, plan, symbol, name)
    if attribute is None or (stale is None and not absent and not gone):
        yield None
        return
    if gone:
        _set(r, value.path, renewing.named(r.plans[_base(value.path)], (name,)))
    if absent:
        now = r.plans[_base(value.path)]
        _set(r, value.path, now._replace(loads=_add(now.loads, ((attribute.owner, name),))))
    thing = Thing(symbol, "*" in value.path.attrs, plan._replace(stale=stale), ())
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
            yield from _classes(r, value.type)


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


def _things(r: Reading, values: Values, depth: int) -> tuple[Thing, ...]:
    """The entities among these values and in containers of them; none when of one it is not known what is loaded."""
    found: dict[tuple[str, bool, str], Thing] = {}
    for value in values:
        if value.type.kind == "many" and depth < _ELEMENTS:
            keyed = _keyed(r, value) if depth == 0 else _NO_THINGS
            things = keyed or tuple(one._replace(many=True) for one in _things(r, r.element((value,)), depth + 1))
        elif _is_entity(r, value):
            plan = plan_of(r, value.path)
            whole = len(value.path.attrs) <= 1 and value.sure >= Confidence.LIKELY
            kept = plan is not None and (plan.how in _KEPT or plan.update is not None or _is_looped_over(plan, value))
            if plan is None or not kept or not whole:
                return ()
            loads = {
                load for one in r.plans.values() if one.session == plan.session for load in one.loads
            } | r.loading.preloads
            plan = plan._replace(loads=tuple(sorted({*plan.loads, *loads})), sure=min(plan.sure, value.sure))
            known = tuple(sorted(_stored(r, value.path)))
            things = (Thing(str(value.type.name), "*" in value.path.attrs, plan, known),)
        else:
            continue
        for thing in things:
            key = (thing.entity, thing.many, thing.field)
            other = found.get(key)
            if other is not None:
                stale, update = thing.plan.stale and other.plan.stale, thing.plan.update and other.plan.update
                plan = _with(thing.plan, other.plan)._replace(stale=stale, update=update)
                thing = thing._replace(plan=plan, known=tuple(sorted({*thing.known, *other.known})))
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
    found = ((name, thing) for name, values in fields.items() for thing in _things(r, values, depth))
    return tuple(thing._replace(field=name) for name, thing in found)


def schema_made(r: Reading, symbol: str, args: tuple[Type, ...], given: Given, at: int) -> None:
    """A schema is made of its fields, of which those that are schemas take apart what they are given."""
    things = _by_field(r, given.keywords, 0) if r.plans and at >= 0 else _NO_THINGS
    if things:
        r.loading.shown[at] = Shown(at, symbol, things, args=args)


def _stored(r: Reading, path: Path) -> set[str]:
    """The attributes of an object that were set here."""
    count = len(path.attrs)
    return {one.attrs[count] for one in r.heap if one[:2] == path[:2] and len(one.attrs) > count}


def returned(r: Reading, at: int, values: Values) -> None:
    """A decorated function, which may be a handler, returns entities."""
    if at >= 0 and r.unit.definition.decorators and r.plans:
        things = _things(r, values, 0)
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
    things = _things(r, (value,), 0) if each else _NO_THINGS
    return things if things and not things[0].plan.is_open and things[0].plan.kind not in ASYNC else _NO_THINGS


def assigned(r: Reading, of: Value, name: str) -> None:
    """An attribute of an entity, any when `name` is "", is set here: it is there from now on."""
    if not _is_entity(r, of) or of.path.root not in ("fresh", "param"):
        return
    plan = renewing.assigned(r, plan_of(r, of.path), of, name)
    if plan is not None:
        _set(r, of.path, plan)
    plan = plan_of(r, of.path)
    if plan is not None and name and ("", name) not in plan.loads:
        _set(r, of.path, plan._replace(loads=(*plan.loads, ("", name))))


def row_member(r: Reading, value: Value, index: int) -> Values:
    """A part of a row: of its types only the first is known, and a row of one thing passes for that thing."""
    if index or value.path.root != "fresh":
        return NOTHING
    if _is_entity(r, value):
        return (value,)
    if value.type.kind == "instance" and value.type.name == ROW and value.type.args:
        return (value._replace(type=value.type.args[0]),)
    return NOTHING


# -- other functions --


def exported(r: Reading, falls: bool, handed_out: Iterable[Value]) -> dict[Path, Plan]:
    """What callers must know: of what they get, and of what they passed."""
    states = [*r.loading.left_with, *([r.plans] if falls and not _exhausts(r) else [])]
    plans = joined_plans(states) if states else {}
    if not plans:
        return {}
    wanted = _holding(r, {_base(value.path) for value in handed_out})
    found = {
        path: plan
        for path, plan in plans.items()
        if path in wanted or (path.root == "param" and (plan.how != "received" or plan.update or plan.pending))
    }
    return dict(list(found.items())[:_MOST])


def _exhausts(r: Reading) -> bool:
    """Whether this function ends where its last loop has run out, and everything else that it returns is a value: who
    tries again so many times raises the last time."""
    return bool(r.loading.left_with) and not r.loading.bare and isinstance(r.unit.body[-1], Repeat)


def _as_passed(r: Reading, plan: Plan, unit: Unit, applied: Applied, given: Given) -> Plan:
    """A plan with the loader options that are passed here."""
    found = plan._replace(passed=())
    for path in plan.passed:
        values = tuple(value for value in applied.path(path) if value.type != NONE)
        if applied.is_given(int(path.key)):
            more = _options(r, (values,) if values or not applied.path(path) else (), True)
            always = len(values) == len(applied.path(path))
            found = _with(found, more if always else more._replace(off=(), only=()))
        elif given.open_ended or not _says_nothing(unit.definition.params[int(path.key)]):
            found = found._replace(open=True)
    return found


def _says_nothing(param: Param) -> bool:
    """Whether a parameter of loader options brings none when it is not given."""
    default = param.default
    return param.kind == "star" or default == Lit(None) or (isinstance(default, Items) and not default.of)


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, given: Given) -> None:
    """What a callee knows of what it returns, and of what it was passed, holds here."""
    for path, plan in summary.plans.items():
        plan = _as_passed(r, plan, unit, applied, given) if plan.passed else plan
        sessions = applied.path(plan.session) if plan.session != UNKNOWN else NOTHING
        plan = plan._replace(session=sessions[0].path.owner() if sessions else UNKNOWN)
        kind = r.classes.session_kind(sessions[0].type) if sessions else ""
        if kind in SESSIONS and plan.kind in SESSIONS:  # another caller may pass one of the other kind
            plan = plan._replace(kind=kind)
        if path.root == "fresh":
            mapped_to = applied.fresh(path)
            if mapped_to != UNKNOWN:
                _set(r, mapped_to, plan)
            continue
        if _is_query(path):
            for here in [path] if path.root == "global" else [value.path for value in applied.path(path)]:
                known = r.plans.get(here)
                if _is_query(here):
                    _set(r, here, plan if known is None else _with(known, plan))
            continue
        own = plan
        for value in applied.path(path):
            known = plan_of(r, value.path)
            if plan.how == "partial":
                if known is not None or value.path.root == "param":
                    _set(r, value.path, plan if known is None else _with(known, plan))
                continue
            if plan.how == "received" and known is None and value.path.root == "param" and plan.session.root == "fresh":
                continue  # it was there before the session was opened
            if not value.path.attrs and value.path.root in ("fresh", "param"):
                if known is not None and plan.how == "received":
                    plan = known._replace(sure=min(known.sure, plan.sure))
                if known is not None and plan.again and known.how == "made":
                    plan = plan._replace(open=False)
                elif known is not None:
                    loads = _add(known.loads, plan.loads)
                    how = known.how if known.how == "fetched" and plan.how in ("stored", "saved") else plan.how
                    plan = plan._replace(how=how, loads=loads, open=known.open, at=known.at, where=known.where)
                _set(r, value.path, renewing.taken_over(known, plan, own))
            elif known is not None:
                _set(r, value.path, renewing.forget(known._replace(stale=None, open=True)))


def _factory(r: Reading, symbol: str, given: Given, site: Site) -> None:
    """A factory of sessions, or a session by itself, is made: whether its entities expire with each commit."""
    if site.at < 0:
        return
    known, value = constant(given.keywords.get("expire_on_commit", NOTHING))
    keeps = "yes" if known and value is False else "" if given.open_ended or not _said(known, given) else "no"
    kind = symbol
    for one in given.keywords.get("class_", NOTHING):
        kind = str(one.type.name)
    asynchronous = "async" in kind.lower()
    flushes = constant(given.keywords.get("autoflush", NOTHING))[1] is True or "autoflush" not in given.keywords
    r.autocommit.factories[site.at] = Factory(site.at, asynchronous, keeps, autocommit.bound(given), flushes)


def _said(known: bool, given: Given) -> bool:
    return known or "expire_on_commit" not in given.keywords
