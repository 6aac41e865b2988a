"""What is read of entities that were passed: whether it is there, the callers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.sqlalchemy import ASYNC
from . import loading
from .mapping import is_renewed
from .renewing import is_gone, named
from .summary import Ask, Lack, Thing
from .values import Path, Value, Values

if TYPE_CHECKING:
    from .applied import Applied
    from .arguments import Site
    from .reading import Reading
    from .summary import Summary


def read(r: Reading, values: Values, name: str) -> None:
    """An attribute is read: whether an entity that was passed has been updated, the callers know."""
    for of in values:
        path, kind = of.path, of.type
        if path.root != "param" or path.attrs or kind.kind != "instance" or path.attr(name) in r.heap or r.apart:
            continue
        plan = r.plans.get(path)
        after = plan is not None and plan.update is not None and not plan.update.old and name not in plan.update.given
        if after or (plan is None and not r.last):
            _ask(r, of, Ask(path, name, after, r.unit.key, r.place))


def _ask(r: Reading, of: Value, ask: Ask) -> None:
    symbol = str(of.type.name)
    if ask.at >= 0 and r.classes.is_entity(symbol) and is_renewed(r.classes, symbol, ask.name):
        r.asks.setdefault((ask.path, ask.name, ask.after), ask)


def answer(r: Reading, summary: Summary, applied: Applied, site: Site, after: bool) -> None:
    """What a callee reads of entities that it is passed: of what is known of them here before the call, or after it."""
    for ask in summary.asks:
        for value in applied.path(ask.path) if ask.after is after else ():
            path, symbol = value.path, str(value.type.name)
            if len(path.attrs) > 1 or value.type.kind != "instance":
                continue
            plan = r.plans.get(Path(path.root, path.key))
            passed = path.root == "param" and not path.attrs
            if passed and (plan is None or (after and plan.update is not None and not plan.update.old)):
                if after or not r.last:
                    _ask(r, value, ask._replace(path=path))
            elif plan is not None and plan.kind in ASYNC and is_gone(r.classes, plan, symbol, ask.name):
                thing = Thing(symbol, "*" in path.attrs, plan, ())
                r.plans = {**r.plans, Path(path.root, path.key): named(plan, (ask.name,))}
                loading.add(r, Lack(site.at, True, symbol, ask.name, "column", False, thing, True, ask))
