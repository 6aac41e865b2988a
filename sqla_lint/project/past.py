"""What has happened to sessions on the way through a function, and what happens to them after it: a commit by a callee
before more is written, an exception that was caught before the session is used again, a savepoint before a commit, the
end of its block before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Await, Body, Call, Expr, Items, Name
from ..knowledge import SENDS, Verb
from ..knowledge.python import BUILTINS, HARMLESS, TIMEOUTS
from ..knowledge.sqlalchemy import ASKS, BASES, ERRORS, LIBRARIES, WRITE_ERRORS
from ..model import Confidence
from . import excluding, flushing, lost, twins, undoing
from .conditions import excluded
from .parts import mentions, parts
from .state import UNSAVED, USED, Past, State
from .summary import Fail, Guard, Key, Sequel, Step, Summary, Undone, both
from .text import written
from .values import Path, Value, Values

if TYPE_CHECKING:
    from .applied import Applied
    from .arguments import Site
    from .modules import Unit
    from .reading import Reading

COMMIT, FAILURE, LEFT, SAVEPOINT, TIMEOUT = "commit", "failure", "left", "savepoint", "timeout"
LENT, CLOSED, OVER = "lent", "closed", "over"
SENT, PASSED = "sent", "passed"
_LASTS = frozenset({COMMIT, LENT, CLOSED, OVER})
"""What neither a rollback nor the end of a block undoes."""
FAILED = frozenset({FAILURE, LEFT})
_BROKEN = FAILED | {TIMEOUT}
_PENDING = frozenset({UNSAVED, SENT, PASSED, USED})
_KEPT = FAILED | {SENT, PASSED, USED}
"""What callers find when the function has ended."""
_READS = frozenset({Verb.READ, Verb.LOAD})
_MENDS = frozenset({Verb.ROLLBACK, Verb.CLOSE})
_UNSAVED = frozenset({Verb.WRITE, Verb.CHANGE, Verb.FLUSH})
_FAILS = SENDS | {Verb.COMMIT}
"""What leaves a transaction failed when it raises; a `begin()` that does has begun none."""
_TRIES = _FAILS | {Verb.BEGIN}
_AFTER = {
    COMMIT: frozenset({Verb.WRITE, Verb.CHANGE, Verb.FLUSH, Verb.COMMIT}),
    FAILURE: _TRIES,
    LEFT: _TRIES,
    TIMEOUT: _TRIES,
    SAVEPOINT: frozenset({Verb.COMMIT, Verb.ROLLBACK}),
    LENT: frozenset({Verb.COMMIT}),
    CLOSED: SENDS | {Verb.WRITE, Verb.COMMIT},
    OVER: _TRIES | {Verb.WRITE},
    UNSAVED: frozenset({Verb.BEGIN}),
    USED: frozenset({Verb.BEGIN}),
    SENT: frozenset({Verb.COMMIT}),
    PASSED: frozenset({Verb.COMMIT}),
}
"""What matters after what."""
_WORST = {Verb.COMMIT: 3, Verb.FLUSH: 3, Verb.WRITE: 2, Verb.USE: 1, Verb.BEGIN: 0, Verb.READ: 0, Verb.LOAD: 0}
"""How surely a failure of this leaves the transaction failed."""
_MOST = 8
_ALL = frozenset({"Exception", "BaseException"})
POSSIBLE, LIKELY, CERTAIN = Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN


@dataclass
class Level:
    """The body of a `try`, or of the function: how many blocks were open where it began, the sessions written in it,
    what may fail in it, which of that was raised on as another exception, what of it a timeout may cancel, whether an
    entity was changed, whether a handler has caught what failed, what its exceptions make expire, and the sessions that
    names stood for in it."""

    frames: int = 0
    body: Body = ()
    written: set[Path] = field(default_factory=set)
    failing: dict[Past, Step] = field(default_factory=dict)
    renamed: set[Past] = field(default_factory=set)
    changed: bool = False
    taken: bool = False
    timed: dict[Past, Step] = field(default_factory=dict)
    undone: dict[tuple[Verb, Path, int], Undone] = field(default_factory=dict)
    named: dict[str, Values] = field(default_factory=dict)

    def may_write(self, path: Path) -> bool:
        """Whether this session may have something to store."""
        return self.changed or path in self.written


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
        _follow(r, r.past, step, source)
    twins.happen(r, step, source)
    if verb in _MENDS:
        mended(r, path)
        if verb is Verb.CLOSE and via and not r.names.units[via].definition.is_generator:
            remember(r, step, CLOSED, source)
    elif verb is Verb.RELEASE:
        released(r, path)
    elif verb is Verb.COMMIT:
        _saved(r, path)
        if via and not r.names.units[via].definition.is_generator:
            remember(r, step, COMMIT, source)
    if verb in (Verb.WRITE, Verb.CHANGE):
        r.levels[-1].written.add(path)
        r.levels[-1].changed |= verb is Verb.CHANGE and path not in r.kinds
    if verb in _UNSAVED and not _has_unsaved(r.past, path):
        remember(r, step, UNSAVED, source)
    if verb in SENDS and not via and not any(key.what == USED and key.path == path for key in r.past):
        remember(r, step, USED, source)
    if verb in _FAILS and not via:
        may_fail(r, step, source)
        undoing.may_fail(r, step, source)
    flushing.happen(r, verb, path, via)


def _is_unsaved(key: Past, path: Path) -> bool:
    return key.what == UNSAVED and key.path == path


def _has_unsaved(past: Set[Past], path: Path) -> bool:
    return any(_is_unsaved(key, path) for key in past)


def _saved(r: Reading, path: Path) -> None:
    """Everything that was written in this session is committed, and what was changed of entities that may be its."""
    if r.past:
        r.past = frozenset(
            key for key in r.past if key.what not in _PENDING or (key.path != path and key.path in r.kinds)
        )


def commits_at_end(r: Reading, path: Path, at: int, text: str, *, begun: bool = False) -> None:
    """A block has ended as it should, and commits this session: what could not be flushed raises, after a statement
    that failed it is only a rollback, as it is after both where the block has `begun` the transaction."""
    pending = [
        key
        for key in r.past
        if key.what in _PENDING
        or (key.what in FAILED and not begun and r.steps[key][0].verb in (Verb.FLUSH, Verb.COMMIT))
    ]
    if pending:
        _follow(r, pending, Step(Verb.COMMIT, path, at, "", "", None, r.guard, CERTAIN), text)
        _saved(r, path)


def remember(r: Reading, step: Step, what: str, source: Call | str) -> None:
    """A step that matters later."""
    if step.at < 0:
        return
    key = Past(what, step.path, step.at, step.via)
    r.steps[key] = step._replace(what=what), source
    excluding.remembered(r, key, r.told, again=key in r.past)
    r.past |= {key}


def _follow(r: Reading, past: Iterable[Past], step: Step, source: Call | str) -> None:
    """A step comes after some of these."""
    matters = (
        key
        for key in past
        if key.path == step.path and step.verb in _AFTER[key.what] and not (key.what == COMMIT and key.at == step.at)
    )
    for key in sorted(matters, key=repr):
        first, made_by = r.steps[key]
        if excluded(first.guard, step.guard):
            continue
        known = r.sequels.get(key)
        if known is None or _strength(step) < _strength(known.then):
            r.sequels[key] = Sequel(first._replace(text=written(made_by)), step._replace(text=written(source)))


def _strength(step: Step) -> tuple[int, bool]:
    """By this the thing that follows is chosen: the surest, rather a write than a commit, the first seen."""
    return -step.sure, step.verb in (Verb.COMMIT, Verb.ROLLBACK)


# -- failures --


def may_fail(r: Reading, step: Step, source: Call | str, *, anew: bool = False) -> None:
    """An exception here leaves the transaction failed, unless a block that is left by it ends that transaction; it is
    another exception than that of the database when it is raised `anew`."""
    level = r.levels[-1]
    if step.at < 0 or is_contained(r, step.path, level) or _made_by(step):
        return
    key = Past(FAILURE, step.path, step.at, step.via)
    known = level.failing.get(key)
    only_reads = step.verb in _READS and not level.changed and not _has_unsaved(r.past, step.path)
    only_ends = step.verb is Verb.COMMIT and not step.via and step.path in r.flushed
    step = step._replace(what=FAILURE, slight=step.slight or only_reads or only_ends)
    if known is None or (not anew, _harm(step)) > (key not in level.renamed, _harm(known)):
        level.failing[key] = step
        r.steps.setdefault(key, (step, source))
        (level.renamed.add if anew else level.renamed.discard)(key)


def _made_by(step: Step) -> bool:
    """Whether the session is one that the call itself opens."""
    key = step.path.key
    return step.path.root == "fresh" and isinstance(key, tuple) and key[0] == step.at


def is_contained(r: Reading, path: Path, level: Level) -> bool:
    """Whether a block of a transaction of this session stands around this in a `try`."""
    return any(frame.path == path and frame.kind in ("begin", "savepoint") for frame in r.frames[level.frames :])


def mended(r: Reading, path: Path) -> None:
    """This session has a new transaction from here. Of two that everybody can get at, one may be another name of the
    other."""
    r.mends.add(path)
    if r.past:
        r.past = frozenset(key for key in r.past if key.what in _LASTS or key.path != path)
        for key in r.past if path.root == "global" else ():
            if key.what in FAILED and key.path.root == "global":
                step, source = r.steps[key]
                r.steps[key] = step._replace(sure=POSSIBLE), source


def mends_itself(r: Reading, summary: Summary, applied: Applied) -> None:
    """A callee that rolls a session back somewhere is not told to find it failed: when in it is not known."""
    if r.past:
        for key in summary.effects:
            if key.verb in _MENDS:
                for value in applied.path(key.path):
                    mended(r, value.path.owner())


def mended_around(r: Reading, around: Summary, applied: Applied, site: Site) -> None:
    """What a call may fail with has passed a decorator first: what that rolls back is in order again."""
    paths = {
        value.path.owner() for key in around.effects if key.verb is Verb.ROLLBACK for value in applied.path(key.path)
    }
    for level in r.levels if paths else ():
        level.failing = {key: step for key, step in level.failing.items() if key.at != site.at or key.path not in paths}


def renewed(r: Reading, path: Path) -> None:
    """A session is opened: what happened to that of the last turn of a loop is no matter."""
    if r.past:
        r.past = frozenset(key for key in r.past if key.path != path)


def renewed_by(r: Reading, path: Path) -> None:
    """A block begins anew with a session that an earlier one has closed."""
    r.past = frozenset(key for key in r.past if key.what != OVER or key.path != path)


def released(r: Reading, path: Path, at: int = -1) -> None:
    """The savepoints of this session, or the one begun at `at`, are in the hands of a block or of their own object."""
    r.past = frozenset(key for key in r.past if key.what in _LASTS or key.path != path or at not in (-1, key.at))


def ended(r: Reading, value: Value) -> None:
    """The block of a context manager is left, also by an exception: what it was given to manage is in order again."""
    if value.type.kind == "generator":
        edge = r.edges.get((value.path.key, str(value.type.name)))
        paths = {one.outer.path for one in edge.carried if one.outer.verb in _MENDS} if edge is not None else set()
    else:
        paths = set()
    base = value.path

    def is_over(path: Path) -> bool:
        return path in paths or (path[:2] == base[:2] and path.attrs[: len(base.attrs)] == base.attrs)

    def left(keys: Set[Past]) -> frozenset[Past]:
        return frozenset(key for key in keys if key.what in _LASTS or not is_over(key.path))

    for level in r.levels:
        level.failing = {key: step for key, step in level.failing.items() if not is_over(key.path)}
        level.timed = {key: step for key, step in level.timed.items() if not is_over(key.path)}
    r.past = left(r.past)
    r.exits[-1] = set(left(r.exits[-1]))
    if r.turned:
        r.turned[-1] = left(r.turned[-1])
        r.broke[-1] = [state._replace(past=left(state.past)) for state in r.broke[-1]]


def exceptions(r: Reading, types: Expr | None) -> set[str]:
    """What a handler catches."""
    found = [types] if not isinstance(types, Items) else list(types.of)
    return {r.symbol(one) if one is not None else "BaseException" for one in found}


def caught(r: Reading, level: Level, broad: bool) -> frozenset[Past]:
    """What has failed where a handler begins: of each session what does most, and first; and what is done instead of
    that on another condition."""
    found: list[Past] = []
    for key, step in sorted(level.failing.items(), key=lambda one: _harm(one[1]), reverse=True):
        known = (level.failing[other].guard for other in found if other.path == key.path)
        if all(excluded(guard, step.guard) for guard in known):
            found.append(key)
    for key in found:
        step, writes = level.failing[key], level.may_write(key.path)
        stores = step.verb is not Verb.COMMIT or (writes and not step.slight)
        sure = step.sure if stores else min(step.sure, POSSIBLE if broad else LIKELY)
        slight = step.slight if broad or not r.turned else False
        slight |= broad and not writes and not asks_only(r, level.body)
        r.steps[key] = step._replace(slight=slight, sure=sure), r.steps[key][1]
    return frozenset(found)


def _harm(step: Step) -> tuple[int, bool, int]:
    return 0 if step.slight else _WORST[step.verb], not step.slight, step.sure


def escape(r: Reading, level: Level) -> None:
    """What may fail in a `try`, and is not caught there, may fail around it."""
    outer = r.levels[-1]
    outer.written |= level.written
    outer.changed |= level.changed
    for key, step in level.failing.items():
        if not is_contained(r, key.path, outer):
            outer.failing.setdefault(key, step)
            if key in level.renamed:
                outer.renamed.add(key)


def raised(r: Reading, anew: bool) -> None:
    """An exception is raised while a transaction is failed: that of the database, or another one `anew`."""
    outer = r.levels[-1]
    for key in sorted(r.past, key=repr):
        if key.what in FAILED and not is_contained(r, key.path, outer):
            outer.failing.setdefault(key, r.steps[key][0])
            if anew:
                outer.renamed.add(key)


def returned(r: Reading) -> None:
    """The function is left with a value."""
    r.exits[-1] |= {key for key in r.past if key.what in _KEPT}


def finish(r: Reading, final: Body, level: Level) -> bool:
    """Run a `finally` clause; what it mends is in order also where the `try` is left by a return or an exception."""
    left = r.exits.pop()
    outer, r.mends = r.mends, set()
    goes_on = r.run(final)
    r.exits[-1] |= {key for key in left if key.path not in r.mends}
    level.failing = {key: step for key, step in level.failing.items() if key.path not in r.mends}
    r.mends |= outer
    return goes_on


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
        decided = applied.guard(left.guard)
        if decided is None:
            continue
        for value in applied.path(left.path):
            inner = Key(left.verb, left.path, left.guard)
            guard = both(r.guard, decided[0])
            sure = min(left.sure, value.sure, site.sure, decided[1])
            step = Step(left.verb, of(value), site.at, "", unit.key, inner, guard, sure, what, left.slight)
            if step.path.root not in ("unknown", "const") and step.path not in known and not _made_by(step):
                known.add(step.path)
                remember(r, step, what, site.source)


def left_failed(r: Reading, falls: bool) -> tuple[Step, ...]:
    """The failures that callers find when the function has ended: for each session the worst, then all others."""
    left = {key for key in r.exits[0] if key.what in FAILED}
    if falls:
        left |= {key for key in r.past if key.what in FAILED}
    found: list[Step] = []
    for key in sorted(left, key=repr):
        step, source = r.steps[key]
        if key.path.root not in ("fresh", "unknown", "const") and not r.is_own(key.path):
            found.append(step._replace(text=written(source)))
    found.sort(key=lambda step: (_WORST[step.verb], step.sure), reverse=True)
    first = {step.path: step for step in reversed(found)}
    return (*first.values(), *(step for step in found if step is not first[step.path]))[:_MOST]


def failing(r: Reading) -> tuple[Fail, ...]:
    """What may fail in the function, and leaves it by its exception."""
    level = r.levels[0]
    found: dict[Key, Fail] = {}
    for past, step in level.failing.items():
        key = Key(step.verb, step.path, step.guard)
        fail = Fail(key, past in level.renamed, step.slight and step.verb is Verb.COMMIT)
        if key in r.effects and (key not in found or fail < found[key]):
            found[key] = fail
    return tuple(sorted(found.values(), key=repr))


# -- ways --


def at_handler(r: Reading, level: Level, types: Expr | None, before: State, at_end: State) -> frozenset[Past]:
    """What has happened where a handler begins: nothing is known to be committed by then in the `try`."""
    known = before.past | {key for key in at_end.past if key.what != COMMIT}
    names = exceptions(r, types)
    if not names.isdisjoint(TIMEOUTS):
        known |= _cancelled(r, level)
    broad = not names.isdisjoint(_ALL)
    if level.taken or not (broad or not names.isdisjoint(ERRORS)):
        return known
    level.taken = broad or not names.isdisjoint(BASES)
    kept = level.failing
    if not broad:
        of_writes = names.isdisjoint(BASES) and names <= WRITE_ERRORS
        level.failing = {
            key: step
            for key, step in kept.items()
            if key not in level.renamed and not (of_writes and _only_asks(level, step, known))
        }
    found = caught(r, level, broad)
    level.failing = kept
    return known | found


def _only_asks(level: Level, step: Step, known: Set[Past]) -> bool:
    """Whether nothing is written by what has failed: no constraint can have refused it."""
    if step.verb is Verb.COMMIT and step.slight:
        return True
    return step.verb is not Verb.FLUSH and not level.may_write(step.path) and not _has_unsaved(known, step.path)


def mended_somewhere(
    r: Reading, before: frozenset[Past], pasts: Iterable[frozenset[Past]], tests: Sequence[Expr] = ()
) -> None:
    """After ways that may have been gone: where one of them rolls back, or asks for the state of a transaction, it is
    taken to know why."""
    failed = {key for key in before if key.what in _BROKEN}
    if failed and any(mentions(test, ASKS) for test in tests):
        r.past -= {key for key in r.past if key.what in FAILED}
    r.past -= failed - frozenset.intersection(*pasts, before)


def asks_only(r: Reading, body: Body) -> bool:
    """Whether nothing in a `try` is likely to raise but what asks the database: a broad handler is meant for that."""
    asked = {at for at, _, _ in r.events}
    return all(_is_of(r, part, asked) for part in parts(body) if isinstance(part, Call))


def _is_of(r: Reading, call: Call, asked: Set[int]) -> bool:
    """Whether a call asks the database, builds a statement, goes through what was found, or cannot fail."""
    if isinstance(call.func, Attr) and call.func.name in HARMLESS:
        return True
    expr: Expr = call
    while isinstance(expr, (Call, Attr, Await)):
        if isinstance(expr, Call) and expr.at in asked:
            return True
        expr = expr.func if isinstance(expr, Call) else expr.of
    symbol = r.names.dotted(r.module, expr) or (f"builtins.{expr.id}" if isinstance(expr, Name) else "")
    return symbol.partition(".")[0] in LIBRARIES or symbol in BUILTINS


def comes_back(r: Reading, before: State, after: State) -> frozenset[Past]:
    """The failures of one turn of a loop that the next turn finds."""
    return frozenset(key for key in after.past | r.turned[-1] if key.what in _BROKEN) - before.past


def of_turns(r: Reading, before: State) -> None:
    """After a loop: what its turns commit is a matter of loops."""
    r.past = frozenset(key for key in r.past if key.what != COMMIT or key in before.past)


# -- timeouts --


def may_be_cancelled(r: Reading, at: int) -> None:
    """The call at a place is given some time."""
    level = r.levels[-1]
    level.timed.update((key, step) for key, step in level.failing.items() if key.at == at)


def timed(r: Reading, *, silent: bool) -> Callable[[], None]:
    """A block begins that is given some time; when that is over, it is left by an exception, or silently. What is
    returned is done at its end."""
    level = r.levels[-1]
    known = set(level.failing)

    def leave() -> None:
        found = {key: step for key, step in level.failing.items() if key not in known}
        level.timed.update(found)
        if silent:
            r.past |= _cancelled(r, Level(timed=found))

    return leave


def _cancelled(r: Reading, level: Level) -> frozenset[Past]:
    """What a timeout may have cancelled, once for each session."""
    found: dict[Path, Past] = {}
    for key, step in level.timed.items():
        cancelled = key._replace(what=TIMEOUT)
        if found.setdefault(key.path, cancelled) == cancelled:
            r.steps[cancelled] = step._replace(what=TIMEOUT), r.steps[key][1]
    return frozenset(found.values())


# -- savepoints --


def nests(r: Reading, session: Value, begins: bool, call: Call) -> None:
    """A savepoint is begun, and whether a block ends it is not known yet; or it is asked for, to be ended by itself."""
    path = session.path.owner()
    if not begins:
        released(r, path)
    elif path.root not in ("unknown", "const") and not r.apart:
        r.levels[-1].failing.pop(Past(FAILURE, path, call.at, ""), None)
        remember(r, Step(Verb.USE, path, call.at, "", "", None, r.guard, session.sure), SAVEPOINT, call)
