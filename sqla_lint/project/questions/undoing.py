"""What an exception makes of the entities of a session: a flush that fails makes all of them expire, and so does a
function that rolls back before it raises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr
from ...knowledge import FLUSHES, Verb
from ...knowledge.sqlalchemy import ASYNC, BASES, ERRORS
from ...model import Confidence
from ..mapping import mapped
from ..summary import Guard, Key, Step, Summary, Undone, both
from ..text import render, written
from ..values import NONE, Path, Values
from . import failing, flushing, idling, planning
from .steps import FAILED, follow

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading
    from .failing import Level

_ALL = frozenset({"Exception", "BaseException"})
_MOST = 8
_KEPT = frozenset({"fetched", "saved", "deleted"})
_STORED = frozenset({"made", "stored", "saved"})
POSSIBLE, LIKELY = Confidence.POSSIBLE, Confidence.LIKELY


def may_fail(r: Reading, step: Step, source: Call | str) -> None:
    """This is done to a session right here, and may raise."""
    if step.verb in FLUSHES:
        idle = step.verb is Verb.COMMIT
        one = Undone(step.verb, step.path, step.guard, step.at, written(source), step.sure, idle=idle)
        _add(r, r.failing.levels[-1], one)


def read(r: Reading, of: Values, expr: Attr) -> None:
    """An attribute is read where a flush has failed and nothing was rolled back: it has expired, and the session loads
    it no more. What a handler reads is that of an exception that is on its way."""
    entity = of[0] if len(of) == 1 else None
    plan = planning.plan_of(r, entity.path) if entity is not None and not r.trying.handling and not r.apart else None
    if entity is None or plan is None or plan.how not in _KEPT or entity.path.attrs or plan.kind in ASYNC:
        return
    failed = [
        key
        for key in r.past
        if key.what in FAILED and key.path == plan.session and _has_failed(r.happened.steps[key][0])
    ]
    if failed and mapped(r.classes, str(entity.type.name), expr.name) is not None:
        sure = min(entity.sure, plan.sure, LIKELY)
        follow(r, failed, Step(Verb.LOAD, plan.session, r.place, "", "", None, r.guard, sure), render(expr))


def _has_failed(step: Step) -> bool:
    """Whether a flush is what has failed, which leaves nothing as it was."""
    return step.verb in FLUSHES and not step.slight and step.sure >= LIKELY


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """An exception of a callee leaves sessions so here."""
    if unit.definition.is_generator or r.apart or site.at < 0:
        return
    stored = tuple(value.path for path in _stored(summary) for value in applied.path(path))
    for one in summary.undoes:
        decided = applied.guard(one.guard)
        for value in applied.path(one.path) if decided is not None else ():
            path = value.path.owner()
            if decided is None or value.type == NONE or path.root in ("unknown", "const"):
                continue
            guard = both(r.guard, decided[0])
            sure = min(one.sure, value.sure, site.sure, decided[1], LIKELY)
            _add(
                r,
                r.failing.levels[-1],
                Undone(one.verb, path, guard, site.at, site.text, sure, one.anew, stored, one.idle),
            )


def _stored(summary: Summary) -> Iterator[Path]:
    """Parameters that a function stores, or passes where nobody can follow; what it deletes is stored already."""
    for path in summary.lets_go:
        plan = summary.plans.get(path)
        if path.root == "param" and not path.attrs and (plan is None or plan.how != "deleted"):
            yield path
    for path, plan in summary.plans.items():
        if path.root == "param" and plan.how in _STORED:
            yield path


def _add(r: Reading, level: Level, one: Undone) -> None:
    if r.kinds.get(one.path, "") in ASYNC and not failing.is_contained(r, one.path, level):
        level.undone.setdefault((one.verb, one.path, one.at), one)


def caught(r: Reading, level: Level, types: Expr | None) -> None:
    """A handler begins: what the exception has made of the entities is so from here."""
    names = failing.exceptions(r, types)
    broad = not names.isdisjoint(_ALL)
    if not level.undone or not (broad or not names.isdisjoint(ERRORS)):
        return
    found: dict[Path, Undone] = {}
    for one in map(partial(_known, r), level.undone.values()):
        if (broad or not one.anew) and not one.idle:
            sure = min(one.sure, LIKELY) if broad else one.sure
            one = one._replace(sure=sure if _is_sure(one.guard, r.guard) else POSSIBLE)
            known = found.get(one.path)
            if known is None or one.sure > known.sure:
                found[one.path] = one
    new = {path for one in level.undone.values() for path in one.stored}
    for path, one in found.items():
        how = "undone" if one.verb is Verb.ROLLBACK else "failure"
        planning.undone(r, path, r.kinds[path], how, one.at, one.text, one.sure, new)


def _known(r: Reading, one: Undone) -> Undone:
    """With what is known by now of what its session has to flush."""
    if not one.idle:
        return one
    if flushing.has_work(r, one.path):
        return one._replace(idle=False)
    return one._replace(idle=False, sure=POSSIBLE) if idling.is_unclear(r, one.path) else one


def _is_sure(guard: Guard, known: Guard) -> bool:
    return set(guard) <= set(known)


def handled(
    r: Reading, level: Level, types: Expr | None, events: Iterable[tuple[int, Verb, Path]], swallows: bool, anew: bool
) -> None:
    """A handler ends, by an exception unless it `swallows`, by another one than it got when `anew`: what it rolls back
    is rolled back when that exception is caught."""
    names = failing.exceptions(r, types)
    takes_all = not names.isdisjoint(_ALL | BASES)
    if swallows:
        if takes_all:
            level.undone.clear()
        return
    mended = {event for event in events if event[1] is Verb.ROLLBACK}
    for at, verb, path in sorted(mended, key=repr):
        event = r.events[at, verb, path]
        _add(r, r.failing.levels[-1], Undone(verb, path, event.guard, at, event.text, event.sure, anew))
    if takes_all:
        paths = {path for _, _, path in mended}
        level.undone = {
            key: one._replace(anew=one.anew or anew) for key, one in level.undone.items() if one.path not in paths
        }


def escape(r: Reading, level: Level) -> None:
    """What no handler of a `try` has taken passes on."""
    for one in level.undone.values():
        _add(r, r.failing.levels[-1], one)


def left(r: Reading) -> tuple[Undone, ...]:
    """What callers find when the function has raised."""
    every = r.failing.levels[0].undone.values()
    known = {
        one._replace(at=-1, text="", stored=(), idle=one.idle and not flushing.has_work(r, one.path))
        for one in every
        if Key(one.verb, one.path, one.guard) in r.effects
    }
    return tuple(sorted(known, key=repr)[:_MOST])
