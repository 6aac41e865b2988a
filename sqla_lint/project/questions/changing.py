"""Entities that are changed: the session that one belongs to writes that with its next flush, and nobody asks for it.

The effect is one on the session where that is known, and one on the entity (of no class of sessions) elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call
from ...knowledge import Verb
from ...knowledge.sqlalchemy import SESSION
from ..mapping import mapped
from ..modules import last_name
from ..summary import Key, Rank
from ..text import render
from ..values import UNKNOWN, Path, Value, Values
from . import belonging, commits, flushing, past, tasks
from .steps import CLOSED, OVER

if TYPE_CHECKING:
    from ..reading.reading import Reading

_OF_QUERY = frozenset({"update", "delete"})
_GONE = frozenset({CLOSED, OVER})


def assigned(r: Reading, entity: Value, target: Attr) -> None:
    """An attribute of an entity is set."""
    if mapped(r.classes, str(entity.type.name), target.name) is not None:
        tasks.changed(r, *holder(r, entity))
        _changed(r, entity, r.at, f"{render(target)} = ...")


def set_by(r: Reading, into: Values, at: int, source: Call | str) -> None:
    """`setattr` sets an attribute of a thing, whatever its name is; whether it is an entity the callers may know."""
    for of in into:
        if of.type.kind in ("any", "variable") or r.classes.is_mapped(str(of.type.name)):
            _changed(r, of, at, source)


def queried(r: Reading, call: Call, receiver: Value) -> None:
    """A method of a Query: some change all that it would find, in the session that it was got from."""
    session = r.belonging.sources.get(belonging.base(receiver.path), UNKNOWN)
    if last_name(call.func) in _OF_QUERY and session != UNKNOWN:
        sent = r.flushed, r.queued
        for verb in (Verb.WRITE, Verb.USE):
            r.touch(verb, receiver._replace(path=session), r.kinds.get(session, SESSION), call.at, call, "")
        flushing.sent_at_once(r, sent)


def _changed(r: Reading, entity: Value, at: int, source: Call | str) -> None:
    path, kind = holder(r, entity)
    if at >= 0 and path != UNKNOWN:
        session = entity._replace(path=path)
        r.add_effect(Key(Verb.CHANGE, path, r.guard), Rank(0, "", at, entity.sure, kind))
        past.happen(r, Verb.CHANGE, path, entity.sure, at, source, "", None, r.guard)
        commits.tried(r, Verb.CHANGE, path)
        if kind:
            r.note(Verb.CHANGE, session, kind, at, source, "")


def holder(r: Reading, entity: Value) -> tuple[Path, str]:
    """The session that an entity belongs to, and its class; where only the callers know whose it is, the entity as they
    have given it, and ""; an unknown path where no session holds it."""
    session = r.belonging.sources.get(belonging.base(entity.path))
    if session is None:
        return (entity.path if entity.path.root == "param" else UNKNOWN), ""
    if r.belonging.detaches or any(key.what in _GONE and key.path == session for key in r.past):
        return UNKNOWN, ""
    return session, r.kinds.get(session, SESSION)
