"""What may fail, where its exception is caught, and in which sessions it leaves the transaction failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Await, Body, Call, Expr, Items, Name, Test
from ...knowledge import FLUSHES, READS, Verb
from ...knowledge.oslo import PROVIDED, SCOPED, SCOPES
from ...knowledge.python import BUILTINS, HARMLESS, TIMEOUTS
from ...knowledge.sqlalchemy import ASKS, BASES, ERRORS, LIBRARIES, WRITE_ERRORS
from ...model import Confidence
from ..parts import mentions, parts
from ..reading import excluding
from ..reading.conditions import excluded
from ..reading.state import UNSAVED, Found, Past, State
from ..summary import Fail, Key, Sequel, Step, Summary, Undone
from ..text import written
from ..values import Path, Values
from . import flushing
from .steps import BROKEN, COMMIT, FAILED, FAILURE, KEPT, TIMEOUT, has_unsaved

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading

_WORST = {Verb.COMMIT: 3, Verb.FLUSH: 3, Verb.WRITE: 2, Verb.USE: 1, Verb.BEGIN: 0, Verb.READ: 0, Verb.LOAD: 0}
"""How surely a failure of this leaves the transaction failed."""
_MOST = 8
_ALL = frozenset({"Exception", "BaseException"})
POSSIBLE, LIKELY = Confidence.POSSIBLE, Confidence.LIKELY


@dataclass(slots=True)
class Ledger:
    """The blocks around in which something may fail, from the function's own to the innermost `try`."""

    levels: list[Level] = field(default_factory=lambda: [Level()])
    exits: list[set[Past]] = field(default_factory=lambda: [set()])
    """What is left failed or open where each is left by a `return`."""
    turned: list[frozenset[Past]] = field(default_factory=list)
    """What the turns of each loop around have left when the next begins."""
    instead: dict[Past, list[Past]] = field(default_factory=dict)
    """What may fail instead of something else that says as much, each with that."""
    beside: dict[Past, list[Past]] = field(default_factory=dict)
    """The same, without what another arm does."""
    scopes: set[Path] = field(default_factory=set)
    """Sessions of callers that blocks begin and end."""
    mends: set[Path] = field(default_factory=set)
    """Sessions that are rolled back or closed in a `finally` clause, while it is read."""


@dataclass
class Level:
    """The body of a `try`, or of the function: how many blocks were open where it began, the sessions written in it,
    what may fail in it, what is known of locals there, which of that was raised on as another exception, what of it
    a timeout may cancel, whether an entity was changed, whether a handler has caught what failed, what its
    exceptions make expire, and the sessions that names stood for in it."""

    frames: int = 0
    body: Body = ()
    written: set[Path] = field(default_factory=set)
    failing: dict[Past, Step] = field(default_factory=dict)
    told: dict[Past, frozenset[Found]] = field(default_factory=dict)
    renamed: set[Past] = field(default_factory=set)
    changed: bool = False
    taken: bool = False
    timed: dict[Past, Step] = field(default_factory=dict)
    undone: dict[tuple[Verb, Path, int], Undone] = field(default_factory=dict)
    named: dict[str, Values] = field(default_factory=dict)
    stored: bool = False
    """Whether a commit has followed the last change of an entity of which it is not known whose it is."""
    again: bool = False
    """Whether nothing follows where all goes well: in a loop, what has failed is tried again."""

    def may_write(self, path: Path) -> bool:
        """Whether this session may have something to store."""
        return self.changed or path in self.written

    def tell(self, key: Past, told: Iterable[Found]) -> None:
        """Something may fail where this is known."""
        known = frozenset(told)
        self.told[key] = self.told.get(key, known) & known


def may_fail(r: Reading, step: Step, source: Call | str, *, anew: bool = False) -> None:
    """An exception here leaves the transaction failed, unless a block that is left by it ends that transaction; it is
    another exception than that of the database when it is raised `anew`."""
    level = r.failing.levels[-1]
    if step.at < 0 or is_contained(r, step.path, level) or made_by(step):
        return
    key = Past(FAILURE, step.path, step.at, step.via)
    known = level.failing.get(key)
    idle = level.stored or not level.changed
    only_reads = step.verb in READS and idle and not flushing.may_send(r, step.path)
    only_ends = step.verb is Verb.COMMIT and not step.via and step.path in r.flushed
    unwritten = step.unwritten if step.via else only_reads
    slight = step.slight or only_reads or only_ends or unwritten
    step = step._replace(what=FAILURE, slight=slight, unwritten=unwritten)
    level.tell(key, r.told)
    if known is None or (not anew, *_weight(step)) > (key not in level.renamed, *_weight(known)):
        level.failing[key] = step
        r.happened.steps.setdefault(key, (step, source))
        (level.renamed.add if anew else level.renamed.discard)(key)


def changed(r: Reading) -> None:
    """An entity is changed of which it is not known whose it is."""
    r.failing.levels[-1].changed, r.failing.levels[-1].stored = True, False


def has_changes(r: Reading) -> bool:
    """Whether an entity was changed of which nobody knows whose it is, and not stored yet."""
    return any(level.changed and not level.stored for level in r.failing.levels)


def made_by(step: Step) -> bool:
    """Whether the session is one that the call itself opens."""
    key = step.path.key
    return step.path.root == "fresh" and isinstance(key, tuple) and key[0] == step.at


def is_contained(r: Reading, path: Path, level: Level) -> bool:
    """Whether a block of a transaction of this session stands around this in a `try`."""
    return any(frame.path == path and frame.kind in ("begin", "savepoint") for frame in r.frames[level.frames :])


def mended_around(r: Reading, around: Summary, applied: Applied, site: Site) -> None:
    """What a call may fail with has passed a decorator first: what that rolls back is in order again."""
    rolled_back = (key.path for key in around.effects if key.verb is Verb.ROLLBACK)
    _in_order(r, {value.path.owner() for path in rolled_back for value in applied.path(path)}, site)


def _in_order(r: Reading, paths: Set[Path], site: Site) -> None:
    """What a call may fail with leaves nothing failed in these sessions."""
    for level in r.failing.levels if paths else ():
        level.failing = {key: step for key, step in level.failing.items() if key.at != site.at or key.path not in paths}


def scope(r: Reading, path: Path) -> None:
    """A block begins that has this session begin and end with it."""
    if path.root == "param":
        r.failing.scopes.add(path)


def scoped_around(r: Reading, unit: Unit, applied: Applied, site: Site) -> None:
    """A decorator of a library begins a session for one call, and ends it with the call, unless one has begun before:
    nothing that fails in there is left failed here."""
    begun = {value.path.owner() for path in _scopes(r, unit) for value in applied.path(path)}
    if not begun:
        return
    paths = begun - _scopes(r, r.unit) - r.failing.scopes
    _in_order(r, paths, site)
    r.past = frozenset(key for key in r.past if key.what not in FAILED or key.at != site.at or key.path not in paths)


def _scopes(r: Reading, unit: Unit) -> set[Path]:
    """The sessions that decorators begin for one call of a function, as paths of its own."""
    found: set[Path] = set()
    for decorator in unit.definition.decorators:
        if not (isinstance(decorator, Attr) and decorator.name in SCOPES):
            continue
        kinds = {str(value.type.name) for value in r.project.module_value(unit.module, decorator)}
        if kinds & SCOPED:
            found.add(Path("param", 1 if unit.klass is not None else 0, (PROVIDED,)))
    for wrapper in r.project.wrappers(unit):
        found.update(r.project.summary(wrapper).scopes)
    return found


def exceptions(r: Reading, types: Expr | None) -> set[str]:
    """What a handler catches."""
    found = [types] if not isinstance(types, Items) else list(types.of)
    return {r.symbol(one) if one is not None else "BaseException" for one in found}


def caught(r: Reading, level: Level, broad: bool, before: State) -> frozenset[Past]:
    """What has failed where a handler begins: of each session what does most, and first; and what is done instead of
    that on another condition, or where more is known of locals, so that something else is reached after it. `before` is
    what is so where the `try` begins."""
    found: list[Past] = []
    told = excluding.at_handler(r, level, before)
    for key, step in sorted(level.failing.items(), key=lambda one: _harm(one[1]), reverse=True):
        known = [
            other for other in found if other.path == key.path and not excluded(level.failing[other].guard, step.guard)
        ]
        if not any(_covers(level, told, other, key) for other in known):
            found.append(key)
            r.failing.instead[key] = known
            r.failing.beside[key] = [other for other in known if not _apart(level, other, key)]
    for key in found:
        step, writes = level.failing[key], level.may_write(key.path) or _has_changes(r, before, key.path)
        stores = step.verb is not Verb.COMMIT or (writes and not step.slight)
        sure = step.sure if stores else min(step.sure, POSSIBLE if broad else LIKELY)
        sure = min(sure, LIKELY) if key in level.renamed else sure
        slight = step.slight and (broad or not r.failing.turned or (step.unwritten and not level.again))
        slight |= not stores or (broad and not writes and not asks_only(r, level.body))
        r.happened.steps[key] = step._replace(slight=slight, sure=sure), r.happened.steps[key][1]
        excluding.remembered(r, key, told[key], again=key in before.past)
    return frozenset(found)


def _covers(level: Level, told: Mapping[Past, Set[Found]], worse: Past, key: Past) -> bool:
    """Whether all that may follow a failure may follow one that is worse; a read hardly fails, and counts only beside
    another one."""
    reads = level.failing[key].verb in READS and level.failing[worse].verb not in READS
    return told[worse] <= told[key] or (reads and not _apart(level, worse, key))


def _apart(level: Level, one: Past, other: Past) -> bool:
    """Whether only one of two steps is come to."""
    return excluding.contradict(level.told[one], level.told[other])


def _has_changes(r: Reading, state: State, path: Path) -> bool:
    """Whether something was done here to what this session holds, and no flush has sent it."""
    unsaved = [r.happened.steps[key][0] for key in state.past if key.what == UNSAVED and key.path == path]
    return path not in state.flushed and any(not step.via and step.verb is not Verb.FLUSH for step in unsaved)


def _harm(step: Step) -> tuple[int, bool, int]:
    return 0 if step.slight else _WORST[step.verb], not step.slight, step.sure


def _weight(step: Step) -> tuple[tuple[int, bool, int], bool, bool]:
    """By this one of two failures of one call is chosen."""
    return _harm(step), not step.unwritten, not step.klass


def escape(r: Reading, level: Level) -> None:
    """What may fail in a `try`, and is not caught there, may fail around it."""
    outer = r.failing.levels[-1]
    outer.written |= level.written
    outer.changed |= level.changed
    for key, step in level.failing.items():
        if not is_contained(r, key.path, outer):
            outer.failing.setdefault(key, step)
            outer.tell(key, level.told.get(key, ()))
            if key in level.renamed:
                outer.renamed.add(key)


def answered(r: Reading, before: Set[Past], types: Expr | None) -> None:
    """A handler for everything has ended the function: where it has only read in a session in which something has
    failed, another error is all that may come of it. `before` are the sequels that are older."""
    if exceptions(r, types).isdisjoint(_ALL):
        return
    for key in r.happened.sequels.keys() - before - r.pursued:
        first, then = r.happened.sequels[key]
        if first.what in FAILED and then.verb in READS:
            r.happened.sequels[key] = Sequel(first, then._replace(slight=True))


def said_again(r: Reading, followed: Set[Past], types: Expr | None, goes_on: bool) -> None:
    """The first handler for everything around: where the `try` only commits after something has failed, and the handler
    `goes_on`, the error is noted once more, and a rollback would have left nothing to commit. `followed` is what has
    failed."""
    for key in followed & r.happened.idle if not exceptions(r, types).isdisjoint(_ALL) else ():
        r.happened.idle.discard(key)
        first, then = r.happened.sequels[key]
        if goes_on and key.what in FAILED and then.verb is Verb.COMMIT:
            r.happened.sequels[key] = Sequel(first, then._replace(slight=True))


def raised(r: Reading, anew: bool) -> None:
    """An exception is raised while a transaction is failed: that of the database, or another one `anew`."""
    outer = r.failing.levels[-1]
    for key in sorted(r.past, key=repr):
        if key.what in FAILED and not is_contained(r, key.path, outer):
            outer.failing.setdefault(key, r.happened.steps[key][0])
            outer.tell(key, r.under.get(key, ()))
            if anew:
                outer.renamed.add(key)


def returned(r: Reading) -> None:
    """The function is left with a value."""
    r.failing.exits[-1] |= {key for key in r.past if key.what in KEPT}


def finish(r: Reading, final: Body, level: Level) -> bool:
    """Run a `finally` clause; what it mends is in order also where the `try` is left by a return or an exception."""
    left = r.failing.exits.pop()
    outer, r.failing.mends = r.failing.mends, set()
    goes_on = r.run(final)
    mends = r.failing.mends
    r.failing.exits[-1] |= {key for key in left if not any(may_be(path, key.path) for path in mends)}
    level.failing = {
        key: step for key, step in level.failing.items() if not any(may_be(path, key.path) for path in mends)
    }
    r.failing.mends |= outer
    return goes_on


def may_be(path: Path, other: Path) -> bool:
    """Whether both may be names of one session: everybody can get at them, or one object has them."""
    return path == other or (path.root == other.root and (path.root == "global" or path.key == other.key))


def left_failed(r: Reading, falls: bool) -> tuple[Step, ...]:
    """The failures that callers find when the function has ended: for each session the worst, then all others."""
    left = {key for key in r.failing.exits[0] if key.what in FAILED}
    if falls:
        left |= {key for key in r.past if key.what in FAILED}
    if r.is_swallowed:
        left |= r.failing.levels[0].failing.keys()
    found: list[Step] = []
    for key in sorted(left, key=repr):
        if not left.isdisjoint(r.failing.beside.get(key, ())):
            continue
        step, source = r.happened.steps[key]
        if key.path.root not in ("fresh", "unknown", "const") and not r.is_own(key.path):
            found.append(step._replace(text=written(source)))
    found.sort(key=lambda step: (_WORST[step.verb], step.sure), reverse=True)
    first = {step.path: step for step in reversed(found)}
    return (*first.values(), *(step for step in found if step is not first[step.path]))[:_MOST]


def escaping(r: Reading) -> tuple[Fail, ...]:
    """What may fail in the function, and leaves it by its exception."""
    level = r.failing.levels[0]
    if r.is_swallowed:
        return ()
    found: dict[tuple[Key, str], Fail] = {}
    for past, step in level.failing.items():
        key = Key(step.verb, step.path, step.guard)
        slight = step.slight and step.verb is Verb.COMMIT
        fail = Fail(key, past in level.renamed, slight, step.klass, step.unwritten)
        known = found.get((key, step.klass))
        if key in r.effects and (known is None or fail < known):
            found[key, step.klass] = fail
    return tuple(sorted(found.values(), key=repr))


def at_handler(r: Reading, level: Level, types: Expr | None, before: State, at_end: State) -> frozenset[Past]:
    """What has happened where a handler begins: nothing is known to be committed by then in the `try`, and where the
    exception is none of the database, nothing to have failed: it rather comes before."""
    known = before.past | {key for key in at_end.past if key.what != COMMIT}
    if len(level.body) == 1:
        known = _rolled_back(before, at_end, known)
    names = exceptions(r, types)
    if not names.isdisjoint(TIMEOUTS):
        known |= _cancelled(r, level)
    broad = not names.isdisjoint(_ALL)
    if not broad and names.isdisjoint(ERRORS):
        return frozenset(key for key in known if key.what not in FAILED or key in before.past)
    if level.taken:
        return known
    level.taken = broad or not names.isdisjoint(BASES)
    kept = level.failing
    if not broad:
        of_writes = names.isdisjoint(BASES) and names & ERRORS <= WRITE_ERRORS
        level.failing = {
            key: step
            for key, step in kept.items()
            if key not in level.renamed and not (of_writes and _only_asks(level, step, known))
        }
    found = caught(r, level, broad, before)
    level.failing = kept
    return known | found


def _only_asks(level: Level, step: Step, known: Set[Past]) -> bool:
    """Whether nothing is written by what has failed: no constraint can have refused it."""
    if step.unwritten or (step.verb is Verb.COMMIT and step.slight):
        return True
    return step.verb is not Verb.FLUSH and not level.may_write(step.path) and not has_unsaved(known, step.path)


def _rolled_back(before: State, at_end: State, known: frozenset[Past]) -> frozenset[Past]:
    """What is left of these where a `try` that has but one statement has failed: what that was to mend is no news."""
    return frozenset(key for key in known if key.what not in BROKEN or key not in before.past - at_end.past)


def mended_somewhere(
    r: Reading, before: frozenset[Past], pasts: Iterable[frozenset[Past]], tests: Sequence[Expr] = ()
) -> None:
    """After ways that may have been gone: where one of them rolls back, or asks for the state of a transaction, it is
    taken to know why."""
    failed = {key for key in before if key.what in BROKEN}
    if failed and any(mentions(test, ASKS) for test in tests):
        r.past -= {key for key in r.past if key.what in FAILED}
    r.past -= failed - frozenset.intersection(*pasts, before)


def asked(r: Reading, test: Expr) -> None:
    """A test begins to hold: one that asks for the state of a transaction lets in what finds no flush failed; of a
    statement that has failed by itself the session knows nothing."""
    if not (isinstance(test, Test) and test.op == "not") and mentions(test, ASKS):
        flushes = {key for key in r.past if key.what in FAILED and r.happened.steps[key][0].verb in FLUSHES}
        r.past -= flushes


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
    return frozenset(key for key in after.past | r.failing.turned[-1] if key.what in BROKEN) - before.past


def may_be_cancelled(r: Reading, at: int) -> None:
    """The call at a place is given some time."""
    level = r.failing.levels[-1]
    level.timed.update((key, step) for key, step in level.failing.items() if key.at == at)


def timed(r: Reading, *, silent: bool) -> Callable[[], None]:
    """A block begins that is given some time; when that is over, it is left by an exception, or silently. What is
    returned is done at its end."""
    level = r.failing.levels[-1]
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
            r.happened.steps[cancelled] = step._replace(what=TIMEOUT), r.happened.steps[key][1]
    return frozenset(found.values())
