"""Loader options: what a statement is told to load, by options, by arguments, and by what it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...facts.schema import Arg, Attr, Call, Expr, Lit, Name
from ...knowledge.loading import LOAD, LOADS
from ...knowledge.sqlalchemy import FACTORIES
from ..summary import Factory, Guard, Plan
from ..values import NOTHING, Path, Values, constant
from . import autocommit, joining, planning, streams

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.arguments import Given, Site
    from ..reading.reading import Reading


def united(loads: Iterable[tuple[str, str]], more: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((*loads, *more)))


def function(r: Reading, name: str, given: Given, site: Site, found: Values) -> None:
    """A function of a library was called that makes a loader option or a statement."""
    short = name.rpartition(".")[2]
    if name in ("sqlalchemy.select", "sqlmodel.select"):
        plan: Plan | None = Plan("statement")
    elif name.startswith("sqlalchemy.orm.") and found and found[0].type.name == LOAD:
        plan = under(r.guard, Plan("option"), option(r, short, site.source))
    else:
        return
    for value in found:
        if plan is not None:
            planning.keep(r, value.path, plan)


def option(r: Reading, name: str, source: Call | str, before: Plan | None = None) -> Plan:
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


def options(r: Reading, values: Iterable[Values], closed: bool) -> Plan:
    """What these options together say; nothing is known of what is loaded when one of them is not known."""
    plan = Plan("option", open=not closed)
    for one in values:
        known = known_to(r, one)
        if not known:
            given = tuple(value.path for value in one if value.path.root == "param")
            only = bool(given) and len(given) == len(one)
            plan = combined(plan, Plan("option", passed=given) if only else Plan("option", open=True))
        for option in known:
            plan = combined(plan, option)
    return plan


def given_options(r: Reading, call: Call, given: Given) -> Plan:
    """What the arguments of `options(...)` say."""
    if given.rest and not given.spread and all(path.root == "param" for path in given.rest):
        if any(_may_be_others(r, arg) for arg in call.args if arg.name == "*"):
            return Plan("option", open=True)
        beside = (values for values in given.positional if any(value.type.kind != "many" for value in values))
        return combined(options(r, beside, True), Plan("option", passed=given.rest))
    return options(r, _members(r, call, given), not unknown(given))


def _may_be_others(r: Reading, arg: Arg) -> bool:
    """Whether what is unpacked may be something else than what callers pass."""
    return not isinstance(arg.value, (Name, Attr)) or any(value.path.root != "param" for value in r.value(arg.value))


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
            planning.keep(r, path, Plan("option", open=True))


def known_to(r: Reading, values: Values) -> list[Plan]:
    """The plans of these values and of what containers among them hold; empty when one of them has none."""
    found: list[Plan] = []
    for value in values:
        plans = [planning.plan_of(r, value.path)] if value.type.kind != "many" else []
        if value.type.kind == "many":
            inner = r.heap.get(value.path.attr("*"), NOTHING)
            if not inner:
                return []
            plans = [planning.plan_of(r, one.path) for one in inner]
            plans.extend(one for one in (planning.plan_of(r, value.path),) if one is not None)
        for plan in plans:
            if plan is None or plan.how == "partial":
                return []
            found.append(plan)
    return found


def combined(plan: Plan, option: Plan) -> Plan:
    return plan._replace(
        loads=united(plan.loads, option.loads),
        off=united(plan.off, option.off),
        only=united(plan.only, option.only),
        open=plan.open or option.open,
        ways=streams.both(plan.ways, option.ways),
        passed=tuple(dict.fromkeys((*plan.passed, *option.passed))),
        fixed=tuple(dict.fromkeys((*plan.fixed, *option.fixed))),
        when=_still_asked(plan, option) if plan.when or option.when else (),
    )


def _still_asked(*plans: Plan) -> tuple[tuple[tuple[str, str], Guard], ...]:
    """What none of these plans loads whatever the parameters are."""
    always = {load for plan in plans for load in plan.loads if load not in dict(plan.when)}
    return tuple(dict.fromkeys(one for plan in plans for one in plan.when if one[0] not in always))


def under(guard: Guard, before: Plan, option: Plan) -> Plan:
    """A plan with these options, which are added under a condition on parameters."""
    asked = tuple((load, guard) for load in option.loads) if guard else option.when
    return combined(before, option._replace(when=asked))


def decided(plan: Plan, applied: Applied) -> Plan:
    """The plan of a callee, for the parameters that it is called with."""
    asked = [(load, applied.guard(guard)) for load, guard in plan.when]
    kept = [(load, verdict[0]) for load, verdict in asked if verdict is not None]
    gone = {load for load, _ in asked} - {load for load, _ in kept}
    always = {load for load, guard in kept if not guard}
    return plan._replace(
        loads=tuple(load for load in plan.loads if load not in gone),
        when=tuple(one for one in kept if one[0] not in always),
    )


def unknown(given: Given) -> bool:
    return bool(given.rest or given.spread) or (given.open_ended and not given.positional)


def factory(r: Reading, symbol: str, given: Given, site: Site) -> None:
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
    r.autocommit.factories[site.at] = Factory(
        site.at, asynchronous, keeps, autocommit.bound(given), flushes, symbol not in FACTORIES
    )


def _said(known: bool, given: Given) -> bool:
    return known or "expire_on_commit" not in given.keywords
