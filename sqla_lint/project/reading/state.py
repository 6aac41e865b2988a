"""What follows the flow of control through a body: locals, open sessions, running tasks, boolean flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

from ...facts.schema import Call
from ...knowledge import Verb
from ...model import Confidence
from ..questions import planning
from ..summary import Guard, Literal, Plan, Spawn, Use
from ..values import Constant, Path, Values, join

T = TypeVar("T")
HELD = {"unused": 0, "idle": 1, "dirty": 2, "asking": 3, "doubly": 4, "failing": 5, "begun": 6}
"""States of an open session by what is lost when it is not closed, see `summary.Opened`."""


class Found(NamedTuple):
    """That an expression about a local is one of these constants, or that it is true when there are none; or that this
    does not hold. `age` tells the values apart that the local has had."""

    text: str
    age: int
    constants: frozenset[Constant]
    holds: bool


class Truth(Enum):
    """What is known of a value that is no constant."""

    SOME = "some"
    """It is true, whatever it is."""


class Task(NamedTuple):
    """A coroutine or thread made here: the sessions it will use, how deep in loops it was made, and its call.

    `spawn` says where it was started, when a callee has started it; `awaits` is what was passed to it and may be
    awaitable, of which only the caller knows.
    """

    uses: tuple[Use, ...]
    loop: int
    source: Call | str
    threaded: bool = False
    spawn: Spawn | None = None
    awaits: tuple[Path, ...] = ()


class Session(NamedTuple):
    """A session opened here and not yet closed: its state, and the call that opened it under which condition."""

    state: str
    at: int
    text: str
    via: str
    kind: str
    sure: Confidence
    guard: Guard
    how: str = ""
    """See `summary.Opened`."""
    where: frozenset[Found] = frozenset()
    """What is known of locals wherever it is open."""
    asked: str = ""
    """That all it has to do with the database is one question for rows: "built" while nobody has fetched them, or
    "sent"."""


Open = dict[Path, Session]
Plans = dict[Path, Plan]
"""What is loaded of things, by the path of each."""


Ended = tuple[int, str, Verb]
"""The key of a breach: where, through which function, and what it does."""
Done = tuple[int, str, Path]
"""The key of a commit: where, through which function, and of which session."""


class Failure(NamedTuple):
    """An exception of a `try` that has come: the number of the `try`, the sessions rolled back since, or committed by
    the handler itself, and whether the handler names the exceptions that it expects; `absent` when they only say that
    something looked for is not there, as no commit does."""

    attempt: int
    mended: frozenset[Path]
    named: bool
    absent: bool = False


UNSAVED = "unsaved"
"""Of a step: something was written that nobody has committed yet."""
USED = "used"
"""Of a step: it has begun the transaction of its session, if there was none."""


class Past(NamedTuple):
    """The key of a step that matters later, see `summary.Step`."""

    what: str
    path: Path
    at: int
    via: str


Literals = dict[str, Constant | Truth]
Under = Mapping[Past, frozenset[Found]]
"""What is known of locals where something has happened."""


class State(NamedTuple):
    """Everything that differs from one path through the code to the next. `flags` are locals that stand for a test,
    `literals` those that are one constant, `breaching` the breaches after which nothing has happened to their
    session yet, `past` what has happened to sessions on the way here, `under` what is known of locals where it has,
    `done` the commits on it, `failed` the exceptions that have come and were not raised again, `ran` the event
    loops that have begun and ended, `flushed` the sessions that have nothing to send, `given` how often a
    local had got a value."""

    env: dict[str, Values]
    open: Open
    running: frozenset[int]
    flags: dict[str, Literal]
    literals: Literals
    breaching: frozenset[Ended]
    past: frozenset[Past]
    under: Under
    done: frozenset[Done]
    failed: frozenset[Failure]
    ran: frozenset[int]
    plans: Plans
    flushed: frozenset[Path]
    given: int


def joined(states: Sequence[State]) -> State:
    """What may be true after any of these states."""
    first = states[0]
    env: dict[str, Values] = {}
    for state in states:
        for name, values in state.env.items():
            if name not in env:
                env[name] = values if state is first else join(values)
            elif env[name] is not values:
                env[name] = join(env[name], values)
    running = _united([state.running for state in states])
    flags = {name: flag for name, flag in first.flags.items() if all(one.flags.get(name) == flag for one in states)}
    literals = {
        name: value
        for name, value in first.literals.items()
        if all((name, value) in one.literals.items() for one in states)
    }
    breaching = _united([state.breaching for state in states])
    past = _united([state.past for state in states])
    done = _united([state.done for state in states])
    failed = _united([state.failed for state in states])
    ran = _united([state.ran for state in states])
    opens = join_open(state.open for state in states)
    plans = planning.joined_plans(state.plans for state in states)
    flushed = frozenset.intersection(*(state.flushed for state in states))
    under = joined_under(states)
    return State(
        env, opens, running, flags, literals, breaching, past, under, done, failed, ran, plans, flushed, first.given
    )


def _united(sets: Sequence[frozenset[T]]) -> frozenset[T]:
    first = sets[0]
    return first if all(one is first for one in sets) else first.union(*sets)


def joined_under(states: Sequence[State]) -> Under:
    """What is known of locals wherever something has happened, of the states on whose ways it has."""
    first = states[0].under
    if all(state.under is first for state in states):
        return first
    found: dict[Past, frozenset[Found]] = {}
    for state in states:
        for key in state.past:
            known = state.under.get(key, frozenset())
            found[key] = found[key] & known if key in found else known
    return found


def join_open(states: Iterable[Open]) -> Open:
    """The sessions that any of the states leaves open, each in the state that costs most."""
    found: Open = {}
    for state in states:
        for path, session in state.items():
            known = found.get(path, session)
            worse = session if HELD[session.state] > HELD[known.state] else known
            asked = worse.asked if known.state != session.state or known.asked == session.asked else ""
            found[path] = worse._replace(where=known.where & session.where, asked=asked)
    return found
