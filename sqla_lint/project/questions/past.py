"""What has happened to sessions on the way through a function, and what happens to them after it: a commit by a callee
before more is written, an exception that was caught before the session is used again, a savepoint before a commit, the
end of its block before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Call
from ...knowledge import DIRTIES, FLUSHES, SENDS, WRITES, Verb
from ...model import Confidence
from ..reading.state import UNSAVED, USED, Past, State
from ..summary import Guard, Key, Sequel, Step, Summary, both
from ..values import NONE, NOTHING, Path, Value, Values
from . import failing, flushing, lost, own, twins, undoing
from .steps import (
    CLOSED,
    COMMIT,
    FAILED,
    FAILS,
    FAILURE,
    LASTS,
    LEFT,
    MENDS,
    OVER,
    PENDING,
    SAVEPOINT,
    at_end,
    follow,
    has_unsaved,
    remember,
)

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading

_KNOWN = frozenset({"param", "free", "global", "injected"})
POSSIBLE, LIKELY, CERTAIN = Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN


@dataclass(slots=True)
class Ledger:
    """What has happened in one function that matters later."""

    steps: dict[Past, tuple[Step, Call | str]] = field(default_factory=dict)
    noted: set[Past] = field(default_factory=set)
    """Failures of which a handler has made a note in a local."""
    finished: set[Path] = field(default_factory=set)
    """Sessions whose transaction is ended here itself."""
    mending: dict[Path, bool] = field(default_factory=dict)
    """Sessions whose transaction is taken back, and whether only on a condition or after a commit."""
    sequels: dict[Past, Sequel] = field(default_factory=dict)
    """What has followed."""
    since: set[Past] = field(default_factory=set)
    """Failures after which something was written."""
    idle: set[Past] = field(default_factory=set)
    """Failures after which there was nothing to commit but what the call has written that has failed."""


def happen(
    r: Reading,
    verb: Verb,
    path: Path,
    sure: Confidence,
    at: int,
    source: Call | str,
    via: str,
    inner: Key | None,
    guard: Guard,
) -> None:
    """Something happens to a session here."""
    if verb in (Verb.COMMIT, Verb.BEGIN):
        lost.settles(r, path)
    elif verb is Verb.CLOSE:
        lost.ends(r, path)
    if path.root in ("unknown", "const") or r.apart:
        return
    step = Step(verb, path, at, "", via, inner, guard, sure)
    if r.past:
        follow(r, r.past, step, source)
    twins.happen(r, step, source)
    if not via and (verb is Verb.COMMIT or (verb in MENDS and not r.trying.handling)):
        finishes(r, verb, path)
    if verb in MENDS:
        mended(r, path)
        if verb is Verb.CLOSE and via and not r.names.units[via].definition.is_generator:
            remember(r, step, CLOSED, source)
    elif verb is Verb.RELEASE:
        released(r, path)
    elif verb is Verb.COMMIT:
        _saved(r, path)
        r.failing.levels[-1].stored = True
        if via and not r.names.units[via].definition.is_generator:
            remember(r, step, COMMIT, source)
    if verb in DIRTIES:
        r.happened.since.update(key for key in r.past if key.what in FAILED and key.at != at)
        r.failing.levels[-1].written.add(path)
        if verb is Verb.CHANGE and path not in r.kinds:
            failing.changed(r)
    if verb in WRITES and not has_unsaved(r.past, path):
        remember(r, step, UNSAVED, source)
    if verb in SENDS and not via and not any(key.what == USED and key.path == path for key in r.past):
        remember(r, step, USED, source)
    if verb in FAILS and not via:
        if not own.recovers(r, verb, path):
            failing.may_fail(r, step, source)
        undoing.may_fail(r, step, source)
    flushing.happen(r, verb, path, via)


def _saved(r: Reading, path: Path) -> None:
    """Everything that was written in this session is committed, and what was changed of entities that may be its."""
    if r.past:
        r.past = frozenset(
            key for key in r.past if key.what not in PENDING or (key.path != path and key.path in r.kinds)
        )


def commits_at_end(r: Reading, path: Path, at: int, text: str, *, begun: bool = False) -> None:
    """A block has ended as it should, and commits this session: what could not be flushed raises, after a statement
    that failed it is only a rollback, as it is after both where the block has `begun` the transaction."""
    pending = [
        key
        for key in r.past
        if key.what in PENDING
        or (key.what in FAILED and not begun and r.happened.steps[key][0].verb in (Verb.FLUSH, Verb.COMMIT))
    ]
    if pending:
        follow(r, pending, Step(Verb.COMMIT, path, at, "", "", None, r.guard, CERTAIN), text)
        _saved(r, path)
    r.happened.finished.add(path)


def finishes(r: Reading, verb: Verb, path: Path) -> None:
    """The transaction of this session ends here, and not only where something has failed."""
    r.happened.finished.add(path)
    if verb in MENDS:
        late = bool(r.guard or r.tests) or any(key.verb is Verb.COMMIT and key.path == path for key in r.effects)
        r.happened.mending[path] = r.happened.mending.get(path, True) and late


def mending(r: Reading) -> dict[Path, bool]:
    """The sessions of callers whose transactions the function takes back."""
    return {path: late for path, late in r.happened.mending.items() if path.root in _KNOWN}


def handed_back(r: Reading) -> None:
    """The function ends as if nothing were: who has handed a session out to it commits that, and finds it failed. One
    that ends in a handler has an answer for what has failed, and may have one where a handler has made a note of it."""
    for frame in r.frames if r.past and not r.trying.handling else ():
        index = r.injected.get(str(frame.path.key), -1) if frame.path.root == "injected" else -1
        at = r.unit.definition.params[index].at if frame.kind == COMMIT and index >= 0 else -1
        failed = [key for key in r.past if key.what in FAILED and key.path == frame.path and _is_unseen(r, key)]
        if failed and at >= 0:
            sure = POSSIBLE if r.happened.noted.issuperset(failed) else LIKELY
            follow(r, failed, Step(Verb.COMMIT, frame.path, at, "", "", None, r.guard, sure), frame.text)


def unsaved(r: Reading, falls: bool) -> tuple[Path, ...]:
    """What a function that commits leaves to its callers all the same."""
    if all(key.verb is not Verb.COMMIT for key in r.effects):
        return ()
    left = {key.path for key in at_end(r, falls) if key.what == UNSAVED and key.path.root in _KNOWN}
    return tuple(sorted(left, key=repr))


def settled(r: Reading, paths: Iterable[Path], at: int, via: str) -> None:
    """A callee has ended that commits all it has written in these sessions."""
    if r.past:
        r.past -= {Past(UNSAVED, path, at, via) for path in paths}


def _is_unseen(r: Reading, key: Past) -> bool:
    """Whether a flush has failed, and nobody can tell by the answer of a callee."""
    step = r.happened.steps[key][0]
    answer = r.project.summary(r.names.units[step.via]).returns if step.via and key.what == LEFT else NOTHING
    return step.verb in FLUSHES and all(value.type == NONE for value in answer)


def mended(r: Reading, path: Path) -> None:
    """This session has a new transaction from here, and one that may be the same under another name has possibly."""
    r.failing.mends.add(path)
    if r.past:
        r.past = frozenset(key for key in r.past if key.what in LASTS or key.path != path)
        for key in r.past:
            if key.what in FAILED and failing.may_be(path, key.path):
                step, source = r.happened.steps[key]
                r.happened.steps[key] = step._replace(sure=POSSIBLE), source


def mends_itself(r: Reading, summary: Summary, applied: Applied) -> None:
    """A callee that rolls a session back somewhere is not told to find it failed: when in it is not known."""
    if r.past:
        for key in summary.effects:
            if key.verb in MENDS:
                for value in applied.path(key.path):
                    mended(r, value.path.owner())


def renewed(r: Reading, path: Path) -> None:
    """A session is opened: what happened to that of the last turn of a loop is no matter."""
    if r.past:
        r.past = frozenset(key for key in r.past if key.path != path)


def renewed_by(r: Reading, path: Path) -> None:
    """A block begins anew with a session that an earlier one has closed."""
    r.past = frozenset(key for key in r.past if key.what != OVER or key.path != path)


def released(r: Reading, path: Path, at: int = -1) -> None:
    """The savepoints of this session, or the one begun at `at`, are in the hands of a block or of their own object."""
    r.past = frozenset(key for key in r.past if key.what in LASTS or key.path != path or at not in (-1, key.at))


def ended(r: Reading, value: Value) -> None:
    """The block of a context manager is left, also by an exception: what it was given to manage is in order again."""
    if value.type.kind == "generator":
        edge = r.edges.get((value.path.key, str(value.type.name)))
        paths = {one.outer.path for one in edge.carried if one.outer.verb in MENDS} if edge is not None else set()
    else:
        paths = set()
    base = value.path

    def is_over(path: Path) -> bool:
        return path in paths or (path[:2] == base[:2] and path.attrs[: len(base.attrs)] == base.attrs)

    def left(keys: Set[Past]) -> frozenset[Past]:
        return frozenset(key for key in keys if key.what in LASTS or not is_over(key.path))

    for level in r.failing.levels:
        level.failing = {key: step for key, step in level.failing.items() if not is_over(key.path)}
        level.timed = {key: step for key, step in level.timed.items() if not is_over(key.path)}
    r.past = left(r.past)
    r.failing.exits[-1] = set(left(r.failing.exits[-1]))
    if r.failing.turned:
        r.failing.turned[-1] = left(r.failing.turned[-1])
        r.broke[-1] = [state._replace(past=left(state.past)) for state in r.broke[-1]]


def of_turns(r: Reading, before: State, through: Values) -> None:
    """After a loop `through` these: what its turns commit is a matter of loops, unless each is a step of its own, a
    function that it calls."""
    steps = {value.type.name for value in through if value.type.kind == "function"}
    r.past = frozenset(key for key in r.past if key.what != COMMIT or key in before.past or key.via in steps)


def take_over(
    r: Reading,
    unit: Unit,
    what: str,
    steps: tuple[Step, ...],
    applied: Applied,
    site: Site,
    of: Callable[[Value], Path] = lambda value: value.path.owner(),
) -> None:
    """What a callee has left is so here: failed transactions (LEFT), what it has sent (PASSED), transactions that are
    open (USED). `of` tells whose a step is."""
    if unit.definition.is_generator or r.apart:
        return
    known: set[Path] = set()
    for left in steps:
        decided, klass = applied.guard(left.guard), applied.needs(left.klass)
        if decided is None or klass is None:
            continue
        for value in applied.path(left.path):
            inner = Key(left.verb, left.path, left.guard)
            guard = both(r.guard, decided[0])
            sure = min(left.sure, value.sure, site.sure, decided[1])
            step = Step(left.verb, of(value), site.at, "", unit.key, inner, guard, sure, what, left.slight, klass)
            if step.path.root not in ("unknown", "const") and step.path not in known and not failing.made_by(step):
                known.add(step.path)
                remember(r, step, what, site.source)


def is_nested(r: Reading, path: Path) -> bool:
    """Whether a savepoint of this session has been begun that no block will end."""
    return any(key.what == SAVEPOINT and key.path == path for key in r.past)


def nests(r: Reading, session: Value, begins: bool, call: Call) -> None:
    """A savepoint is begun, and whether a block ends it is not known yet; or it is asked for, to be ended by itself."""
    path = session.path.owner()
    if not begins:
        released(r, path)
    elif path.root not in ("unknown", "const") and not r.apart:
        r.failing.levels[-1].failing.pop(Past(FAILURE, path, call.at, ""), None)
        remember(r, Step(Verb.USE, path, call.at, "", "", None, r.guard, session.sure), SAVEPOINT, call)
