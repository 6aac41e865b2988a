"""Waiting for something that is not the database, and loops that wait in each of their turns and never end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Lit, Name, Test
from ...knowledge import ENDS, SENDS, Verb
from ...knowledge.waiting import (
    AWAY,
    FUNCTIONS_THAT_WAIT,
    IS_EMPTY,
    KEYWORDS_THAT_WAIT,
    LEFT,
    MESSAGES,
    METHODS_THAT_WAIT,
    NEVER_END,
    WORDS,
)
from ...model import Confidence
from ..classes import said_under
from ..modules import last_name
from ..reading.rounds import counts
from ..summary import Frame, Linger, Summary, Wait
from ..text import render, written
from ..values import Path, Values
from . import holding, idling

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.arguments import Site
    from ..reading.reading import Reading

POSSIBLE = Confidence.POSSIBLE
_AT_ONCE = (Lit(0), Lit(None))


@dataclass(slots=True)
class Ledger:
    """The waiting of one function."""

    turns: list[Turns] = field(default_factory=list)
    """The endless loops around."""
    waits: dict[int, Wait] = field(default_factory=dict)
    lingers: dict[tuple[int, Path], Linger] = field(default_factory=dict)
    """Sessions that such a loop keeps while it waits."""


class Turns:
    """An endless loop while it is read: the sessions that its turns use, those that may be given back in a turn, and
    what it waits for. `frames`, `tests` and `tries` are those around it, `works` says that it ends when it is done,
    `stops` that it ends when something has come, `raises` that it may give up before."""

    def __init__(self, r: Reading, streams: bool) -> None:
        self.level = r.loop
        self.frames = r.frames
        self.tests = len(r.tests)
        self.tries = len(r.trying.attempts)
        self.streams = streams
        self.works = self.stops = self.raises = False
        self.waits: Wait | None = None
        self.used: dict[Path, Linger] = {}
        self.over: set[Path] = set()


def begin(r: Reading, head: Expr, values: Values, at: int, is_while: bool) -> Turns | None:
    """The loop that is entered now, when nothing in its head says that it ends."""
    streams = None if is_while else _messages(r, head, values, at)
    if not (_is_endless(head) if is_while else streams):
        return None
    found = Turns(r, streams is not None)
    found.waits = streams
    r.waiting.turns.append(found)
    return found


def _messages(r: Reading, head: Expr, values: Values, at: int) -> Wait | None:
    """The waiting for each of the messages that a loop goes through, when nothing says that there is a last one."""
    if isinstance(head, Call) and last_name(head.func) in NEVER_END and head.at in r.waiting.waits:
        return r.waiting.waits[head.at]
    for value in values:
        what, limit = MESSAGES.get(str(value.type.name), ("", ""))
        if what and value.type.kind == "instance" and not _is_said(r, value.path, limit) and at >= 0:
            return Wait(at, render(head), what)
    return None


def _is_said(r: Reading, path: Path, limit: str) -> bool:
    """Whether an object is known to have been made with this argument."""
    known = r.names.variable(str(path.key)) if path.root == "global" and not path.attrs else None
    binds = known[1] if known is not None else []
    return bool(r.heap.get(path.attr(limit))) or any(said_under(bind.value, limit) is not None for bind in binds)


def _is_endless(head: Expr) -> bool:
    match head:
        case Lit(value):
            return bool(value)
        case Test("not", (Call(func),)):
            return last_name(func) != IS_EMPTY
        case Call(func):
            return last_name(func) not in LEFT
        case Test("not", (Attr() | Name(),)):
            return True
    return isinstance(head, Attr)


def end(r: Reading, turns: Turns | None) -> None:
    """The loop is left."""
    if turns is None:
        return
    r.waiting.turns.pop()
    if turns.works or turns.waits is None or (turns.stops and turns.raises):
        return
    for path, linger in turns.used.items():
        if path not in turns.over and r.born.get(Path(path.root, path.key), 0) < turns.level:
            sure = POSSIBLE if turns.stops else linger.sure
            r.waiting.lingers.setdefault(
                (linger.at, path), linger._replace(sure=min(sure, linger.sure), wait=turns.waits)
            )


def happen(r: Reading, verb: Verb, path: Path, kind: str, sure: Confidence, at: int, source: Call | str) -> None:
    """Something happens to a session in the turns of the loops around. What a turn begins has an end in it: it could
    not be begun in the next one."""
    for turns in r.waiting.turns:
        if verb in ENDS or verb is Verb.BEGIN or _in_block(turns, r.frames, path):
            turns.over.add(path)
        elif verb in SENDS and path.root not in ("unknown", "const", "global") and at >= 0 and not r.apart:
            turns.used.setdefault(path, Linger(at, written(source), path, kind, sure))


def _in_block(turns: Turns, frames: tuple[Frame, ...], path: Path) -> bool:
    return any(frame.kind == "begin" and frame.path == path for frame in frames[len(turns.frames) :])


def entered(r: Reading, path: Path) -> None:
    """A block of this object begins: it gives back what it holds."""
    for turns in r.waiting.turns:
        turns.over.add(path.owner())


def lost(r: Reading, values: Values) -> None:
    """These are passed where nobody can follow."""
    for turns in r.waiting.turns:
        turns.over.update(value.path.owner() for value in values if value.path.root not in ("unknown", "const"))


def leaves(r: Reading, kind: str) -> None:
    """A loop is left: by a test that asks whether anything is left to do, it works something off; by no test at all,
    its turns are attempts; by another test, it waits for something to happen."""
    if not r.waiting.turns or kind == "continue":
        return
    turns = r.waiting.turns[-1]
    if kind == "raise":
        turns.raises |= not r.trying.handling
        return
    turns.stops |= not r.trying.handling
    tests = r.tests[turns.tests :]
    if not tests:
        turns.works |= len(r.trying.attempts) > turns.tries
    else:
        turns.works |= any(_asks_for_more(test) for test in tests)


def _asks_for_more(test: Expr) -> bool:
    if isinstance(test, Test) and test.op in ("and", "or"):
        return any(_asks_for_more(part) for part in test.of)
    return (
        (isinstance(test, Test) and test.op == "not" and isinstance(test.of[0], Name))
        or (isinstance(test, Test) and test.op in ("is", "==") and isinstance(test.of[0], Name))
        or counts(test, frozenset())
    )


# -- what waits --


def called(r: Reading, call: Call, receivers: Values) -> None:
    """A call that may wait itself."""
    name = last_name(call.func)
    if name not in WORDS or call.at < 0:
        return
    what = next((found for one in receivers if (found := METHODS_THAT_WAIT.get((str(one.type.name), name)))), "")
    if not what:
        what = FUNCTIONS_THAT_WAIT.get(r.symbol(call.func), "")
    for arg in () if what else call.args:
        if arg.value not in _AT_ONCE:
            what = what or KEYWORDS_THAT_WAIT.get((name, arg.name), "")
    if what:
        known = Wait(call.at, render(call), what)
        holding.called(r, known, call)
        if what not in AWAY:
            wait(r, known)


def wait(r: Reading, what: Wait) -> None:
    """Something waits here."""
    r.waiting.waits.setdefault(what.at, what)
    idling.waits(r)
    for turns in r.waiting.turns:
        turns.waits = turns.waits or what


def passes(r: Reading, unit: Unit, summary: Summary, site: Site) -> None:
    """What a callee waits for, its caller waits for."""
    if summary.waits:
        idling.waits(r)
    if summary.waits and site.at >= 0 and not unit.definition.is_generator and not r.apart:
        wait(r, Wait(site.at, site.text, summary.waits[0].what, unit.key))
