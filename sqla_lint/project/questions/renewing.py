"""What an UPDATE leaves unknown of an entity: the values that the database itself gives the row.

What is set of an entity waits for the next flush. That sends an UPDATE, and what the database has given since is not
there until somebody loads it. New entities are inserted, which is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...model import Confidence
from ..mapping import has_renewed, is_renewed, mapped
from ..summary import Plan, Update
from ..values import UNKNOWN, Path, Value

if TYPE_CHECKING:
    from ..classes import Classes
    from ..reading.reading import Reading

_STORED = frozenset({"fetched", "stored", "saved", "received"})
_UNSURE = ""
"""Among the names that wait for a flush: not on all ways here."""


def assigned(r: Reading, plan: Plan | None, of: Value, name: str) -> Plan | None:
    """The plan of an entity after an attribute of it, any when `name` is "", was set; None when nothing waits then. One
    that is a parameter was likely loaded with the session beside it."""
    symbol = str(of.type.name)
    attribute = mapped(r.classes, symbol, name) if name else None
    if len(of.path.attrs) > 1 or (name and (attribute is None or attribute.kind != "column")):
        return None
    if plan is None and of.path.root == "param" and not of.path.attrs and r.classes.is_mapped(symbol):
        plan = Plan("received", open=True, classes=(symbol,), sure=Confidence.LIKELY)
    if plan is None or plan.how not in _STORED or not has_renewed(r.classes, symbol):
        return None
    if plan.update is not None and name:
        plan = plan._replace(update=plan.update._replace(given=(*plan.update.given, name)))
    return plan if name in plan.pending else plan._replace(pending=(*plan.pending, name))


def flushed(
    r: Reading, session: Path, kind: str, how: str, at: int, text: str, sure: Confidence, where: str = ""
) -> None:
    """A session writes what is set of its entities: `how` is flush, commit or query."""
    for path, plan in r.plans.items():
        if plan.session == UNKNOWN and plan.how == "received" and session.root in ("param", "injected"):
            plan = plan._replace(session=session, kind=kind or r.kinds.get(session, ""))
        before = plan.update
        again = before is not None and before.how == "query" and how != "query"
        if plan.session != session or not (plan.pending or again):
            continue
        given = (*plan.pending, *(before.given if before is not None and again else ()))
        likely = min(sure, Confidence.LIKELY) if _UNSURE in given else sure
        update = Update(how, where or r.unit.key, at, text, given, plan.how != "made", False, likely)
        r.plans = {**r.plans, path: plan._replace(pending=(), update=update)}


def committed(r: Reading, session: Path) -> None:
    """What the session holds may have expired from here on."""
    _change(r, session, _ended)


def _ended(plan: Plan) -> Plan:
    return plan._replace(update=plan.update._replace(ended=True)) if plan.update is not None else plan


def loaded(r: Reading, session: Path) -> None:
    """The session loads what nobody can tell, or all anew."""
    _change(r, session, forget)


def _change(r: Reading, session: Path, change: Callable[[Plan], Plan]) -> None:
    for path, plan in r.plans.items():
        if plan.session == session and (plan.update is not None or plan.pending):
            r.plans = {**r.plans, path: change(plan)}


def handed(r: Reading, values: Iterable[Value]) -> None:
    """A library gets these, and may load them anew when it has written them."""
    for value in values:
        for path in {value.path, Path(value.path.root, value.path.key)} & r.plans.keys():
            r.plans = {**r.plans, path: forget(r.plans[path])}


def forget(plan: Plan) -> Plan:
    return plan._replace(update=None, pending=())


def named(plan: Plan, names: Iterable[str]) -> Plan:
    """These attributes are there again."""
    if plan.update is None:
        return plan
    return plan._replace(update=plan.update._replace(given=(*plan.update.given, *names)))


def is_gone(classes: Classes, plan: Plan, symbol: str, name: str) -> bool:
    """Whether an UPDATE has left this attribute of an entity to its next read."""
    update = plan.update
    if update is None or not update.old or plan.closed or name in update.given:
        return False
    return is_renewed(classes, symbol, name)


def either(one: Plan, other: Plan) -> Plan:
    """The second of two plans of a thing, with what waits and what was updated in one of them."""
    pending = one.pending
    if one.pending != other.pending:
        both = set(one.pending) & set(other.pending)
        pending = tuple(dict.fromkeys((*one.pending, *other.pending, *(() if both else (_UNSURE,)))))
    update = one.update or other.update
    if one.update is not None and other.update is not None:
        given = tuple(name for name in one.update.given if name in other.update.given)
        update = one.update._replace(given=given, ended=one.update.ended or other.update.ended)
    elif update is not None:
        update = update._replace(sure=min(update.sure, Confidence.LIKELY))
    return other._replace(pending=pending, update=update)


def taken_over(known: Plan | None, plan: Plan, own: Plan) -> Plan:
    """The plan of an entity that was passed: with what waits here, and with what the callee's own plan knows."""
    if known is None or own.again:
        return plan._replace(update=own.update, pending=own.pending)
    if known.how == "made":
        return forget(plan)
    update = own.update._replace(old=True) if own.update is not None else known.update
    return plan._replace(update=update, pending=tuple(dict.fromkeys((*known.pending, *own.pending))))
