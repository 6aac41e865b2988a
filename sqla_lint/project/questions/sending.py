"""What is sent to others while the transaction that it tells of is still open: tasks, messages, mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...facts.schema import OWN_NAME, Call, Name
from ...knowledge import Verb
from ...knowledge.senders import ACTORS, MAIL, MAILERS, MESSAGE, TASKS
from ...model import Confidence
from ..reading.state import UNSAVED, Past
from ..summary import Carried, Key, Rank, Sequel, Step, Summary, both
from ..text import written
from ..values import Path, Value
from . import changing, past
from .lending import committing
from .steps import MENDS, PASSED, SENT, at_end, remember

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading

_OPEN = frozenset({SENT, PASSED})
_PORTS = ("publish", "produce", "enqueue")
"""How methods are called that give a message to a broker."""
_OWN = frozenset({"fresh", "unknown", "const"})
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
    before = unsaved(r)
    r.vouched.setdefault((key, at, ""), before | r.happened.finished)
    _sent(r, before, "", key, at, source, sure)


def unsaved(r: Reading) -> frozenset[Path]:
    """The sessions in which something has been written and not been committed yet."""
    return frozenset(key.path for key in r.past if key.what == UNSAVED)


def within(r: Reading, before: frozenset[Path], unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee sends after its caller has written, and before it commits itself. To be asked before what the
    callee does is done here."""
    for key, paths, sure in _sends(r, summary, applied, site):
        r.vouched.setdefault((_outer(r, key, applied), site.at, unit.key), before | r.happened.finished | paths)
        if before:
            _sent(r, (before & _committed(r, summary, applied)) - paths, unit.key, key, site.at, site.source, sure)


def passed(r: Reading, before: frozenset[Path], unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee sends after its caller has written, in sessions that the callee does not answer for itself, nor
    commits."""
    for key, paths, sure in _sends(r, summary, applied, site):
        _sent(r, before - _committed(r, summary, applied) - paths, unit.key, key, site.at, site.source, sure)


def _sends(
    r: Reading, summary: Summary, applied: Applied, site: Site
) -> Iterator[tuple[Key, frozenset[Path], Confidence]]:
    """What a callee sends, the sessions that it answers for itself, and how sure it is."""
    if site.at < 0 or r.apart:
        return
    for key, rank in summary.effects.items():
        decided = applied.guard(key.guard) if key.verb is Verb.PUBLISH else None
        if decided is not None:
            own = _here(r, summary.vouched.get(key, ()), applied)
            yield key, own, min(rank.sure, site.sure, decided[1])


def _outer(r: Reading, key: Key, applied: Applied) -> Key:
    decided = applied.guard(key.guard)
    return Key(key.verb, key.path, both(r.guard, decided[0]) if decided is not None else r.guard)


def settled(r: Reading, unit: Unit, summary: Summary, applied: Applied) -> frozenset[Path]:
    """The sessions in which a callee has committed all that it has written, in whatever order its effects are told."""
    ended = frozenset[Path]() if unit.definition.is_generator else _committed(r, summary, applied)
    return ended - _here(r, summary.unsaved, applied) if ended else ended


def _committed(r: Reading, summary: Summary, applied: Applied) -> frozenset[Path]:
    return _here(r, (key.path for key in summary.effects if key.verb is Verb.COMMIT), applied)


def _here(r: Reading, paths: Iterable[Path], applied: Applied) -> frozenset[Path]:
    """What sessions of a callee are here."""
    return frozenset(_whose(r, value) for path in paths for value in applied.path(path))


def vouched(r: Reading) -> dict[Key, tuple[Path, ...]]:
    """Of what is sent here, and who asks for it: the sessions that had been written in before, or ended."""
    found: dict[Key, frozenset[Path]] = {}
    for (key, _, _), paths in r.vouched.items():
        if key in r.effects:
            found[key] = found.get(key, frozenset()) | {path for path in paths if path.root not in _OWN}
    return {key: tuple(sorted(paths, key=repr)) for key, paths in found.items()}


def kept(r: Reading, summary: Summary, applied: Applied) -> frozenset[Past]:
    """What has been sent in sessions that a callee takes back only where it has failed, or in some case, or when it
    has committed them."""
    sent = frozenset(key for key in r.past if key.what in _OPEN)
    if not sent or not any(key.verb in MENDS for key in summary.effects):
        return frozenset()
    taken = _here(r, (path for path, late in summary.mends.items() if not late), applied)
    failed = _here(r, (key.path for key in summary.effects if key.verb in MENDS), applied)
    return frozenset(key for key in sent if key.path in failed - taken)


def uncommitted(
    r: Reading, told: frozenset[Past], summary: Summary, applied: Applied, carried: Iterable[Carried]
) -> frozenset[Past]:
    """Those of `told` that a callee has neither committed nor taken back."""
    ended = {one.outer.path for one in carried if one.outer.verb is Verb.COMMIT} | _here(r, summary.mends, applied)
    return frozenset(key for key in told if key.path not in ended)


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


def around(r: Reading, falls: bool) -> None:
    """A decorator passes a session, and commits what was written in it when the function has ended."""
    if not r.unit.definition.decorators:
        return
    for index, injection in r.project.injected(r.unit).items():
        for frame in committing(injection.frames)[:1]:
            for key in sorted(at_end(r, falls), key=repr):
                if key.what not in _OPEN or key.path != Path("param", index):
                    continue
                first, made_by = r.happened.steps[key]
                then = Step(Verb.COMMIT, key.path, OWN_NAME, frame.text, "", None, (), Confidence.LIKELY)
                r.happened.sequels.setdefault(key, Sequel(first._replace(text=written(made_by)), then))


def left(r: Reading, falls: bool) -> tuple[Step, ...]:
    """What has been sent before the function ended, in sessions that it has left uncommitted to its callers."""
    steps = [
        r.happened.steps[key][0]._replace(text=written(r.happened.steps[key][1]))
        for key in sorted(at_end(r, falls), key=repr)
        if key.what in _OPEN and key.path.root not in _OWN and not r.is_own(key.path)
    ]
    return tuple(steps[:_MOST])
