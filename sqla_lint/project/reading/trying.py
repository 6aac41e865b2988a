"""What a `try` does: its body, each of its handlers, what else is left of it, and its `finally`."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Bind, Body, Branch, Call, Handler, Leave, Lit, Name, Repeat, Stmt, Try, With
from ...knowledge import Verb
from ..parts import catches_all, parts
from ..questions import commits, early, failing, lending, planning, undoing
from ..questions.failing import Level
from ..values import NONE, NOTHING, Path, join
from . import blocks, excluding
from .state import Failure, Open, Past, State, join_open, joined

if TYPE_CHECKING:
    from ..questions.lending import Handout
    from .reading import Reading


@dataclass(slots=True)
class Ledger:
    """The `try` statements of one function, each by a number."""

    number: int = 0
    """How many there were."""
    attempts: tuple[int, ...] = ()
    """Those around."""
    handling: tuple[int, ...] = ()
    """Those around of which a handler is read."""
    succeeded: tuple[int, ...] = ()
    """Those around of which the `else` clause is read."""
    finals: tuple[int, ...] = ()
    """Those around of which the `finally` clause is read."""
    closing: tuple[str, ...] = ()
    """The names of what the `finally` clauses around will close."""
    began: dict[int, int] = field(default_factory=dict)
    """How many tests there were around each."""
    tried: set[tuple[int, Path]] = field(default_factory=set)
    """Sessions that are flushed or committed in each."""
    rolled: tuple[int, Verb, Path] | None = None
    """The last rollback of a handler."""
    anew: bool = False
    """Whether a handler raises an exception of its own."""
    returning: int = 0
    """How many `return` there were."""
    continued: int = 0
    """How many `break` and `continue` there were."""
    raised: list[list[Open]] = field(default_factory=lambda: [[]])
    """The sessions that an exception leaves open, for the function and each block around."""
    left: list[list[Open]] = field(default_factory=lambda: [[]])
    """The same for a `return`."""


@dataclass
class Tried:
    """A `try` whose body has been read: the states before and after that, the calls in it, what it yields, which
    sessions an exception may leave open, and what had failed before and is followed by a use in it. Then its ways out:
    the states in which it goes on, what they tell of locals, the sessions that an exception leaves open when it passes
    on, and the exceptions that have come."""

    stmt: Try
    level: Level
    before: State
    at_end: State
    goes_on: bool
    calls: Set[tuple[int, str]]
    handout: Handout | None
    raised: list[Open]
    followed: Set[Past]
    ends: list[State] = field(default_factory=list)
    ways: list[excluding.Told] = field(default_factory=list)
    outer: list[Open] = field(default_factory=list)
    failures: set[Failure] = field(default_factory=set)


def try_(r: Reading, stmt: Try) -> bool:
    before = r.save()
    attempts = r.trying.attempts
    r.trying.number += 1
    r.trying.attempts = (*attempts, r.trying.number)
    r.trying.began[r.trying.number] = len(r.tests)
    try:
        return _try(r, stmt, before)
    finally:
        r.trying.attempts = attempts


def _try(r: Reading, stmt: Try, before: State) -> bool:
    r.trying.left.append([])
    r.failing.exits.append(set())
    closing = r.trying.closing
    r.trying.closing = (*closing, *(of.id for of, _ in blocks.closes(stmt.final)))
    tried = _body(r, stmt, before)
    for handler in stmt.handlers:
        _handler(r, tried, handler)
    r.trying.closing = closing
    undoing.escape(r, tried.level)
    if not any(catches_all(handler.types) for handler in stmt.handlers):
        tried.outer.extend(tried.raised)
        tried.failures.add(commits.fails(r, r.trying.attempts[-1], None))
    if tried.level.taken:
        tried.level.failing.clear()
    left = r.trying.left.pop()
    if stmt.final:
        goes_on = _finally(r, stmt.final, tried, left)
        failing.escape(r, tried.level)
        return goes_on
    exits = r.failing.exits.pop()
    r.failing.exits[-1] |= exits
    failing.escape(r, tried.level)
    r.trying.raised[-1].extend(tried.outer)
    r.trying.left[-1].extend(left)
    if not tried.ends:
        return False
    r.merge(tried.ends)
    failing.mended_somewhere(r, before.past, [end.past for end in tried.ends])
    excluding.tell(r, before, tried.ways)
    return True


def _body(r: Reading, stmt: Try, before: State) -> Tried:
    """The body and the `else` clause."""
    r.trying.raised.append([])
    known, older = set(r.edges), set(r.happened.sequels)
    level = Level(len(r.frames), stmt.body)
    r.failing.levels.append(level)
    goes_on = r.run(stmt.body)
    handout = r.lending.yielding.get(r.trying.attempts[-1])
    r.failing.levels.pop()
    early.caught(r, level, stmt)
    calls, followed = r.edges.keys() - known, r.happened.sequels.keys() - older
    tried = Tried(stmt, level, before, r.save(), goes_on, calls, handout, r.trying.raised.pop(), followed)
    if goes_on:
        r.trying.raised.append([])
        done, r.trying.succeeded = r.trying.succeeded, (*r.trying.succeeded, r.trying.attempts[-1])
        if r.run(stmt.orelse):
            tried.ends.append(r.save())
        r.trying.succeeded = done
        tried.outer = r.trying.raised.pop()
    level.again = not tried.ends
    return tried


def _handler(r: Reading, tried: Tried, handler: Handler) -> None:
    """A handler, from where the exception has come."""
    attempt, level = r.trying.attempts[-1], tried.level
    _catch(r, tried, handler)
    ages, broken = r.excluding.ages.copy(), [key for key in level.failing if key in r.past]
    undoing.caught(r, level, handler.types)
    if handler.types is not None:
        r.value(handler.types)
    if handler.name:
        r.env[handler.name] = NOTHING
        excluding.assigned(r, handler.name, None)
        r.excluding.errors.add(handler.name)
    r.trying.raised.append([])
    handling, outer_anew = r.trying.handling, r.trying.anew
    r.trying.handling, r.trying.anew, r.trying.rolled = (*handling, attempt), False, None
    known, returning, continued = set(r.events), r.trying.returning, r.trying.continued
    followed = set(r.happened.sequels)
    on = r.run(handler.body)
    if not on and r.trying.continued == continued:
        failing.answered(r, followed, handler.types)
    tried.failures |= {one for one in r.failed if one.attempt == attempt}
    if on:
        tried.ends.append(r.save())
        tried.ways.append(excluding.caught(r, tried.stmt.body, tried.before, ages, broken))
        if any(isinstance(part, Bind) and not part.augmented for stmt in handler.body for part in parts(stmt)):
            r.happened.noted.update(broken)
    swallows = on or r.trying.returning != returning or r.trying.continued != continued
    done = r.events.keys() - known
    undoing.handled(r, level, handler.types, done, swallows, r.trying.anew)
    failing.said_again(r, tried.followed, handler.types, swallows)
    if swallows:
        lending.swallowed(r, attempt, tried.handout, handler)
        for call in tried.calls:
            r.edges[call] = r.edges[call]._replace(caught=True)
    else:
        for key in done:
            r.events[key] = r.events[key]._replace(raises=True)
    r.trying.handling, r.trying.anew, r.trying.rolled = handling, outer_anew, None
    tried.outer.extend(r.trying.raised.pop())


def _catch(r: Reading, tried: Tried, handler: Handler) -> None:
    """What is so where a handler begins."""
    before, at_end = tried.before, tried.at_end
    r.merge([before, at_end])
    _meanwhile(r, tried.level)
    ends = _ends_with(tried.stmt.body)
    r.running = frozenset(at for at in r.running if at in before.running or r.tasks.started.get(at) not in ends)
    if r.plans:
        planning.at_handler(r, before.plans, ends)
    r.past = failing.at_handler(r, tried.level, handler.types, before, at_end)
    r.done = before.done
    r.failed = before.failed | {commits.fails(r, r.trying.attempts[-1], handler)}
    r.open = join_open(tried.raised) if tried.raised else at_end.open if tried.goes_on else before.open


def _ends_with(body: Body) -> frozenset[int]:
    """The calls of the last statement of a block that may raise: when one of them does, there is nothing that it has
    given."""
    last = next((stmt for stmt in reversed(body) if not _only_leaves(stmt)), None)
    if last is None or isinstance(last, (Branch, Repeat, Try, With)):
        return frozenset()
    return frozenset(part.at for part in parts(last) if isinstance(part, Call))


def _only_leaves(stmt: Stmt) -> bool:
    """Whether a statement leaves a block by no exception, with nothing to work out."""
    return isinstance(stmt, Leave) and stmt.kind != "raise" and isinstance(stmt.value, Name | Lit | None)


def _finally(r: Reading, final: Body, tried: Tried, left: list[Open]) -> bool:
    """The `finally` clause, once for each way into it; what it does it also does when an exception passes."""
    never = [tried.before, tried.at_end]
    finals = r.trying.finals
    r.trying.finals = (*finals, r.trying.attempts[-1])
    try:
        for target, states in ((r.trying.raised, tried.outer), (r.trying.left, left)):
            for sessions in _distinct(states):
                _enter_finally(r, never, tried.failures)
                _meanwhile(r, tried.level)
                r.open = sessions
                r.run(final)
                if r.open:
                    target[-1].append(r.open)
        if not tried.ends:
            _enter_finally(r, never, tried.failures)
            _meanwhile(r, tried.level)
            r.open = {}
            failing.finish(r, final, tried.level)
            return False
        _enter_finally(r, tried.ends, tried.failures)
        goes_on = failing.finish(r, final, tried.level)
        if goes_on:
            blocks.finished(r, final)
        r.failed = joined(tried.ends).failed
        return goes_on
    finally:
        r.trying.finals = finals


def _meanwhile(r: Reading, level: Level) -> None:
    """What a name that is None before a `try` and at its end stood for in between, when something is raised there."""
    for name, values in level.named.items():
        if all(value.type == NONE for value in r.env.get(name, NOTHING)):
            r.env[name] = join(r.env.get(name, NOTHING), values)


def _enter_finally(r: Reading, states: list[State], failures: set[Failure]) -> None:
    r.merge(states)
    r.failed |= failures


def _distinct(states: Sequence[Open]) -> list[Open]:
    found: list[Open] = []
    for state in states:
        if state not in found:
            found.append(state)
    return found
