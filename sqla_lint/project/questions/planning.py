"""What is loaded of things on the way through a function: how that is joined, doubted and expires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from ...knowledge import Verb
from ...model import Confidence
from ..summary import Frame, Plan, Stale
from ..values import NOTHING, QUERIED_PART, UNKNOWN, Path, Type, Value, Values
from . import joining, lacking, loading, options, renewing

if TYPE_CHECKING:
    from ..reading.reading import Reading
    from ..reading.state import Plans

_QUERY = ("query",)
OWN_THINGS = frozenset({"fresh", "param", "injected"})
"""Where the things come from of which it is known what is loaded."""
_OF_ERRORS = frozenset({"failure", "undone"})
"""What only an exception makes expire."""
_EXPIRE = frozenset({"fetched", "received", "saved", "deleted"})
_BEFORE = "-"
"""Stands for the class of an attribute that was read or set before all expired: it is there if nothing did."""


def base(path: Path) -> Path:
    if not path.attrs:
        return path
    if is_query(path):
        at = next((at for at, name in enumerate(path.attrs) if name.startswith(QUERIED_PART)), 0)
        return Path(path.root, path.key, path.attrs[: at + 1])
    return Path(path.root, path.key)


def is_query(path: Path) -> bool:
    """Whether it is the query that a mapped class or a relationship has as an attribute."""
    own = path.root == "global" and path.attrs[:1] == _QUERY
    return own or any(name.startswith(QUERIED_PART) for name in path.attrs)


def plan_of(r: Reading, path: Path) -> Plan | None:
    """The plan of the thing that a path starts from."""
    return r.plans.get(base(path)) if r.plans else None


def keep(r: Reading, path: Path, plan: Plan) -> None:
    if path.root in OWN_THINGS or is_query(path):
        r.plans = {**r.plans, base(path): plan}


def classes_in(r: Reading, kind: Type, depth: int = 0) -> Iterator[str]:
    if kind.kind == "instance" and loading.makes_entities(r, str(kind.name)):
        yield str(kind.name)
    elif depth < lacking.ELEMENTS:
        for arg in kind.args:
            yield from classes_in(r, arg, depth + 1)


def is_entity(r: Reading, value: Value) -> bool:
    return value.type.kind == "instance" and r.classes.is_entity(str(value.type.name))


def happen(
    r: Reading, verb: Verb, path: Path, kind: str, at: int, text: str, via: str, sure: Confidence, where: str = ""
) -> None:
    """Something was done to a session, in the unit `where` or else here: a commit or a rollback makes what it holds
    expire, a close lets go of it."""
    if verb in (Verb.FLUSH, Verb.COMMIT):
        renewing.flushed(r, path, kind, verb.value, at, text, min(sure, Confidence.LIKELY) if via else sure, where)
        for key, plan in r.plans.items():
            if plan.how in ("made", "stored") and plan.session == path:
                keep(r, key, plan._replace(how="saved" if verb is Verb.COMMIT else "stored"))
            elif plan.how == "deleted" and plan.session == path:  # a row is loaded anew before it is deleted
                keep(r, key, plan._replace(stale=None))
    if verb is Verb.ROLLBACK and not via:
        new = {key for key, plan in r.plans.items() if plan.how in ("made", "stored") and plan.session == path}
        _receive(r, path, kind)
        r.plans = {key: plan for key, plan in r.plans.items() if key not in new or plan.how == "received"}
        expire(r, path, "rollback", at, text)
    elif verb in (Verb.USE, Verb.READ, Verb.LOAD) and via:
        renewing.loaded(r, path)
    elif verb is Verb.COMMIT:
        renewing.committed(r, path)
        expire(r, path, "commit", at, text, min(sure, Confidence.LIKELY) if via else Confidence.CERTAIN, where)
    elif verb is Verb.CLOSE:
        closed(r, path)


def at_handler(r: Reading, before: Plans, last: Set[int]) -> None:
    """A handler begins: what was new before the `try` is not sure to be stored: the commit may be what failed. What the
    `last` calls of the block fetch is not there when they fail, and nothing fails after them."""
    r.plans = {key: plan for key, plan in r.plans.items() if key in before or plan.at not in last}
    for key, plan in r.plans.items():
        if plan.how == "saved" and (key not in before or before[key].how in ("made", "stored", "received")):
            keep(r, key, plan._replace(how="stored"))


def undone(r: Reading, path: Path, kind: str, how: str, at: int, text: str, sure: Confidence, new: Set[Path]) -> None:
    """An exception was caught that has made what a session holds expire. A parameter that was to be stored may be new,
    and then it has not."""
    _receive(r, path, kind, added=False)
    expire(r, path, how, at, text, sure)
    for key, plan in r.plans.items():
        if key in new and plan.how == "received" and plan.stale is not None and plan.stale.at == at:
            keep(r, key, plan._replace(stale=plan.stale._replace(sure=Confidence.POSSIBLE)))


def _receive(r: Reading, session: Path, kind: str, *, added: bool = True) -> None:
    """Entities that came as parameters beside the session are likely its own, those that are added to it here when that
    counts and they were changed."""
    if session.root not in ("param", "injected"):
        return
    for param in r.unit.definition.params:
        for value in r.env.get(param.name, NOTHING):
            known = r.plans.get(value.path)
            changed = added and known is not None and known.how in ("made", "stored") and bool(stored(r, value.path))
            bound = known is not None and (known.how != "received" or known.session != UNKNOWN)
            received = value.path.root == "param" and not value.path.attrs and (not bound or changed)
            own = r.unit.klass is not None and value.path.key == 0
            if received and not own and is_entity(r, value) and r.classes.is_mapped(str(value.type.name)):
                plan = Plan("received", open=True, session=session, kind=kind, classes=(str(value.type.name),))
                keep(r, value.path, plan._replace(sure=Confidence.LIKELY))


def expire(
    r: Reading, session: Path, how: str, at: int, text: str, sure: Confidence = Confidence.CERTAIN, where: str = ""
) -> None:
    """All that this session holds has expired: what is read of it next is loaded anew."""
    for key, plan in r.plans.items():
        if plan.how == "deleted" and how == "commit":
            continue
        if plan.how in _EXPIRE and plan.session == session and not _is_result(plan):
            kept = tuple(dict.fromkeys((owner or _BEFORE, name) for owner, name in plan.loads))
            if plan.stale is not None and not _outdoes(how, plan.stale.how):
                if plan.stale.how == how and kept != plan.loads:
                    keep(r, key, plan._replace(loads=kept))
                continue
            if how != "commit":
                plan = renewing.forget(plan)
            stale = Stale(how, where or r.unit.key, at, text, sure, maker=maker_of(r, session))
            there = "fetched" if plan.how == "deleted" else plan.how
            keep(r, key, plan._replace(how=there, loads=kept, stale=stale))


def maker_of(r: Reading, session: Path) -> str:
    """The module variable that holds what has made a session, "" when nobody knows."""
    maker = r.twins.makers.get(session, UNKNOWN)
    return str(maker.key) if maker.root == "global" and not maker.attrs else ""


def _outdoes(how: str, before: str) -> bool:
    """Whether what has expired in one way does so again in another."""
    return before != how and (before in _OF_ERRORS or before == "commit") and how != "commit"


def _is_result(plan: Plan) -> bool:
    return not plan.classes


def closed(r: Reading, session: Path) -> None:
    """A session is closed: what it has loaded stays as it is, and nothing more can be loaded."""
    for key, plan in r.plans.items():
        if plan.session == session and (plan.how in lacking.KEPT or plan.how == "received") and not plan.closed:
            keep(r, key, plan._replace(closed=True))


def block_ended(r: Reading, frame: Frame, session: Path) -> None:
    """A block ends as it should, and commits this session, as far as it does so under no condition."""
    if r.plans and not (frame.guard or frame.asked):
        happen(r, Verb.COMMIT, session, "", frame.at, frame.text, "", Confidence.CERTAIN, frame.where)


def leave(r: Reading, at: int, values: Values) -> None:
    """The function is left at a place with these: `with` blocks and `finally` clauses close their sessions. What was
    made here and is not handed out on this way is no matter to callers."""
    plans = r.plans
    held = (r.env.get(name, NOTHING) for name in r.trying.closing if plans)
    for session in (*r.blocks.within, *(found[0].path for found in held if len(found) == 1)):
        closed(r, session)
    lacking.returned(r, at, values)
    wanted = _handed_out(r, values) if r.plans else set()
    r.loading.left_with.append({path: plan for path, plan in r.plans.items() if path.root != "fresh" or path in wanted})
    r.plans = plans


def _handed_out(r: Reading, values: Iterable[Value]) -> set[Path]:
    """What is among these, in them, or in what the function was given."""
    found = {base(value.path) for value in values}
    for path, held in r.heap.items():
        if path.root != "fresh":
            found.update(base(value.path) for value in held)
    return holding(r, found)


def holding(r: Reading, found: set[Path]) -> set[Path]:
    """These and what they hold, also by what they hold."""
    for _ in range(lacking.ELEMENTS):
        more = {base(one.path) for path, held in r.heap.items() if base(path) in found for one in held} - found
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
            keep(r, key, plan)
        if plan.update is not None and any(key not in one or one[key].update is None for one in plans):
            keep(r, key, plan._replace(update=plan.update._replace(sure=Confidence.POSSIBLE)))


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
            merged = renewing.either(plan, options.combined(known, plan))
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
            keep(r, key, plan)
        if plan.update is not None and key in started and started[key].update is None:
            keep(r, key, renewing.forget(plan))


def comes_back(started: Plans, after: Plans) -> bool:
    """Whether the next turn of a loop finds something expired that this one did not."""
    return started is not after and any(
        plan.stale is not None and path in started and started[path].stale is None for path, plan in after.items()
    )


def stored(r: Reading, path: Path) -> set[str]:
    """The attributes of an object that were set here."""
    count = len(path.attrs)
    return {one.attrs[count] for one in r.heap if one[:2] == path[:2] and len(one.attrs) > count}
