"""Steps that matter later on a way through a function, and what comes after them that should not."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

from ...facts.schema import Call
from ...knowledge import FLUSHES, READS, SENDS, Verb
from ..reading import excluding
from ..reading.conditions import excluded
from ..reading.state import UNSAVED, USED, Past
from ..summary import Sequel, Step
from ..text import written
from ..values import Path

if TYPE_CHECKING:
    from ..reading.reading import Reading

COMMIT, FAILURE, LEFT, SAVEPOINT, TIMEOUT = "commit", "failure", "left", "savepoint", "timeout"
LENT, CLOSED, OVER, FINISHED = "lent", "closed", "over", "finished"
SENT, PASSED = "sent", "passed"
LASTS = frozenset({COMMIT, LENT, CLOSED, OVER, FINISHED})
"""What neither a rollback nor the end of a block undoes."""
FAILED = frozenset({FAILURE, LEFT})
BROKEN = FAILED | {TIMEOUT}
PENDING = frozenset({UNSAVED, SENT, PASSED, USED})
KEPT = FAILED | PENDING
"""What callers find when the function has ended."""
MENDS = frozenset({Verb.ROLLBACK, Verb.CLOSE})
FAILS = SENDS | {Verb.COMMIT}
"""What leaves a transaction failed when it raises; a `begin()` that does has begun none."""
_TRIES = FAILS | {Verb.BEGIN}
_AFTER = {
    COMMIT: frozenset({Verb.WRITE, Verb.CHANGE, Verb.FLUSH, Verb.COMMIT}),
    FAILURE: _TRIES,
    LEFT: _TRIES,
    TIMEOUT: _TRIES,
    SAVEPOINT: frozenset({Verb.COMMIT, Verb.ROLLBACK}),
    LENT: frozenset({Verb.COMMIT}),
    CLOSED: SENDS | {Verb.WRITE, Verb.COMMIT},
    OVER: _TRIES | {Verb.WRITE},
    FINISHED: _TRIES | {Verb.WRITE},
    UNSAVED: frozenset({Verb.BEGIN}),
    USED: frozenset({Verb.BEGIN}),
    SENT: frozenset({Verb.COMMIT}),
    PASSED: frozenset({Verb.COMMIT}),
}
"""What matters after what."""


def _is_unsaved(key: Past, path: Path) -> bool:
    return key.what == UNSAVED and key.path == path


def has_unsaved(past: Set[Past], path: Path) -> bool:
    return any(_is_unsaved(key, path) for key in past)


def remember(r: Reading, step: Step, what: str, source: Call | str) -> None:
    """A step that matters later."""
    if step.at < 0:
        return
    key = Past(what, step.path, step.at, step.via)
    r.happened.steps[key] = step._replace(what=what), source
    excluding.remembered(r, key, r.told, again=key in r.past)
    r.past |= {key}


def at_end(r: Reading, falls: bool) -> Set[Past]:
    """What has happened where the function ends: where it returns, and where it `falls` off its end."""
    return r.failing.exits[0] | r.past if falls else r.failing.exits[0]


def follow(r: Reading, past: Iterable[Past], step: Step, source: Call | str) -> None:
    """A step comes after some of these."""
    matters = (
        key
        for key in past
        if key.path == step.path and step.verb in _AFTER[key.what] and not (key.what == COMMIT and key.at == step.at)
    )
    for key in sorted(matters, key=repr):
        first, made_by = r.happened.steps[key]
        if excluded(first.guard, step.guard) or (key.what in BROKEN and key.at == step.at and not _is_again(r)):
            continue
        if step.verb not in READS:
            r.pursued.add(key)
        if step.verb is Verb.COMMIT and _is_all(r, key):
            if key.at != step.at and key not in r.happened.since:
                r.happened.idle.add(key)
            if first.verb not in FLUSHES and not key.via:
                step = step._replace(slight=True)
        known = r.happened.sequels.get(key)
        if known is None or _strength(step) < _strength(known.then):
            r.happened.sequels[key] = Sequel(first._replace(text=written(made_by)), step._replace(text=written(source)))


def _is_all(r: Reading, key: Past) -> bool:
    """Whether nothing else is known to have been done in the transaction that this has begun here, and left failed."""
    return all(one.at == key.at for one in r.past if one.what in PENDING and one.path == key.path)


def sequels(r: Reading) -> tuple[Sequel, ...]:
    """What has followed; of failures one of which comes instead of the other, only the worst is told."""
    found, instead = r.happened.sequels, r.failing.instead
    return tuple(sequel for key, sequel in found.items() if found.keys().isdisjoint(instead.get(key, ())))


def _is_again(r: Reading) -> bool:
    """Whether a loop around is in its second turn: before that, what happens at one place is done by one of several
    functions that may be meant there."""
    return any(round_.again for round_ in r.rounds)


def _strength(step: Step) -> tuple[int, bool]:
    """By this the thing that follows is chosen: the surest, rather a write than a commit, the first seen."""
    return -step.sure, step.verb in (Verb.COMMIT, Verb.ROLLBACK)
