"""What is written in a session that was opened here, and is gone when it ends: nothing has ever committed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Call
from ...knowledge import CLASSES, Klass, Verb
from ...knowledge.sqlalchemy import ASYNC_CONNECTION, ASYNC_ENGINE, CONNECTION, ENGINE
from ...model import Confidence
from ..modules import last_name
from ..reading.state import UNSAVED, Past
from ..summary import Frame, Lost, Step, Summary
from ..text import written
from ..values import Path, Value, Values
from . import autocommit

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_DEEPEST = 3
_ENGINES = frozenset({ENGINE, ASYNC_ENGINE})
CONNECTIONS = frozenset({CONNECTION, ASYNC_CONNECTION})
_EXECUTING = frozenset({"execute", "scalar", "scalars", "exec_driver_sql", "close", "begin_nested"})
"""What a connection is asked for that neither commits nor rolls back."""
_COMMITTING = frozenset({"begin", "commit"})
"""Kinds of blocks at whose end a session is committed."""
_LENT = "get_bind"
_ENDINGS = ("__exit__", "__aexit__", "close")
"""What a session of a class of the project's own may do otherwise."""


@dataclass(slots=True)
class Ledger:
    """The sessions opened in one function."""

    opened: dict[Path, tuple[int, str, Confidence]] = field(default_factory=dict)
    """By the place where each was."""
    settled: set[Path] = field(default_factory=set)
    """Those that are committed somewhere, or went where nobody can follow."""
    handed: set[Path] = field(default_factory=set)
    """Those that the caller gets."""
    lent: set[Path] = field(default_factory=set)
    """Those that are passed to what only the caller knows."""
    joined: set[Path] = field(default_factory=set)
    """Those that work in a transaction of somebody else."""
    factories: set[Path] = field(default_factory=set)
    """The factories whose sessions do."""
    connections: dict[Path, Step | None] = field(default_factory=dict)
    """Those that are connections of an engine, each with the first write that is executed on it."""
    managed: set[Path] = field(default_factory=set)
    """Those that something gives which is only said to give sessions: in a block it may be a manager that commits."""
    lost: dict[Path, Lost] = field(default_factory=dict)
    """What was written first in those that have ended."""


def opens(r: Reading, path: Path, symbol: str, at: int, kind: str, sure: Confidence) -> None:
    """A session of a class comes into being here."""
    own = any(r.classes.method(symbol, name) is not None for name in _ENDINGS)
    if at >= 0 and path.root == "fresh" and not own:
        r.lost.opened.setdefault(path, (at, kind, sure))


def entered(r: Reading, values: Values) -> None:
    """A block begins with these."""
    for path in {value.path for value in values} & r.lost.managed & r.lost.opened.keys():
        at, kind, _ = r.lost.opened[path]
        r.lost.opened[path] = at, kind, Confidence.POSSIBLE


def connects(r: Reading, engine: Value, name: str, at: int, made: Values) -> None:
    """An engine is asked for a connection, which begins a transaction by itself and commits nothing."""
    for value in made if name == "connect" and at >= 0 and not autocommit.is_one(engine.type) else ():
        told = engine.path.root in ("global", "fresh")
        sure = min(engine.sure, Confidence.CERTAIN if told else Confidence.LIKELY)
        _connected(r, value.path, at, str(value.type.name), sure)


def _connected(r: Reading, path: Path, at: int, kind: str, sure: Confidence) -> None:
    if path.root == "fresh":
        r.lost.opened.setdefault(path, (at, kind, sure))
        r.lost.connections.setdefault(path, None)


def read(r: Reading, values: Values, name: str) -> None:
    """An attribute or a method of these is asked for: a connection of which more is wanted than that it executes may be
    committed, rolled back, or set up to commit by itself."""
    for value in values if name not in _EXECUTING else ():
        if value.path in r.lost.connections:
            settles(r, value.path)


def executes(r: Reading, call: Call, connection: Value, word: str, statements: Values) -> None:
    """A statement is executed on a connection; `word` is what it does when it is SQL text."""
    path = connection.path
    if path in r.lost.connections and word not in ("", "WRITE"):
        settles(r, path)
    if path not in r.lost.connections or r.lost.connections[path] is not None or r.apart:
        return
    if word or any(CLASSES.get(str(value.type.name), Klass()).writes for value in statements):
        sure = min([connection.sure, *(value.sure for value in statements)])
        r.lost.connections[path] = Step(Verb.WRITE, path, call.at, written(call), "", None, r.guard, sure)


def passed(r: Reading, values: Iterable[Value]) -> None:
    """These are passed to a function of the project, which may commit the connections among them."""
    for value in values if r.lost.connections else ():
        if value.path in r.lost.connections:
            settles(r, value.path)


def _bind(given: Given) -> Values | None:
    """What a session is made on; None when that is not said."""
    return given.keywords.get("bind", given.positional[0] if given.positional else None)


def is_on_connection(given: Given, source: Call | str) -> bool:
    """Whether a session is made on a connection: it takes none out of a pool, and need not give one back. What another
    session, or a migration, works on is one."""
    args = source.args if isinstance(source, Call) else ()
    lent = any(isinstance(arg.value, Call) and last_name(arg.value.func) == _LENT for arg in args)
    return lent or any(value.type.name in CONNECTIONS for value in _bind(given) or ())


def configures(r: Reading, factory: Path, given: Given) -> None:
    """A factory of sessions is told what it makes them on."""
    if any(value.type.name in CONNECTIONS for value in _bind(given) or ()):
        r.lost.factories.add(factory)


def joins(r: Reading, path: Path, given: Given, by_factory: bool) -> None:
    """A session is made on what it is given: on a connection it works in the transaction of whoever has begun that, and
    its own end leaves that as it is."""
    bind = _bind(given)
    passed(r, bind or ())
    if by_factory or (bind is not None and not any(value.type.name in _ENGINES for value in bind)):
        settles(r, path)
        r.lost.joined.add(path)


def gets(r: Reading, summary: Summary, applied: Applied, at: int, sure: Confidence) -> None:
    """A callee hands out sessions that it has made."""
    for path, kind in summary.makes.items():
        if kind in CONNECTIONS:
            _connected(r, applied.fresh(path), at, kind, min(sure, Confidence.LIKELY))
        else:
            opens(r, applied.fresh(path), "", at, kind, sure)


def settles(r: Reading, path: Path) -> None:
    """Somebody commits this session, on one way at least: who does not on another may have a reason."""
    r.lost.settled.add(path)


def left(r: Reading, frames: Iterable[Frame]) -> None:
    """These blocks have been left: some commit their session when they end as they should."""
    for frame in frames:
        if frame.kind in _COMMITTING:
            settles(r, frame.path)


def leaves(r: Reading, values: Values, to: set[Path]) -> None:
    """These are out of this function's hands, and so are the sessions in them."""
    if not r.lost.opened:
        return
    seen: set[object] = set()
    for _ in range(_DEEPEST + 1):
        made: set[object] = set()
        for value in values:
            path = value.path.owner()
            if path in r.lost.opened:
                to.add(path)
            elif path.root == "fresh" and value.type.kind != "literal":
                made.add(path[:2])
        made -= seen
        if not made:
            return
        seen |= made
        values = tuple(value for part, held in r.heap.items() if part[:2] in made for value in held)


def lends(r: Reading, given: Given) -> set[Path]:
    """The sessions that are passed to what only the caller knows: it gives them back, whatever it does to them."""
    passed: set[Path] = set()
    leaves(r, given.all(), passed)
    passed -= r.lost.settled | r.lost.handed
    r.lost.lent |= passed
    return passed


def borrows(r: Reading, summary: Summary, applied: Applied, at: int, sure: Confidence) -> None:
    """A callee passes sessions of its own to what it is given here."""
    for path, kind in summary.lends.items():
        opens(r, applied.fresh(path), "", at, kind, sure)


def lent_to(r: Reading, path: Path, at: int, kind: str) -> None:
    """A decorator opens a session for this function alone, and ends it when the function has returned."""
    r.lost.opened[path] = at, kind, Confidence.LIKELY


def gives_back(r: Reading, summary: Summary, applied: Applied) -> None:
    """What was passed to it has ended, and the callee has ended the sessions."""
    for path in summary.lends:
        ends(r, applied.fresh(path))


def encloses(r: Reading, summary: Summary) -> None:
    """A function that is defined here commits a variable of this one: whenever somebody calls it. What it does to a
    connection nobody has followed."""
    passed(r, (value for values in r.env.values() for value in values))
    for key in summary.effects:
        if key.verb is Verb.COMMIT and key.path.root == "free" and key.path.key[0] == r.unit.key:
            for value in r.env.get(key.path.key[1], ()):
                settles(r, value.path.owner())


def ends(r: Reading, path: Path) -> None:
    """This session, or whatever still is open, ends here as it should."""
    opened = r.lost.opened.get(path)
    if opened is None or path in r.lost.lost:
        return
    if any(frame.kind in _COMMITTING and frame.path == path for frame in r.frames):
        return
    at, kind, sure = opened
    for key in sorted(r.past, key=repr):
        if key.what == UNSAVED and key.path == path and not _flushes_nothing(r, key):
            step, source = r.happened.steps[key]
            step = step._replace(text=written(source))
            r.lost.lost[path] = Lost(at, path, kind, step, min(sure, step.sure))
            return


def _flushes_nothing(r: Reading, key: Past) -> bool:
    """Whether all that a session has been asked for is to flush."""
    alone = all(at == key.at for at, _, path in r.events if path == key.path)
    return alone and not key.via and r.happened.steps[key][0].verb is Verb.FLUSH


def all_end(r: Reading) -> None:
    """The function is left as it should: what it has opened and handed to nobody ends."""
    for path in r.lost.opened:
        ends(r, path)


def lost(r: Reading) -> tuple[Lost, ...]:
    """The sessions that end without a commit after something was written in them."""
    gone = r.lost.settled | r.lost.handed | r.lost.lent
    found = [one for path, one in r.lost.lost.items() if path not in gone]
    for path, step in r.lost.connections.items():
        if step is not None and path not in gone:
            at, kind, sure = r.lost.opened[path]
            found.append(Lost(at, path, kind, step, min(sure, step.sure)))
    return tuple(found)


def lent(r: Reading) -> dict[Path, str]:
    """The sessions that end here, and that nobody commits but maybe what only the caller knows, with their classes."""
    passed = sorted(r.lost.lent - r.lost.settled - r.lost.handed, key=repr)
    return {path: r.lost.opened[path][1] for path in passed}


def makes(r: Reading) -> dict[Path, str]:
    """The sessions that callers get from here, with their classes, and that nobody here commits."""
    handed = sorted(r.lost.handed - r.lost.settled, key=repr)
    return {path: r.lost.opened[path][1] for path in handed}
