"""What is loaded of an entity where it is read: by the statement that fetched it, by what was done to it and to its
session since, and by how it is mapped.

A plan is kept for each thing made here that is an entity, or leads to one: a loader option, a statement, a result, what
was fetched. It follows the flow of control. Where a plan is missing nothing is known, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Bind, Branch, Call, Expr, Handler, Items, Leave, Lit, Name, Param, Repeat
from ...knowledge.flask import EXTENSION
from ...knowledge.loading import LOAD
from ...knowledge.marshmallow import CHOOSES, DUMPED
from ...knowledge.sqlalchemy import (
    DECLARATIVE,
    FACTORIES,
    QUERY,
    REGISTRIES,
    REGISTRY,
    RESULTS,
    SELECT,
    SESSION,
    SESSIONS,
    WRITE_ONLY,
)
from ...knowledge.sqlmodel import SCHEMA, SQLMODEL
from ...model import Confidence
from ..modules import last_name
from ..parts import parts, reads
from ..reading import narrowing, passed
from ..summary import Lack, Plan, Shown, Stale, Thing
from ..text import render, written
from ..values import NONE, NOTHING, UNKNOWN, Path, Value, Values
from . import joining, lacking, options, planning, renewing, streams

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Given, Site
    from ..reading.reading import Reading
    from ..reading.state import Plans
    from ..summary import Summary

_EXECUTES = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec"})
_GETS = frozenset({"get", "get_one"})
_OF_EXTENSION = {"paginate": "execute", "first_or_404": "scalar", "one_or_404": "scalar", "get_or_404": "get"}
"""What methods of an extension do with its ambient session."""
_STATEMENTS = frozenset({SELECT, QUERY})
_CONVERTS = frozenset({"model_validate", "from_orm"})
_PASSES = RESULTS | {QUERY}
_MOST = 32


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


# -- calls --


def called(r: Reading, call: Call, receiver: Value, owner: str, given: Given, found: Values) -> None:
    """A method of a library class was called, on a session, a statement, a result, an option or a schema."""
    name = call.func.name if isinstance(call.func, Attr) else ""
    if owner in SESSIONS or owner in REGISTRIES:
        _on_session(r, call, receiver, owner, name, given, found)
    elif owner in EXTENSION:
        ambient = receiver._replace(path=receiver.path.attr("<session>"))
        _on_session(r, call, ambient, REGISTRY, _OF_EXTENSION.get(name, ""), given, found)
    elif owner in (SCHEMA, SQLMODEL) and last_name(call) in _CONVERTS and receiver.type.kind == "class":
        taken = given.positional[0] if given.positional else given.keywords.get("obj", NOTHING)
        _validates(r, receiver, taken, last_name(call), call.at)
    elif owner == DUMPED:
        if given.positional and isinstance(call.func, Attr) and not _is_part(r, call.func.of):
            _validates(r, receiver, given.positional[0], "dump", call.at)
    else:
        plan = planning.plan_of(r, receiver.path)
        if owner == QUERY:
            plan = plan or _asked(r, receiver)
        elif owner == WRITE_ONLY and name == "select":
            plan = None
            for value in found:
                planning.keep(r, value.path, Plan("statement"))
        if plan is None and owner in _STATEMENTS and receiver.path.root == "param" and not receiver.path.attrs:
            plan = Plan("partial")
        if plan is None:
            return
        if name in narrowing.FILTERS and owner in _STATEMENTS:
            plan = plan._replace(fixed=narrowing.narrowed(r, plan.fixed, call))
        if owner == LOAD:
            if name == "options":
                more = options.given_options(r, call, given)
                more = more._replace(ways=joining.beneath(plan.ways, more.ways))
            else:
                more = options.option(r, name, call, plan)
            planning.keep(r, receiver.path, options.combined(plan, more))
        elif name == "options" and owner in _STATEMENTS:
            planning.keep(r, receiver.path, options.under(r.guard, plan, options.given_options(r, call, given)))
        elif name == "execution_options" and owner in _STATEMENTS:
            planning.keep(r, receiver.path, plan._replace(ways=streams.both(plan.ways, streams.options(call))))
        elif owner == SELECT:
            planning.keep(r, receiver.path, plan._replace(ways=joining.passed(plan.ways, name)))
        elif plan.how == "partial":
            if any(value.path == receiver.path for value in found):
                planning.keep(r, receiver.path, plan)
        elif owner in _PASSES:
            joining.fetched(r, call, plan, owner, name, receiver.sure)
            plan = plan._replace(ways=joining.passed(streams.passed(plan.ways, owner, name), name))
            if any(value.path == receiver.path for value in found):
                planning.keep(r, receiver.path, plan)
            sent_here = owner != QUERY and plan.where == r.unit.key
            for value in found:
                if value.path != receiver.path and value.path.root == "fresh":
                    _fetch(r, value, plan, plan.at if sent_here else call.at)


def _is_part(r: Reading, made: Expr) -> bool:
    """Whether a schema may have been made with less than all of its fields: where one is made that is known by name, or
    by the call, no argument says so."""
    if isinstance(made, Call):
        return any(arg.name in CHOOSES for arg in made.args)
    if not isinstance(made, Name):
        return True
    variable = r.names.variable(r.symbol(made))
    binds = variable[1] if variable is not None else (part for part in r.pieces if isinstance(part, Bind))
    values = [bind.value for bind in binds if made in bind.targets or variable is not None]
    return not values or any(not isinstance(value, Call) or _is_part(r, value) for value in values)


def _validates(r: Reading, schema: Value, taken: Values, name: str, at: int) -> None:
    """A schema takes apart what it is given: an entity, or things of which some are entities."""
    said = str(schema.type.name)
    below = schema.path.root == "param" and bool(r.classes.subclasses(said))
    things = lacking.things_in(r, taken, 0)
    given = [one for one in taken if one.type != NONE]
    alone = name == "model_validate" and bool(given) and all(planning.is_entity(r, one) for one in given)
    if alone and not things:
        received = Plan("received", open=True, sure=min(one.sure for one in given))
        things = (Thing(str(given[0].type.name), False, received, ()),)
    passed.taken_apart(r, taken, schema, name == "model_validate")
    if things and at >= 0:
        r.loading.shown[at] = Shown(at, said, things, alone=alone and not below)


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
                plan = options.combined(plan, one)
                plan = plan if sessions else plan._replace(session=one.session, kind=one.kind)
        _fetch(r, value, plan, site.at)


def beside(r: Reading, pairs: Path, values: Values) -> None:
    """Rows come one by one beside something else: through the same cursor."""
    for value in values:
        plan = planning.plan_of(r, value.path)
        if plan is not None and not value.path.attrs and streams.is_unfinished(plan.ways):
            planning.keep(r, pairs, plan)


def _sent(r: Reading, value: Value) -> Plan | None:
    """The plan of a statement or query; a class of rows stands for all of them."""
    if value.type.kind == "class":
        return Plan("statement")
    plan = planning.plan_of(r, value.path)
    return plan if plan is not None and plan.how != "partial" else _asked(r, value)


def _asked(r: Reading, value: Value) -> Plan | None:
    """The plan of the query that a mapped class or a relationship has, as it is."""
    if value.type.name != QUERY or not planning.is_query(value.path):
        return None
    known = r.plans.get(Path(value.path.root, value.path.key))
    session = known.session if known is not None and value.path.root != "global" else UNKNOWN
    return Plan("statement", session=session, kind=SESSION, sure=value.sure)


def _fetch(r: Reading, value: Value, plan: Plan, at: int) -> None:
    """What this value is was fetched as the plan says; a fetch loads what had expired of entities it meets."""
    r.loading.preloads.update(load for load in plan.loads if load not in dict(plan.when))
    classes = tuple(planning.classes_in(r, value.type))
    planning.keep(r, value.path, plan._replace(how="fetched", at=at, where=r.unit.key, classes=classes or plan.classes))
    for path, other in r.plans.items():
        old = other.stale is not None or other.update is not None or other.pending
        beside = old and other.session == plan.session and path != planning.base(value.path)
        if beside and not (other.classes and set(other.classes).isdisjoint(classes)):
            planning.keep(r, path, renewing.forget(other._replace(stale=None)))


def makes_entities(r: Reading, symbol: str) -> bool:
    """Whether what is fetched as this class is an entity: of it, or of a class that it is mixed into."""
    return r.classes.is_entity(symbol) or any(r.classes.is_mixed_into(symbol, base) for base in (DECLARATIVE, SQLMODEL))


def _on_session(r: Reading, call: Call, receiver: Value, owner: str, name: str, given: Given, found: Values) -> None:
    session = receiver.path.owner()
    asked = given.positional[0] if given.positional else given.keywords.get("statement", NOTHING)
    if name in _EXECUTES:
        plans = options.known_to(r, asked)
        if plans:
            renewing.flushed(r, session, owner, "query", call.at, render(call), receiver.sure)
        else:
            renewing.loaded(r, session)
            plans = _of_passed(r, asked)
        for value in found if plans else ():
            plan = Plan("fetched", session=session, kind=owner, sure=receiver.sure)
            for one in plans:
                plan = options.combined(plan, one)
            joined = joining.sent(r, plan, plans, planning.classes_in(r, value.type))
            plan = plan._replace(ways=streams.both(streams.fetched(plan.ways, owner, call), joined))
            _fetch(r, value, plan, call.at)
    elif name in _GETS:
        plan = Plan("fetched", session=session, kind=owner, sure=receiver.sure)
        if "options" in given.keywords or options.unknown(given):
            plan = options.combined(
                plan, options.options(r, (given.keywords.get("options", NOTHING),), not options.unknown(given))
            )
        for value in found:
            _fetch(r, value, plan, call.at)
    elif name == "query":
        for value in found:
            planning.keep(r, value.path, Plan("statement", session=session, kind=owner, sure=receiver.sure))
    elif name == "refresh":
        _refresh(r, call, asked or given.keywords.get("instance", NOTHING), session, owner, given)
    elif name in ("add", "add_all"):
        for value in (*asked, *given.keywords.get("instance", NOTHING)):
            for entity in r.element((value,)) if value.type.kind == "many" else (value,):
                _joins(r, entity, session, owner)
    elif name == "delete":
        for value in (*asked, *given.keywords.get("instance", NOTHING)):
            _deleted(r, value, session, owner)
    elif name in ("expunge", "merge"):
        for value in asked:
            r.plans = {path: plan for path, plan in r.plans.items() if path != planning.base(value.path)}
    elif name == "expunge_all":
        r.plans = {path: plan for path, plan in r.plans.items() if plan.session != session}
    elif name == "expire" and len(call.args) == 1:
        for value in asked:
            known = planning.plan_of(r, value.path)
            if known is not None and not value.path.attrs and known.how == "fetched":
                planning.keep(r, value.path, known._replace(stale=Stale("expire", r.unit.key, call.at, render(call))))
    elif name == "expire_all":
        planning.expire(r, session, "expire_all", call.at, render(call))


def _of_passed(r: Reading, asked: Values) -> list[Plan]:
    """The plan of a statement that is passed: what it loads, the callers know."""
    path = asked[0].path if len(asked) == 1 and asked[0].type.name == SELECT else UNKNOWN
    if path.root != "param" or path.attrs:
        return []
    plan = planning.plan_of(r, path) or Plan("statement")
    return [plan._replace(how="statement", passed=(*plan.passed, path))]


def _joins(r: Reading, value: Value, session: Path, owner: str) -> None:
    """An entity is added to a session."""
    plan = planning.plan_of(r, value.path)
    if plan is None and value.path.root in ("param", "fresh") and not value.path.attrs and _may_be_entity(r, value):
        planning.keep(
            r, value.path, Plan("made", session=session, kind=owner, open=True, classes=(str(value.type.name),))
        )
    elif plan is not None and plan.how == "made":
        planning.keep(r, value.path, plan._replace(session=session, kind=owner))
    elif plan is not None and plan.session == UNKNOWN and plan.how == "received":
        planning.keep(r, value.path, plan._replace(how="made", session=session, kind=owner))
    elif plan is not None and plan.closed:
        planning.keep(r, value.path, plan._replace(session=session, kind=owner, closed=False))


def _deleted(r: Reading, value: Value, session: Path, owner: str) -> None:
    """An entity is to be deleted: it was in the database, and a commit lets go of it as it is."""
    plan = planning.plan_of(r, value.path)
    if value.path.attrs or not _may_be_entity(r, value):
        return
    if plan is not None and plan.how in ("fetched", "received"):
        planning.keep(r, value.path, plan._replace(how="deleted", session=session, kind=owner))
    elif plan is None and value.path.root == "param":
        plan = Plan("deleted", open=True, session=session, kind=owner, classes=(str(value.type.name),))
        planning.keep(r, value.path, plan._replace(sure=min(value.sure, Confidence.LIKELY)))


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
        if not _may_be_entity(r, value):
            continue
        plan = planning.plan_of(r, value.path)
        if value.path.root not in planning.OWN_THINGS:
            continue
        if value.path.attrs:
            if plan is not None:
                planning.keep(r, value.path, renewing.forget(plan._replace(stale=None, open=True)))
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
            loads=options.united(plan.loads, names or ()),
            open=plan.open or names is None,
            stale=None,
            session=session,
            kind=owner,
        )
        if named:
            plan = renewing.named(plan, (name for _, name in names)) if names is not None else renewing.forget(plan)
        else:
            plan = renewing.forget(plan._replace(at=call.at, where=r.unit.key, again=True))
        planning.keep(r, value.path, plan)


def made(r: Reading, symbol: str, path: Path, given: Given, site: Site) -> None:
    """An instance of a class is made: an entity has what it is given and nothing else, without any statement."""
    if symbol in FACTORIES | SESSIONS or r.classes.is_a(symbol, SESSIONS):
        options.factory(r, symbol, given, site)
    elif symbol == LOAD:
        planning.keep(r, path, Plan("option"))
    elif r.classes.is_entity(symbol):
        loads = tuple((symbol, name) for name in given.keywords)
        unsure = given.open_ended or r.classes.is_dataclass(symbol)
        planning.keep(r, path, Plan("made", loads, unsure, classes=(symbol,), at=_at(path), where=r.unit.key))


def _at(path: Path) -> int:
    return path.key if isinstance(path.key, int) else -1


def _may_be_entity(r: Reading, value: Value) -> bool:
    """Whether this is an entity, or of a class that is mixed into mapped ones."""
    return value.type.kind == "instance" and makes_entities(r, str(value.type.name))


# -- other functions --


def exported(r: Reading, falls: bool, handed_out: Iterable[Value]) -> dict[Path, Plan]:
    """What callers must know: of what they get, and of what they passed."""
    states = [*r.loading.left_with, *([r.plans] if falls and not _exhausts(r) else [])]
    plans = planning.joined_plans(states) if states else {}
    if not plans:
        return {}
    wanted = planning.holding(r, {planning.base(value.path) for value in handed_out})
    found = {
        path: plan
        for path, plan in plans.items()
        if path in wanted or (path.root == "param" and (plan.how != "received" or plan.update or plan.pending))
    }
    return dict(list(found.items())[:_MOST])


def _exhausts(r: Reading) -> bool:
    """Whether this function ends where its last loop has run out, and everything else that it returns is a value, or a
    handler asks which turn it is: who tries again so many times raises the last time."""
    if not r.loading.left_with:
        return False
    last = r.body[-1]
    return isinstance(last, Repeat) and (not r.loading.bare or _counts_turns(last))


def _counts_turns(loop: Repeat) -> bool:
    """Whether a handler in a loop asks which turn it is before another one begins."""
    turn = frozenset({loop.target.id}) if isinstance(loop.target, Name) else frozenset[str]()
    return any(
        isinstance(part, Leave) and part.kind in ("continue", "raise")
        for handler in parts(loop.body)
        if isinstance(handler, Handler)
        for branch in parts(handler.body)
        if isinstance(branch, Branch)
        for arm in branch.arms
        if reads(arm.test, turn)
        for part in parts(arm.body)
    )


def _as_passed(r: Reading, plan: Plan, unit: Unit, applied: Applied, given: Given) -> Plan:
    """A plan with the loader options that are passed here."""
    found = plan._replace(passed=())
    for path in plan.passed:
        values = tuple(value for value in applied.path(path) if value.type != NONE)
        if applied.is_given(int(path.key)):
            more = options.options(r, (values,) if values or not applied.path(path) else (), True)
            always = len(values) == len(applied.path(path))
            found = options.combined(found, more if always else more._replace(off=(), only=()))
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
        plan = options.decided(plan, applied) if plan.when else plan
        plan = _as_passed(r, plan, unit, applied, given) if plan.passed else plan
        sessions = applied.path(plan.session) if plan.session != UNKNOWN else NOTHING
        plan = plan._replace(session=sessions[0].path.owner() if sessions else UNKNOWN)
        if plan.stale is not None and not plan.stale.maker:
            plan = plan._replace(stale=plan.stale._replace(maker=planning.maker_of(r, plan.session)))
        kind = r.classes.session_kind(sessions[0].type) if sessions else ""
        if kind in SESSIONS and plan.kind in SESSIONS:  # another caller may pass one of the other kind
            plan = plan._replace(kind=kind)
        if path.root == "fresh":
            mapped_to = applied.fresh(path)
            if mapped_to != UNKNOWN:
                planning.keep(r, mapped_to, plan)
            continue
        if planning.is_query(path):
            for here in [path] if path.root == "global" else [value.path for value in applied.path(path)]:
                known = r.plans.get(here)
                if planning.is_query(here):
                    planning.keep(r, here, plan if known is None else options.combined(known, plan))
            continue
        own = plan
        for value in applied.path(path):
            known = planning.plan_of(r, value.path)
            if plan.how == "partial":
                if known is not None or value.path.root == "param":
                    planning.keep(r, value.path, plan if known is None else options.combined(known, plan))
                continue
            if plan.how == "received" and known is None and value.path.root == "param" and plan.session.root == "fresh":
                continue  # it was there before the session was opened
            if not value.path.attrs and value.path.root in planning.OWN_THINGS:
                if known is not None and plan.how == "received":
                    plan = known._replace(sure=min(known.sure, plan.sure))
                if known is not None and plan.again and known.how == "made":
                    plan = plan._replace(open=False)
                elif known is not None:
                    loads = options.united(known.loads, plan.loads)
                    how = known.how if known.how == "fetched" and plan.how in ("stored", "saved") else plan.how
                    plan = plan._replace(how=how, loads=loads, open=known.open, at=known.at, where=known.where)
                planning.keep(r, value.path, renewing.taken_over(known, plan, own))
            elif known is not None:
                planning.keep(r, value.path, renewing.forget(known._replace(stale=None, open=True)))
