"""What is known of entities that are passed to a function which reads something of them (see `passed`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...knowledge.sqlalchemy import ASYNC
from ..questions import lacking
from ..questions.renewing import is_gone, named
from ..summary import Ask, Lack, Thing
from ..values import UNKNOWN, Path, Value, is_told
from . import passed

if TYPE_CHECKING:
    from ..modules import Unit
    from ..summary import Summary
    from .applied import Applied
    from .arguments import Site
    from .reading import Reading


def answer(r: Reading, summary: Summary, applied: Applied, site: Site, after: bool) -> None:
    """What a callee reads of entities that it is passed: of what is known of them here before the call, or after it."""
    for ask in summary.asks:
        decided = applied.guard(ask.guard) if ask.after is after else None
        if decided is None:
            continue
        guard, sure = decided
        ask = _of_class(applied, ask)
        values = applied.path(ask.path)
        for value in values:
            if not passed.is_for_callers(r, value, after):
                _renewed(r, value, ask, site)
            elif after or not r.last:
                passed.pass_on(r, value, ask._replace(path=value.path, guard=(*r.guard, *guard)))
        in_greenlet = r.apart and (r.greenlets or site.how == "callback")
        if not after and values and site.at >= 0 and not in_greenlet:
            lacking.read_by(r, values, ask, site.at, min(sure, site.sure))


def _of_class(applied: Applied, ask: Ask) -> Ask:
    """What is asked of an entity by a schema, with the class that is passed here."""
    if ask.of == UNKNOWN:
        return ask
    given = [value for value in applied.path(ask.of) if value.type.kind == "class"]
    if len(given) != 1:
        return ask._replace(of=UNKNOWN, blind=False)
    of = given[0].path if is_told(given[0].path) else UNKNOWN
    return ask._replace(schema=str(given[0].type.name), of=of)


def reads_property(r: Reading, value: Value, unit: Unit) -> None:
    """A property is read of an entity: it reads what is known of that here."""
    for ask in r.project.summary(unit).asks:
        if ask.name and not ask.after and not ask.guard and ask.path == Path("param", 0):
            lacking.read_within(r, value, ask)


def _renewed(r: Reading, value: Value, ask: Ask, site: Site) -> None:
    """A column is read that the database has given a new value."""
    path, symbol = value.path, str(value.type.name)
    plan = r.plans.get(Path(path.root, path.key)) if len(path.attrs) <= 1 and value.type.kind == "instance" else None
    if plan is not None and plan.kind in ASYNC and ask.name and is_gone(r.classes, plan, symbol, ask.name):
        thing = Thing(symbol, "*" in path.attrs, plan, ())
        r.plans = {**r.plans, Path(path.root, path.key): named(plan, (ask.name,))}
        lacking.add(r, Lack(site.at, True, symbol, ask.name, "column", False, thing, True, ask))
