"""Which session an entity was loaded with, and entities that are given to another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Name
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Confidence
from ..mapping import mapped
from ..modules import last_name
from ..summary import Foreign, Summary
from ..text import render
from ..values import NOTHING, UNKNOWN, Path, Type, Value, Values
from . import lost
from .steps import OVER

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_ADDS = frozenset({"add", "add_all", "delete"})
_OWN = frozenset({"fresh", "injected", "param"})
_MOST = 4
LIKELY = Confidence.LIKELY


@dataclass(slots=True)
class Ledger:
    """Which session each entity in one function belongs to."""

    sources: dict[Path, Path] = field(default_factory=dict)
    """The session that an entity was loaded with; UNKNOWN when there are several."""
    instances: set[Path] = field(default_factory=set)
    """Entities made here."""
    detaches: bool = False
    """Whether entities are taken out of their session on purpose."""
    own: set[int] = field(default_factory=set)
    """Calls that add an entity to the session that it is in already."""
    foreign: dict[int, Foreign] = field(default_factory=dict)
    """What is added to another session."""


def base(path: Path) -> Path:
    """The thing that a part or member is of."""
    return Path(path.root, path.key) if path.attrs else path


def loaded(r: Reading, call: Call, receiver: Value, sessions: Values, given: Given, found: Values) -> None:
    """A method of a library has run on a session, or on a result of one: the entities it gives belong to that."""
    name = last_name(call.func)
    first = given.positional[0] if given.positional else ()
    if name == "merge":
        for value in first:
            source = r.belonging.sources.pop(base(value.path), None)
            if source is not None and all(source != session.path.owner() for session in sessions):
                lost.settles(r, source)
        return
    if name in _ADDS:
        if len(sessions) == 1:
            _added(r, call, sessions[0], first)
        return
    source = sessions[0].path.owner() if len(sessions) == 1 else r.belonging.sources.get(base(receiver.path))
    if source is None or source.root in ("unknown", "const"):
        return
    sure = sessions[0].sure if sessions else receiver.sure
    for value in found:
        if value.path.root == "fresh" and value.path != receiver.path and _has_entity(r, value.type):
            known = r.belonging.sources.setdefault(base(value.path), source)
            if known != source or sure < LIKELY:
                r.belonging.sources[base(value.path)] = UNKNOWN


def _has_entity(r: Reading, kind: Type) -> bool:
    if kind.kind == "instance" and r.classes.is_entity(str(kind.name)):
        return True
    return any(_has_entity(r, arg) for arg in kind.args)


def _added(r: Reading, call: Call, session: Value, values: Values) -> None:
    if (
        session.sure < LIKELY
        or r.belonging.detaches
        or r.classes.session_kind(session.type) not in SESSIONS
        or len(values) != 1
    ):
        return
    for value, related in _parts(r, values[0]):
        source = r.belonging.sources.get(base(value.path))
        if source == session.path.owner():
            r.belonging.own.add(call.at)
            r.belonging.foreign.pop(call.at, None)
            return
        if source is None or call.at in r.belonging.own:
            continue
        if differ(source, session.path.owner()) and _is_open(r, source):
            entity = str(value.type.name)
            found = Foreign(call.at, render(call), entity, source, session.path.owner(), related, value.sure)
            r.belonging.foreign.setdefault(call.at, found)
            return


def related(r: Reading, entity: Value, name: str, values: Values, at: int, text: str) -> None:
    """An entity is made to refer to another, or gets it into a collection: the session of the first takes the other."""
    into = r.belonging.sources.get(base(entity.path), UNKNOWN)
    attribute = mapped(r.classes, str(entity.type.name), name) if into != UNKNOWN and at >= 0 else None
    if attribute is None or attribute.kind != "relationship" or not attribute.cascades or len(values) != 1:
        return
    other = values[0]
    source = r.belonging.sources.get(base(other.path), UNKNOWN)
    is_one = other.type.kind == "instance" and r.classes.is_entity(str(other.type.name))
    if source == UNKNOWN or not is_one or other.path in r.belonging.instances or r.belonging.detaches:
        return
    if differ(source, into) and _is_open(r, source) and _is_open(r, into):
        found = Foreign(at, text, str(other.type.name), source, into, False, min(entity.sure, other.sure))
        r.belonging.foreign.setdefault(at, found)


def appended(r: Reading, call: Call, given: Given) -> None:
    """A member is put into a collection of an entity."""
    match call.func:
        case Attr(Attr(Name(owner), name), "append" | "add"):
            for entity in r.env.get(owner, NOTHING):
                if entity.type.kind == "instance" and r.classes.is_entity(str(entity.type.name)) and given.positional:
                    related(r, entity, name, given.positional[0], call.at, render(call))


def _parts(r: Reading, value: Value) -> Iterator[tuple[Value, bool]]:
    """The entities that are added: what is given, its members, and what an entity made here is related to."""
    members = r.element((value,)) if value.type.kind == "many" else (value,)
    for one in members:
        if one.type.kind != "instance" or not r.classes.is_entity(str(one.type.name)):
            continue
        if one.path not in r.belonging.instances:
            yield one, False
            continue
        for path, held in r.heap.items():
            is_field = path[:2] == one.path[:2] and len(path.attrs) == 1 and len(held) == 1
            if is_field and _has_entity(r, held[0].type):
                yield held[0], True


def differ(one: Path, other: Path) -> bool:
    """Whether these are two sessions for sure: two parameters may be one."""
    if one.root not in _OWN or other.root not in _OWN or one.root == other.root == "param":
        return False
    return base(one) != base(other)


def _is_open(r: Reading, session: Path) -> bool:
    """Whether a session still holds its entities: one that was opened here and closed does not."""
    if any(key.what == OVER and key.path == session for key in r.past):
        return False
    return session.root != "fresh" or session in r.open or session in r.blocks.within


def handed_out(r: Reading) -> tuple[tuple[Path, Path], ...]:
    """The entities among what a function returns or yields, or in containers of these, with their sessions."""
    if not r.belonging.sources:
        return ()
    found = (*r.returns, *r.yields)
    kept = [member for value in found if value.type.kind == "many" for member in r.element((value,))]
    paths = dict.fromkeys(base(value.path) for value in (*found, *kept))
    return tuple((path, r.belonging.sources[path]) for path in paths if path in r.belonging.sources)[:_MOST]


def taken_over(r: Reading, summary: Summary, applied: Applied) -> None:
    """What a callee hands out belongs to the session that it was loaded with."""
    for path, source in summary.belongs:
        for session in applied.path(source)[:1]:
            r.belonging.sources[base(applied.fresh(path))] = session.path.owner()
