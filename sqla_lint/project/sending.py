"""What is sent to others while the transaction that it tells of is still open: tasks, messages, mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Call, Name
from ..knowledge import Verb
from ..knowledge.senders import ACTORS, MAIL, MAILERS, MESSAGE, TASKS
from ..model import Confidence
from . import changing, past
from .state import UNSAVED
from .steps import PASSED, SENT, remember
from .summary import Key, Rank, Step, Summary
from .text import written
from .values import Path, Value

if TYPE_CHECKING:
    from .applied import Applied
    from .arguments import Site
    from .modules import Unit
    from .reading import Reading

_OPEN = frozenset({SENT, PASSED})
_PORTS = ("publish", "produce", "enqueue")
"""How methods are called that give a message to a broker."""
_MOST = 8


def is_task(unit: Unit, method: str) -> bool:
    """Whether a method of a function sends it to a task queue, which a decorator gave it."""
    return method in TASKS and bool(unit.decorators) and (method not in ACTORS or "actor" in unit.decorators)


def port(r: Reading) -> None:
    """An abstract method to which a message is given as bytes: whoever implements it sends that to a broker."""
    unit = r.unit
    if unit.definition.name.startswith(_PORTS) and "abstractmethod" in unit.decorators:
        data = next((one for one in unit.definition.params if one.annotation == Name("bytes")), None)
        if data is not None:
            publish(r, MESSAGE, data.at, f"{unit.definition.name}()", Confidence.LIKELY)


def external(r: Reading, symbol: str, site: Site) -> None:
    """A function is called of which only the name is known."""
    if symbol.rpartition(".")[2] in MAILERS:
        publish(r, MAIL, site.at, site.source, min(site.sure, Confidence.LIKELY))


def publish(r: Reading, what: str, at: int, source: Call | str, sure: Confidence) -> None:
    """Something is sent right here: a `what`."""
    if at < 0 or r.apart:
        return
    key = Key(Verb.PUBLISH, Path("global", what), r.guard)
    r.add_effect(key, Rank(0, "", at, sure, what))
    _sent(r, unsaved(r), "", key, at, source, sure)


def unsaved(r: Reading) -> frozenset[Path]:
    """The sessions in which something has been written and not been committed yet."""
    return frozenset(key.path for key in r.past if key.what == UNSAVED)


def passed(r: Reading, before: frozenset[Path], unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee sends after its caller has written, in sessions that the callee does not answer for itself: those
    that it commits, and those in which it writes before it sends."""
    sends = [(key, rank) for key, rank in summary.effects.items() if key.verb is Verb.PUBLISH]
    if not sends or site.at < 0 or r.apart:
        return
    told = [key.path for key in summary.effects if key.verb is Verb.COMMIT] + [one.path for one in summary.sent]
    own = {_whose(r, value) for path in told for value in applied.path(path)}
    for key, rank in sends:
        decided = applied.guard(key.guard)
        if decided is not None:
            sure = min(rank.sure, site.sure, decided[1])
            _sent(r, before - own, unit.key, key, site.at, site.source, sure)


def _sent(
    r: Reading, paths: frozenset[Path], via: str, inner: Key, at: int, source: Call | str, sure: Confidence
) -> None:
    for path in sorted(paths, key=repr):
        remember(r, Step(Verb.PUBLISH, path, at, "", via, inner, r.guard, sure), SENT, source)


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee has sent after it had written is sent here."""
    past.take_over(r, unit, PASSED, summary.sent, applied, site, lambda value: _whose(r, value))


def _whose(r: Reading, value: Value) -> Path:
    """The session that something was written in; that of the entity, where only that is known to have changed."""
    known = value.path not in r.kinds and r.classes.is_entity(str(value.type.name))
    return changing.holder(r, value)[0] if known else value.path.owner()


def left(r: Reading, falls: bool) -> tuple[Step, ...]:
    """What has been sent before the function ended, in sessions that it has left uncommitted to its callers."""
    found = set(r.exits[0]) | (r.past if falls else set())
    steps = [
        r.steps[key][0]._replace(text=written(r.steps[key][1]))
        for key in sorted(found, key=repr)
        if key.what in _OPEN and key.path.root not in ("fresh", "unknown", "const") and not r.is_own(key.path)
    ]
    return tuple(steps[:_MOST])
