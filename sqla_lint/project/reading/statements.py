"""What statements do: they bind, branch, repeat, enter blocks, try, and leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import (
    Arm,
    Attr,
    Await,
    Bind,
    Body,
    Branch,
    Call,
    Define,
    Delete,
    Do,
    Expr,
    Handler,
    Items,
    Leave,
    Lit,
    Name,
    Named,
    Repeat,
    Scope,
    Test,
    Try,
    With,
)
from ...knowledge import CLASSES, RERAISES, Verb
from ...knowledge.sqlalchemy import ASYNC, SESSION, SESSIONS
from ...knowledge.web import HTTP_ERRORS
from ...model import Confidence
from .. import meanings, swallowing
from ..modules import Unit
from ..questions import (
    answers,
    failing,
    flushing,
    idling,
    joining,
    keeping,
    lending,
    lost,
    mixing,
    past,
    payloads,
    planning,
    tasks,
    unit_of_work,
    waiting,
)
from ..summary import Frame, Guard, Literal, Returned, Step
from ..text import render, written
from ..values import ANY, CONST, NONE, NOTHING, UNKNOWN, Path, Type, Value, Values, constant, join
from . import blocks, conditions, contexts, excluding, guessing, rounds, stacks, storing, trying
from .evaluate import asked_for
from .heap import filled
from .state import Found, Open, Past, State

if TYPE_CHECKING:
    from .reading import Reading


CERTAIN = Confidence.CERTAIN
Leaving = Callable[[], None]


def do(r: Reading, stmt: Do) -> bool:
    r.never = False
    r.place = -1
    r.value(stmt.expr)
    mixing.dropped(r, stmt.expr)
    payloads.dropped(r, stmt.expr)
    if r.never:
        r.never = False
        r.may_raise()
        return False
    return True


def bind(r: Reading, stmt: Bind) -> bool:
    r.at = stmt.at
    r.place, r.spoken = stmt.at, False
    value = stmt.value
    if value is None:
        values: Values = NOTHING
    else:
        values = r.value(value)
    if stmt.annotation is not None:
        values = _as_declared(r, values, stmt.annotation)
    if value is None and not values:
        return True
    for target in stmt.targets:
        if stmt.augmented and isinstance(target, Name):
            old = r.env.get(target.id, NOTHING)
            for one in old:
                if one.type.kind == "many":
                    r.store(one.path.attr("*"), r.element(values))
            values = join(old, values)
        received = guessing.received(r, target, values, value, in_block=False)
        r.assign(target, received, None if stmt.augmented else value)
    return True


def _as_declared(r: Reading, values: Values, annotation: Expr) -> Values:
    """A value that an annotation says more of than is known: its class, that it may be of another one as well than the
    one that is guessed, or that the session which a factory makes is an AsyncSession."""
    of_little = all(_says_little(value.type) for value in values)
    sessions = [r.classes.session_kind(value.type) for value in values]
    if not of_little and SESSION not in sessions and all(value.sure is CERTAIN for value in values):
        return values
    kinds = [kind for kind in meanings.meaning(r.project, r.module, annotation).types if kind not in (ANY, NONE)]
    asynchronous = bool(sessions) and any(r.classes.session_kind(kind) in ASYNC for kind in kinds)
    if of_little or asynchronous or {value.type for value in values} < set(kinds):
        path = values[0].path if values and values[0].path != CONST else UNKNOWN
        return tuple(Value(path, kind, CERTAIN) for kind in kinds) or values
    return values


def _says_little(kind: Type) -> bool:
    """Whether what is known of a value is less than an annotation says: nothing, a constant, or a container that is
    empty yet."""
    return kind.kind in ("any", "none", "literal") or (kind.kind == "many" and not kind.args)


@dataclass
class Branches:
    """The arms of an `if` that have been read: what is known by their tests from there on, the states in which one goes
    on and the conditions of these, what has happened in each, the tests of those that leave, and what has not happened
    where none of them is gone into."""

    guard: Guard
    told: tuple[Found, ...]
    ends: list[State] = field(default_factory=list)
    known: list[frozenset[Found]] = field(default_factory=list)
    """What the tests have told where each of these ends."""
    unlike: frozenset[Found] = frozenset()
    """What they have told where none of them holds."""
    literals: list[Literal | None] = field(default_factory=list)
    pasts: list[frozenset[Past]] = field(default_factory=list)
    left: list[Expr] = field(default_factory=list)
    unmet: frozenset[Past] = frozenset()


def branch(r: Reading, stmt: Branch) -> bool:
    tests, failed, alone, asked = r.tests, r.past, len(stmt.arms) == 1, r.lending.asked
    branches = Branches(r.guard, r.told)
    ends = branches.ends
    for arm in stmt.arms:
        if r.started or not _is_main(arm.test):
            _arm(r, branches, arm, alone)
    doubtful = bool(ends)
    goes_on = r.run(stmt.orelse)
    branches.pasts.append(r.past | branches.unmet)
    if goes_on:
        ends.append(r.save())
        branches.known.append(branches.unlike)
    r.told = branches.told
    if doubtful:
        r.lending.asked = asked
    r.tests = (*tests, *(branches.left if goes_on else (arm.test for arm in stmt.arms)))
    if not ends:
        return False
    only_else = len(ends) == 1 and goes_on
    guard = r.guard if only_else else branches.guard
    r.merge(excluding.told_by(ends, branches.known))
    if r.plans:
        planning.doubt(r, [end.plans for end in ends])
    failing.mended_somewhere(r, failed, branches.pasts, [arm.test for arm in stmt.arms])
    if alone and len(ends) == 2 and branches.literals and branches.literals[0] is not None:
        _flag(r, ends[0], ends[1], branches.literals[0])
    r.guard = guard if only_else else _outer_guard(r, guard, stmt, ends)
    return True


def _arm(r: Reading, branches: Branches, arm: Arm, alone: bool) -> None:
    """An arm, and then what is so where its test does not hold."""
    r.place, r.spoken = arm.at, False
    r.value(arm.test)
    r.tests = (*r.tests, arm.test)
    mixing.examined(r, arm.test)
    before, told = r.save(), r.told
    literal = conditions.condition(r, arm.test)
    narrowed, otherwise = conditions.narrow(r, arm.test)
    without, with_it = conditions.holds_nothing(arm.test)
    for one in conditions.conditions(r, arm.test):
        r.assume(one)
    known, unlike = (frozenset(excluding.told(r, arm.test, holds)) for holds in (True, False))
    hidden = excluding.goes(r, arm.test, True)
    r.absent(without)
    r.env.update(narrowed)
    failing.asked(r, arm.test)
    asked = r.lending.asked
    r.lending.asked = (*asked, *lending.asked(r, arm.test, True))
    goes_on = _in_doubt(r, arm)
    branches.pasts.append(r.past | hidden | branches.unmet)
    if goes_on:
        branches.ends.append(r.save())
        branches.known.append(branches.unlike | known)
        branches.literals.append(literal)
    else:
        branches.left.append(arm.test)
        if _raises(arm.body):
            r.refusing.add(arm.test)
    r.restore(before)
    r.lending.asked = (*asked, *lending.asked(r, arm.test, False))
    r.env.update(otherwise)
    r.absent(with_it)
    r.guard = branches.guard
    if literal is not None and (not goes_on or alone):
        r.assume(literal._replace(holds=not literal.holds))
        branches.guard = r.guard
    r.told = told
    branches.unmet |= excluding.goes(r, arm.test, False)
    branches.unlike |= unlike
    if not branches.ends:
        branches.told = r.told


def _raises(body: Body) -> bool:
    """Whether a piece of code ends with an exception of its own."""
    return any(isinstance(last, Leave) and last.kind == "raise" for last in body[-1:])


def _in_doubt(r: Reading, arm: Arm) -> bool:
    """The body of an arm: it may be gone into, or not."""
    doubted = r.doubted
    r.doubted = (*doubted, *conditions.asked_for(arm.test))
    r.branching += 1
    goes_on = r.run(arm.body)
    r.branching -= 1
    r.doubted = doubted
    return goes_on


def _outer_guard(r: Reading, guard: Guard, stmt: Branch, ends: list[State]) -> Guard:
    """After a branch that joins, nothing is known of its tests; the guard is what it was before."""
    if len(stmt.arms) == 1 and len(ends) == 2 and guard:
        literal = conditions.condition(r, stmt.arms[0].test)
        if literal is not None:
            return tuple(one for one in guard if one._replace(holds=literal.holds) != literal)
    return guard


def _flag(r: Reading, then: State, other: State, literal: Literal) -> None:
    """A local set to True on one side and False on the other stands for the test itself."""
    for name, values in then.env.items():
        if name in other.env and values is not other.env[name]:
            left, right = constant(values), constant(other.env[name])
            if left == (True, True) and right == (True, False):
                r.flags[name] = literal
            elif left == (True, False) and right == (True, True):
                r.flags[name] = literal._replace(holds=not literal.holds)


def repeat(r: Reading, stmt: Repeat) -> bool:
    r.place, r.spoken = stmt.at, False
    head = r.value(stmt.head)
    blocks.gone_through(r, head, stmt.head)
    if stmt.target is not None:
        joining.gone_through(r, head, stmt.head)
    if not stmt.is_async:
        mixing.examined(r, stmt.head)
    r.fetched(head)
    before = r.save()
    r.loop += 1
    r.broke.append([])
    r.failing.turned.append(frozenset())
    turns = waiting.begin(r, stmt.head, head, stmt.at, stmt.target is None)
    round_ = rounds.begin(r, stmt.head, stmt.target, stmt.body, head, stmt.is_async)
    lending.looped(r, stmt.head, head, stmt.body, stmt.is_async)
    states = [before]
    for turn in range(2):
        if stmt.target is not None:
            r.assign(stmt.target, r.element(head), None)
        r.done = r.done.difference(round_.commits)
        round_.again = bool(turn)
        started = r.save()
        if r.run(stmt.body):
            round_.goes_on()
            states.append(r.save())
        after = states[-1]
        failed = failing.comes_back(r, before, after)
        same = not after.open or after.literals == started.literals
        settled = same and after.open == started.open and after.running == started.running and not failed
        if turn or (settled and not planning.comes_back(started.plans, after.plans)):
            break
        r.merge(states)
        if r.plans:
            planning.turned(r, started.plans)
        excluding.turned(r, failed, r.broke[-1])
        r.past = before.past | failed
    r.loop -= 1
    r.failing.turned.pop()
    rounds.end(r)
    waiting.end(r, turns)
    states[0] = _awaited_in(r, head, states)
    states.extend(r.broke.pop())
    r.merge(states)
    past.of_turns(r, before, r.element(head))
    rounds.refilled(r, stmt)
    endless = stmt.target is None and stmt.head == Lit(True) and len(states) == 1
    if stmt.orelse:
        r.run(stmt.orelse)
    return not endless


def _awaited_in(r: Reading, head: Values, states: Sequence[State]) -> State:
    """The state before a loop, without the tasks and threads that the loop goes through and each turn waits for: where
    there is no turn there is none of them."""
    before, turns = states[0], states[1:]
    members = r.element(head) if before.running else NOTHING
    through = {value.type.name for value in members if value.type.kind == "coroutine"}
    through |= {r.tasks.threads[value.path] for value in members if value.path in r.tasks.threads}
    if not turns or not through:
        return before
    ended = before.running.intersection(through).difference(*(turn.running for turn in turns))
    return before._replace(running=before.running - ended) if ended else before


def with_(r: Reading, stmt: With) -> bool:
    stmt = stacks.unstacked(r, stmt)
    for number, item in enumerate(stmt.items):
        types = _suppressed(r, item.context) if item.target is None else None
        if types is not None:
            return _suppress(r, stmt, number, types)
    return _with(r, stmt)


def _suppressed(r: Reading, context: Expr) -> Expr | None:
    """The exceptions that a block takes for done."""
    if swallowing.by_block(r.project, r.unit, context):
        return Name("Exception")
    if not isinstance(context, Call) or not context.args or r.symbol(context.func) != "contextlib.suppress":
        return None
    types = tuple(arg.value for arg in context.args)
    return types[0] if len(types) == 1 else Items("tuple", types)


def _suppress(r: Reading, stmt: With, number: int, types: Expr) -> bool:
    """A block that suppresses exceptions is a `try` whose handler does nothing."""
    inner, outer = stmt.items[number + 1 :], stmt.items[:number]
    body = (With(inner, stmt.body, stmt.is_async, stmt.at),) if inner else stmt.body
    attempt = Try(body, (Handler(types, "", ()),), (), (), False)
    return _with(r, With(outer, (attempt,), stmt.is_async, stmt.at)) if outer else trying.try_(r, attempt)


def _with(r: Reading, stmt: With) -> bool:
    frames, provided, around = r.frames, r.provided, r.contexts
    leaving: list[Callable[[], None]] = []
    closing: list[Step] = []
    r.blocks.closing.append(closing)
    ending: list[Callable[[], None]] = []
    managers: list[Value] = []
    ended: list[Path] = []
    r.trying.raised.append([])
    r.trying.left.append([])
    r.around.append((r.loop, lambda: _commit_at_end(r, stmt, r.frames[len(frames) :], managers)))
    for item in stmt.items:
        heads = r.value(item.context)
        managers.extend(heads)
        if not stmt.is_async:
            mixing.entered(r, heads, item.context)
        entered = enter(r, heads, item.context, leaving, ending, stmt.at)
        leaving.append(_leaving(r, (*heads, *entered)))
        leaving += contexts.entered(r, heads, item.context)
        closes = blocks.closing(r, heads, entered, item.context)
        closing += closes
        held = {
            value.path: False
            for value in entered
            if value.path.root == "fresh" and r.classes.session_kind(value.type) in SESSIONS
        }
        for path, is_managed in ({step.path: True for step in closes} | held).items():
            leaving.append(_holding(r, path, is_managed))
            ending.append(_closing(r, path))
        ended.extend(value.path for value in entered)
        lost.entered(r, entered)
        if item.target is not None:
            received = guessing.received(r, item.target, entered, item.context, in_block=True)
            if received is not entered:
                leaving.append(guessing.closing(r, received[0], item.context, stmt.at))
            r.assign(item.target, received, None)
            r.provided |= {value.path for value in entered if r.classes.session_kind(value.type)}
    broken = len(r.broke[-1]) if r.broke else 0
    goes_on = r.run(stmt.body)
    if goes_on and any(value.type.name in RERAISES for value in managers) and stmt.items[0].target is None:
        failing.raised(r, False)
        r.may_raise()
        goes_on = False
    if goes_on:
        r.survived |= r.breaching
        r.around[-1][1]()
    r.around.pop()
    lost.left(r, r.frames[len(frames) :])
    r.frames, r.provided, r.contexts = frames, provided, around
    for path in ended if goes_on else ():
        lost.ends(r, path)
    r.breaching = frozenset(key for key in r.breaching if r.breaches[key].frame in frames)
    raised, left = r.trying.raised.pop(), r.trying.left.pop()
    after = r.open
    for kind, states in ((r.trying.raised, raised), (r.trying.left, left)):
        for sessions in states:
            still = _open_after(r, sessions, leaving)
            if still:
                kind[-1].append(still)
    for index in range(broken, len(r.broke[-1]) if r.broke else 0):
        still = _open_after(r, r.broke[-1][index].open, leaving)
        r.broke[-1][index] = r.broke[-1][index]._replace(open=still)
    r.open = after
    for leave in reversed((*ending, *leaving)):
        leave()
    r.blocks.closing.pop()
    blocks.closed(r, closing)
    return goes_on


def _open_after(r: Reading, sessions: Open, leaving: Sequence[Callable[[], None]]) -> Open:
    """What of these sessions is still open when the blocks around are left."""
    r.open = sessions
    for leave in reversed(leaving):
        leave()
    return r.open


def _leave_blocks(r: Reading, loop: int) -> None:
    """The blocks in so many loops, or more, are left before their end, and end as they should."""
    for level, commit in reversed(r.around):
        if level >= loop:
            commit()


def _commit_at_end(r: Reading, stmt: With, frames: Sequence[Frame], managers: Sequence[Value]) -> None:
    """What the blocks of a `with` commit when it has ended as it should."""
    for frame in frames:
        if frame.kind not in ("begin", "commit"):
            continue
        past.commits_at_end(r, frame.path, stmt.at, frame.text, begun=frame.kind == "begin")
        planning.block_ended(r, frame, frame.path)
        for path in unit_of_work.committed(r, frame):
            past.commits_at_end(r, path, stmt.at, frame.text, begun=True)
            planning.block_ended(r, frame, path)
    for value in managers:
        edge = r.edges.get((value.path.key, str(value.type.name))) if value.type.kind == "generator" else None
        if edge is not None:
            for path in dict.fromkeys(one.outer.path for one in edge.carried if one.outer.verb is Verb.COMMIT):
                past.commits_at_end(r, path, stmt.at, written(edge.source))


def _leaving(r: Reading, values: Values) -> Callable[[], None]:
    """What is in order again when a block of these managers, or of what has entered others, is left, also by an
    exception."""

    def leave() -> None:
        for value in (*values, *(one for stack in values for one in r.tasks.stacked.get(stack.path, NOTHING))):
            past.ended(r, value)

    return leave


def _closing(r: Reading, path: Path) -> Callable[[], None]:
    """What the end of a block means to the entities of the session that it holds."""
    return lambda: planning.closed(r, path)


def _holding(r: Reading, path: Path, is_managed: bool) -> Callable[[], None]:
    """A `with` block holds this session from here; what is done when it is left. One that `is_managed` is closed then,
    by the object whose block it is."""
    outer = path in r.blocks.within
    r.blocks.within.add(path)

    def leave() -> None:
        if not outer:
            r.blocks.within.discard(path)
            tasks.outlive(r, path)
        if is_managed:
            r.closed(path)

    return leave


def enter(
    r: Reading, values: Values, context: Expr, leaving: list[Leaving], ending: list[Leaving], word: int
) -> Values:
    """What the keyword `with` at `word` binds; what must happen at the end of the block is added to `leaving`, and to
    `ending` what happens only when the block is left as usual."""
    found: list[Values] = []
    if r.rounds:
        for value in values:
            r.rounds[-1].enter(value.path)
            waiting.entered(r, value.path)
    for value in values:
        kind = value.type
        if kind.kind == "generator":
            found.append(r.yielded(value))
            r.frames += r.entered_frames.get(value.path, ())
            continue
        if kind.kind != "instance":
            found.append((value,))
            continue
        inner = r.classes.method(kind.name, "__aenter__") or r.classes.method(kind.name, "__enter__")
        if inner is not None:
            result = r.project.calls.method(r, value, inner, (), {}, -1, "with", CERTAIN, "entered")
            if r.classes.session_kind(kind):
                _enter_library(r, value, context, leaving, ending, word)
            r.frames += unit_of_work.frames(r, value)
            found.append(r.awaited(result) or (value,))
            continue
        found.append(_enter_library(r, value, context, leaving, ending, word))
    return join(*found)


def _enter_library(
    r: Reading, value: Value, context: Expr, leaving: list[Leaving], ending: list[Leaving], word: int
) -> Values:
    how = next(
        (
            CLASSES[a.symbol].enters
            for a in r.classes.line(value.type.name)
            if a.symbol in CLASSES and CLASSES[a.symbol].enters
        ),
        "",
    )
    at = _anchor(context)
    if how == "self":
        if r.unit.kind == "module" and value.path in r.open:
            r.managed[value.path] = r.open[value.path]
        r.closed(value.path)
        path = value.path
        leaving.append(lambda: r.closed(path))
        if path.root not in ("fresh", "unknown"):
            kind, text = r.classes.session_kind(value.type), f"with {render(context)}"
            leaving.append(lambda: r.touch(Verb.CLOSE, value, kind, word, text, render(context)))
    elif how in ("transaction", "savepoint"):
        past.released(r, value.path.owner(), at)
        kind = "begin" if how == "transaction" else "savepoint"
        path = value.path.owner()
        r.frames += (Frame(kind, path, r.unit.key, at, render(context)),)
        if kind == "begin":
            leaving.append(lambda: r.ended(path))
            leaving.append(lambda: past.mended(r, path))
        else:
            ending.append(lambda: flushing.flushed(r, path))
    elif how == "new":
        session = r.project.shape("T", value.type, NOTHING)
        path = Path("fresh", at)
        r.frames += (Frame("begin", path, r.unit.key, at, render(context)),)
        r.reopened(path)
        r.born[path] = r.loop
        ending.append(lambda: planning.closed(r, path))
        return tuple(Value(path, kind, value.sure) for kind in session)
    elif how in ("lent", "committed"):
        failing.scope(r, value.path)
        if how == "committed":
            r.frames += (Frame("commit", value.path, r.unit.key, at, render(context)),)
        leaving.append(lambda: past.ended(r, value))
        return tuple(value._replace(type=kind) for kind in r.project.shape("T", value.type, NOTHING))
    elif how in ("timeout", "silent-timeout"):
        leaving.append(failing.timed(r, silent=how == "silent-timeout"))
    elif how == "lock":
        r.frames += (Frame("lock", value.path, r.unit.key, at, render(context)),)
    elif how == "tasks":
        running, groups = r.running, r.tasks.groups
        r.tasks.groups = (*groups, running)

        def settle() -> None:
            r.running, r.tasks.groups = running, groups

        leaving.append(settle)
    elif not how and value.path.root != "unknown":
        r.let_go((value,))
    return (value,)


def leave(r: Reading, stmt: Leave) -> bool:
    waiting.leaves(r, stmt.kind)
    if stmt.kind in ("break", "continue"):
        r.trying.continued += 1
        _leave_blocks(r, r.loop)
        if stmt.kind == "continue" and r.rounds:
            r.rounds[-1].goes_on()
        if r.broke:
            r.broke[-1].append(r.save())
        if r.failing.turned and stmt.kind == "continue":
            r.failing.turned[-1] |= r.past
        return False
    r.place, r.spoken = stmt.at, False
    values = r.value(stmt.value) if stmt.value is not None else NOTHING
    if stmt.kind == "return":
        values = storing.remembered(r, values) if r.unit.is_remembered else storing.as_found(r, values)
    if stmt.kind == "raise":
        r.hear("raises", stmt.at, values, HTTP_ERRORS)
        anew = isinstance(stmt.value, (Call, Attr))
        failing.raised(r, anew)
        r.trying.anew = r.trying.anew or anew
        r.may_raise()
        return False
    r.survived |= r.breaching
    r.commits.lasting |= r.done
    r.fetched(values)
    _leave_blocks(r, 0)
    past.handed_back(r)
    failing.returned(r)
    answers.returned(r, stmt.value, values)
    conditions.checked(r)
    lost.all_end(r)
    r.trying.returning += 1
    planning.leave(r, stmt.at, values)
    r.loading.bare = r.loading.bare or stmt.value in (None, Lit(None))
    if stmt.value is not None:
        shown = filled(r.heap, values) if r.unit.definition.decorators or r.unit.klass is not None else values
        r.returned[stmt.at if stmt.at >= 0 else -len(r.returned) - 1] = Returned(stmt.at, shown)
        r.returns = join(r.returns, asked_for(r, values))
        blocks.returned(r, stmt.at, values)
        keeping.returned(r, stmt.at, values)
        for value, _, _ in r.sessions_in(values) if r.open else ():
            if value.path in r.open and value.path not in r.carried:
                r.handed[value.path] = r.open[value.path]
        r.let_go(values, to_caller=True)
    returned = {value.type.name for value in values if value.type.kind == "coroutine"}
    outlasting = r.running.intersection(*r.tasks.groups[:1])
    r.tasks.still |= outlasting - returned
    r.tasks.handed |= outlasting & returned
    if r.open:
        r.trying.left[-1].append(r.open)
    return False


def delete(r: Reading, stmt: Delete) -> bool:
    idling.deleted(r, stmt.targets)
    for target in stmt.targets:
        payloads.dropped(r, target)
    return True


def scope(r: Reading, stmt: Scope) -> bool:
    if stmt.kind == "global":
        r.globals.update(stmt.names)
    return True


def define(r: Reading, stmt: Define) -> bool:
    unit = r.names.units_in(r.module.name)[stmt.index]
    _defaults(r, unit)
    if unit.kind == "class":
        r.env[unit.definition.name] = (Value(Path("global", unit.symbol), Type("class", unit.symbol), CERTAIN),)
    elif r.unit.kind not in ("module", "class"):
        r.env[unit.definition.name] = r.closure(unit)
    return True


def _defaults(r: Reading, unit: Unit) -> None:
    """Defaults are evaluated here and once: a session among them is shared by all calls. So are what decorators are
    given."""
    for decorator in unit.definition.decorators:
        for arg in decorator.args if isinstance(decorator, Call) else ():
            if not isinstance(arg.value, Lit):
                r.value(arg.value)
    for param in unit.definition.params:
        default = param.default
        if isinstance(default, Call) and meanings.dependency(r.project, r.module, default) is None:
            storing.publish(r, f"{unit.symbol}.{param.name}", r.value(default), "default")


def starts(body: Body) -> bool:
    """Whether a module does something only when it is started itself."""
    return any(isinstance(stmt, Branch) and any(_is_main(arm.test) for arm in stmt.arms) for stmt in body)


def _is_main(test: Expr) -> bool:
    return isinstance(test, Test) and test.op == "==" and Name("__name__") in test.of


def _anchor(expr: Expr) -> int:
    while isinstance(expr, (Await, Named)):
        expr = expr.of if isinstance(expr, Await) else expr.value
    return expr.at if isinstance(expr, Call) else -1


STATEMENTS: dict[type, Callable[..., bool]] = {
    Do: do,
    Bind: bind,
    Branch: branch,
    Repeat: repeat,
    With: with_,
    Try: trying.try_,
    Leave: leave,
    Delete: delete,
    Scope: scope,
    Define: define,
}
