"""When a commit happens: again in each turn of a loop, after another one, or although an exception is on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Call, Handler
from ...knowledge import READS, WRITES, Verb
from ...model import Confidence
from ..parts import catches_all, reads, says_absent
from ..reading import conditions
from ..reading.state import Done, Failure
from ..summary import Commit, Guard, Key, Literal, Rank
from ..text import written
from ..values import Path
from . import answers, idling, tasks

if TYPE_CHECKING:
    from ..reading.reading import Reading

EXITS = frozenset({"__exit__", "__aexit__"})
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
HALVES = ("", "read", "used", "written")
"""What a `try` may have done to a session, the surest last."""


@dataclass(slots=True)
class Ledger:
    """What the commits of one function are asked for; a number is that of a `try`."""

    found: dict[Done, Commit] = field(default_factory=dict)
    lasting: frozenset[Done] = frozenset()
    """Those after which the function can end as if nothing were."""
    asked: set[tuple[int, Path]] = field(default_factory=set)
    """Sessions that are read in a `try`."""
    used: set[tuple[int, Path]] = field(default_factory=set)
    """Sessions that something else is done to."""
    written: set[tuple[int, Path]] = field(default_factory=set)
    """Sessions in which something is written."""
    undone: set[tuple[int, Path]] = field(default_factory=set)
    """Sessions that a callee rolls back or closes."""
    saved: set[Path] = field(default_factory=set)
    """Sessions that an `__exit__` rolls back where it was told of an exception."""


def happen(
    r: Reading,
    path: Path,
    kind: str,
    sure: Confidence,
    at: int,
    source: Call | str,
    via: str,
    inner: Key | None,
    guard: Guard,
    idle: bool,
) -> None:
    """A commit of this session happens here; `idle` when nothing but reads has come before it."""
    if at < 0 or path.root in ("unknown", "const"):
        return
    r.lending.committed[at] = r.lending.asked
    key = (at, via, path)
    before = r.commits.found.get(key)
    commit = before or Commit(at, written(source), path, kind, via, inner, guard, sure)
    earlier = [
        one
        for done, one in r.commits.found.items()
        if done in r.done and one.path == path and one.at != at and not conditions.excluded(one.guard, guard)
    ]
    half = "" if any(one.half for one in earlier) else _half(r, path)  # what the first has stored, it answers for
    r.commits.found[key] = commit._replace(
        after=tuple(dict.fromkeys((*commit.after, *(one.at for one in earlier)))),
        half=max(commit.half, half, key=HALVES.index),
        passing=commit.passing or _passing(r, path, guard),
        idle=idle and (before is None or before.idle),
    )
    idling.agree(r, at)
    if r.trying.handling and not guard:
        settled = {
            one: one._replace(mended=one.mended | {path}) for one in r.failed if one.attempt in r.trying.handling
        }
        r.failed = frozenset(settled.get(one, one) for one in r.failed)
    for one in r.rounds:
        one.commits[key] = one.commits.get(key, False) or one.may_repeat(path)
        one.attempts[key] = tuple(attempt for attempt in r.trying.attempts if attempt not in r.trying.succeeded)
    r.done |= {key}
    answers.committed(r, path)


def judged(r: Reading) -> dict[Key, Rank]:
    """The effects; of commits it is known now whether the function can end after them as if nothing were, and whether
    their lock guards what they write."""
    lasting = {path for _, _, path in r.commits.lasting}
    return {
        key: rank._replace(fatal=key.path not in lasting, locked=tasks.guards(r, key.path, rank))
        if key.verb is Verb.COMMIT
        else rank
        for key, rank in r.effects.items()
    }


def tried(r: Reading, verb: Verb, path: Path) -> None:
    """Something else is done to this session, or to an entity that may be its; what matters is that in a `try`, where
    no callee commits it by itself."""
    trying = _trying(r, path) if r.trying.attempts else set()
    (r.commits.asked if verb in READS or path in r.settled else r.commits.used).update(trying)
    if verb in WRITES and path not in r.settled:
        r.commits.written |= trying


def undone(r: Reading, path: Path, via: str) -> None:
    """This session is rolled back or closed here: nothing half done is left in it."""
    if r.failed:
        r.failed = frozenset(one._replace(mended=one.mended | {path}) for one in r.failed)
    if via:
        r.commits.undone |= _trying(r, path)
    if r.unit.definition.name in EXITS and _says(r, r.guard) is not True and _asked(r):
        r.commits.saved.add(path)


def _trying(r: Reading, path: Path) -> set[tuple[int, Path]]:
    """This session in each `try` whose own clause is read."""
    elsewhere = {*r.trying.handling, *r.trying.succeeded, *r.trying.finals}
    return {(attempt, path) for attempt in r.trying.attempts if attempt not in elsewhere}


def fails(r: Reading, attempt: int, handler: Handler | None) -> Failure:
    """An exception of a `try`, as what catches it finds the sessions; without a handler it may be any."""
    named = handler is not None and not catches_all(handler.types)
    absent = handler is not None and says_absent(handler.types)
    undone = frozenset(path for one, path in r.commits.undone if one == attempt and not absent)
    return Failure(attempt, undone, named, absent)


def _half(r: Reading, path: Path) -> str:
    """What a `finally` clause that this stands in finds undone when its `try` has failed: one of `HALVES`; "read" when
    it has only read, as far as anybody can follow it."""
    found = ""
    for attempt in r.trying.finals:
        if any(one.attempt == attempt and not one.named and path not in one.mended for one in r.failed) and not (
            _in_doubt(r, attempt)
        ):
            if (attempt, path) in r.commits.written:
                return "written"
            read = (attempt, path) in r.commits.asked
            if (attempt, path) in r.commits.used or (read and _changes(r, attempt)):
                return "used"
            if read and idling.is_unclear(r, path):
                found = "read"
    return found


def _changes(r: Reading, attempt: int) -> bool:
    """Whether an entity is changed of which only the callers know whose it is."""
    return any(one == attempt and path not in r.kinds for one, path in r.commits.written)


def _in_doubt(r: Reading, attempt: int) -> bool:
    """Whether something else than a parameter decides, from the `try` on, whether this is done at all."""
    return any(conditions.condition(r, test) is None for test in r.tests[r.trying.began[attempt] :])


def _passing(r: Reading, path: Path, guard: Guard) -> bool:
    """Whether this is done although an exception leaves the `with` block that the function is around."""
    definition = r.unit.definition
    if definition.name in EXITS and r.unit.klass is not None:
        if path.root == "fresh" or path in r.commits.saved:
            return False
        said = _says(r, guard)
        return not said if said is not None else not _asked(r)
    if MANAGERS.isdisjoint(r.unit.decorators):
        return False
    return any(
        one.attempt in r.lending.yielding and not one.named and path not in one.mended and not _in_doubt(r, one.attempt)
        for one in r.failed
    )


def _says(r: Reading, guard: Guard) -> bool | None:
    """Whether a condition says that no exception has come; None when it says nothing of exceptions."""
    for literal in guard:
        if literal.param in (1, 2, 3):
            return literal in (Literal(literal.param, "none", True), Literal(literal.param, "true", False))
    return None


def _asked(r: Reading) -> bool:
    """Whether a test that is met on the way here looks at the exception."""
    names = frozenset(param.name for param in r.unit.definition.params[1:])
    return any(reads(test, names) for test in r.tests)
