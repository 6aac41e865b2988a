"""What a function stores beside the rows of a loop, which makes them parts of one piece of work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Arm, Attr, Await, Bind, Body, Call, Expr, Handler, Items, Leave, Name, Repeat, Test, Try
from ..knowledge import READS, WRITES, Verb
from ..knowledge.python import CHANGES_FILES, HARMLESS, TIMES
from ..knowledge.senders import MAIL, TASK
from ..knowledge.waiting import AWAY
from . import batches
from .modules import Unit, last_name
from .parts import catches_all, parts
from .summary import Commit, Event, Key, Summary
from .text import written

TAKES_AWAY = frozenset({"delete", "remove", "purge", "revoke", "unlink"})
_OF_FILES = re.compile(
    r"(?:^|_)(?:clear|copy|delete|move|purge|remove|rename|unlink|upload|write)_(?:\w+_)?files?(?:_|$)"
)
_OF_PATHS = frozenset({"rmtree", "unlink"})
_STORES = WRITES | {Verb.COMMIT}

if TYPE_CHECKING:
    from .project import Project


def parent(project: Project, unit: Unit, commit: Commit) -> str:
    """The row that a function stores before a loop, and that the turns of the loop use: theirs belong to it; or ""."""
    turn = batches.turn_of(project, unit, commit)
    before = _around(unit, turn)[0] if turn is not None else []
    used = {part.id for part in parts(turn.body) if isinstance(part, Name)} if turn is not None else set()
    for part in parts(unit.body):
        match part:
            case Bind(targets=(Name(name),), value=Call() | Await(Call()) as made, at=at) if at in before:
                later = before[before.index(at) :]
                given = _is_given(project, unit, commit, name, later) and not _is_found(project, unit, made)
                if name in used and (given or (is_row(project, unit, name) and _writes(project, unit, commit, made))):
                    return name
    return ""


def remainder(project: Project, unit: Unit, commit: Commit) -> Event | None:
    """Where a function commits by itself, after a loop, what it has written beside its rows."""
    turn = batches.turn_of(project, unit, commit)
    after = _around(unit, turn)[1] if turn is not None else []
    commits = {one.at: one for one in project.summary(unit).events if one.verb is Verb.COMMIT}
    flushed = {one.at for one in project.summary(unit).events if one.verb is Verb.FLUSH}
    written = _written(project, unit) | flushed
    for position, at in enumerate(after):
        if at in commits and commits[at].path == commit.path:
            return None if written.isdisjoint(after[:position]) else commits[at]
    return None


def stores(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether a turn of a loop is known to write anything, or a row to commit itself: a commit may only end what was
    read."""
    turn = batches.turn_of(project, unit, commit)
    inside = set(batches.places(turn.body)) if turn is not None else set()
    below = (edge for edge in project.summary(unit).edges if edge.at == commit.at)
    return not inside.isdisjoint(_written(project, unit)) or any(
        project.classes.is_mapped(edge.receiver) or any(one.outer.verb in WRITES for one in edge.carried)
        for edge in below
    )


def is_progress(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether the turns of a loop write to one row that all of them share: how far the work has come."""
    turn = batches.turn_of(project, unit, commit)
    if turn is None or commit.via:
        return False
    written = _written(project, unit)
    rows = [_owner(part) for part in parts(turn.body) if isinstance(part, (Bind, Call)) and part.at in written]
    made = {name for part in parts(turn) for name in _bound(part)}
    return bool(rows) and all(name not in made and is_row(project, unit, name) for name in rows)


def outside(project: Project, unit: Unit, commit: Commit, below: list[tuple[Unit, int]]) -> str:
    """What a turn does that no rollback takes back, here or `below` on the way to its commit: it asks another service,
    sends a task or a mail, changes files, or has something deleted that is no row; or ""."""
    turn, summary = batches.turn_of(project, unit, commit), project.summary(unit)
    inside = set(batches.places(turn.body)) if turn is not None else set()
    for wait in (*summary.waits, *summary.pauses):
        if wait.at in inside and wait.what in AWAY:
            return wait.text
    caught = [
        part.body for part in parts(turn) if isinstance(part, Handler) or (isinstance(part, Arm) and _raises(part))
    ]
    failing = set(batches.places(tuple(caught)))
    done = _sent(project, unit) | (_on_files(project, unit) - failing)
    stored = {edge.at for edge in summary.edges for one in edge.carried if one.outer.verb in _STORES} | failing
    for part in parts(turn.body) if turn is not None else ():
        match part:
            case Await(Call(func) as call) if last_name(func) in TAKES_AWAY and _is_apart(project, unit, commit, call):
                return written(call)
            case Call(at=at) as call if at in done or (at not in stored and _is_named_for_files(call)):
                return written(call)
    return next((found for one, _ in below for found in _done_outside(project, one)), "")


def is_now_and_then(project: Project, unit: Unit, at: int) -> bool:
    """Whether a function comes to a place only when some time has gone by since the last time, which it notes there."""
    binds = [part for part in parts(unit.body) if isinstance(part, Bind)]
    now = {target for bind in binds if _tells_time(project, unit, bind.value) for target in bind.targets}
    for arm in parts(unit.body):
        if isinstance(arm, Arm) and at in batches.places(arm.body):
            gone = [one for part in parts(arm.test) if isinstance(part, Test) and part.op == "-" for one in part.of]
            is_asked = any(one in now or _tells_time(project, unit, one) for one in gone)
            noted = (part.value for part in parts(arm.body) if isinstance(part, Bind))
            if is_asked and any(one in now or _tells_time(project, unit, one) for one in noted):
                return True
    return False


def _tells_time(project: Project, unit: Unit, expr: Expr | None) -> bool:
    return isinstance(expr, Call) and project.names.dotted(unit.module, expr.func) in TIMES


def _sent(project: Project, unit: Unit) -> set[int]:
    """Where a function sends a task or a mail, itself or by what commits nothing before it has sent it."""
    summary, units = project.summary(unit), project.names.units
    sent = {rank.at for key, rank in summary.effects.items() if _is_sending(key) and not rank.via}
    by_call = {one.at for one in summary.edges if any(map(_is_sending, project.summary(units[one.callee]).effects))}
    late = {
        one.at for one in summary.edges if one.at in _commits(summary) and not _sends_first(project, units[one.callee])
    }
    return sent | (by_call - late)


def _sends_first(project: Project, unit: Unit) -> bool:
    """Whether a function itself sends something before it commits anything."""
    summary, order = project.summary(unit), batches.places(unit.body)
    sent = {rank.at for key, rank in summary.effects.items() if _is_sending(key) and not rank.via}
    return next((at in sent for at in order if at in sent | _commits(summary)), False)


def _commits(summary: Summary) -> set[int]:
    own = {event.at for event in summary.events if event.verb is Verb.COMMIT}
    return own | {one.at for one in summary.edges if any(held.outer.verb is Verb.COMMIT for held in one.carried)}


def _is_sending(key: Key) -> bool:
    """A message to a broker is not meant: it may only tell others to empty their caches."""
    return key.verb is Verb.PUBLISH and key.path.key in (TASK, MAIL)


def _done_outside(project: Project, unit: Unit) -> Iterator[str]:
    """What a function sends, and the files that it changes whenever it is called."""
    summary, sent = project.summary(unit), _sent(project, unit)
    apart = {edge.at for edge in summary.edges for one in edge.carried if one.outer.verb in _STORES}
    for loop in parts(unit.body):
        apart.update(batches.places(loop.body) if isinstance(loop, Repeat) else ())
    for part in parts(unit.body):
        if isinstance(part, Call):
            run = _run(part) if part.at not in apart else ()
            if part.at in sent or any(_is_of_files(project, unit, one) for one in run):
                yield written(part)


def _on_files(project: Project, unit: Unit) -> set[int]:
    """Where a function changes files by what is known to, or hands that on to be run. A name is not enough: what clears
    the cache of a file is called so too."""
    own = {edge.at for edge in project.summary(unit).edges}
    return {
        part.at
        for part in parts(unit.body)
        if isinstance(part, Call)
        and part.at not in own
        and any(last_name(one) in _OF_PATHS or _changes_files(project, unit, one) for one in _run(part))
    }


def _raises(arm: Arm) -> bool:
    return bool(arm.body) and isinstance(arm.body[-1], Leave) and arm.body[-1].kind == "raise"


def _is_named_for_files(call: Call) -> bool:
    """Whether a function is called as if it did something to files, and not to what is kept of them in memory."""
    name = last_name(call.func)
    return "cache" not in name and bool(_OF_FILES.search(name))


def _run(call: Call) -> tuple[Expr, ...]:
    """What a call may run: its function, or one that it hands on."""
    return (call.func, *(arg.value for arg in call.args))


def _is_of_files(project: Project, unit: Unit, func: Expr) -> bool:
    """Whether a function is known, or named, to do something to files."""
    if not isinstance(func, (Attr, Name)):
        return False
    return _changes_files(project, unit, func) or bool(_OF_FILES.search(last_name(func)))


def _changes_files(project: Project, unit: Unit, func: Expr) -> bool:
    return isinstance(func, (Attr, Name)) and project.names.dotted(unit.module, func) in CHANGES_FILES


def _is_apart(project: Project, unit: Unit, commit: Commit, call: Call) -> bool:
    """Whether a call is of a method of an object that its module knows, and does nothing to the session of a commit."""
    values = project.module_value(unit.module, call.func) if isinstance(call.func, Attr) else ()
    below = (one for edge in project.summary(unit).edges if edge.at == call.at for one in edge.carried)
    return any(value.type.kind == "method" for value in values) and all(one.outer.path != commit.path for one in below)


def purges(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether all that a turn stores is that a row is gone whose time is over."""
    turn = batches.turn_of(project, unit, commit)
    inside = set(batches.places(turn.body)) if turn is not None else set()
    deleted = {part.at for part in parts(turn) if isinstance(part, Call) and last_name(part.func) == "delete"}
    asked = (part for part in parts(turn) if isinstance(part, Arm) and commit.at in batches.places(part.body))
    stored = _written(project, unit) & inside
    return bool(stored) and stored <= deleted and any(_asks_for_time(arm.test) for arm in asked)


def _asks_for_time(test: Expr) -> bool:
    names = (part.name if isinstance(part, Attr) else part.id for part in parts(test) if isinstance(part, (Attr, Name)))
    return any("expire" in name or "expiry" in name for name in names)


def is_answered(project: Project, unit: Unit, at: int) -> bool:
    """Whether whatever goes wrong at a place of a function is caught, there or by a decorator, and nothing raised."""
    around = [(unit, at)]
    for wrapper in project.wrappers(unit):
        calls = project.summary(wrapper).invokes
        around += [(wrapper, call.at) for call in calls if call.path.root == "free" and not call.path.attrs]
    return any(
        isinstance(part, Try) and place in batches.places(part.body) and _swallows(part.handlers)
        for one, place in around
        for part in parts(one.body)
    )


def _swallows(handlers: tuple[Handler, ...]) -> bool:
    leaves = (part.kind for part in parts(handlers) if isinstance(part, Leave))
    return any(catches_all(handler.types) for handler in handlers) and "raise" not in leaves


def is_news(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether a loop stands in one that waits in each of its turns: its rows are what has come in the meantime."""
    turn, waits = batches.turn_of(project, unit, commit), {one.at for one in project.summary(unit).waits}
    inside = set(batches.places(turn.body)) if turn is not None else set()
    loops = (part for part in parts(unit.body) if isinstance(part, Repeat) and part.target is None)
    around = (set(batches.places(loop.body)) for loop in loops)
    return any(inside <= places and not waits.isdisjoint(places - inside) for places in around)


def fails_alone(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether all that may fail in a `try`, from its first write to its own commit, is what asks the database: a
    commit in its `finally` clause stores nothing then, since the transaction has failed."""
    summary = project.summary(unit)
    asking = {one.at for one in summary.events}
    asking |= {edge.at for edge in summary.edges if all(one.outer.verb in READS for one in edge.carried)}
    for part in parts(unit.body):
        if isinstance(part, Try) and commit.at in batches.places(part.final):
            places = batches.places(part.body)
            written = _written(project, unit).intersection(places)
            own = [one.at for one in summary.events if one.verb is Verb.COMMIT and one.at in places]
            if not written or not own:
                return False
            first, last = min(map(places.index, written)), max(map(places.index, own))
            given = (one.value for one in parts(part.body) if isinstance(one, Bind) and one.at == places[first])
            before = {place for value in given for place in batches.places(value)}
            between = set(places[first : last + 1]) - asking - written - before
            calls = (one for one in parts(part.body) if isinstance(one, Call) and one.at in between)
            return all(_is_of(call, asking) for call in calls)
    return False


def _is_of(call: Call, asking: set[int]) -> bool:
    """Whether a call asks the database, builds on what does, or hardly ever raises."""
    expr: Expr = call
    while isinstance(expr, (Call, Attr)):
        if isinstance(expr, Call) and expr.at in asking:
            return True
        expr = expr.func if isinstance(expr, Call) else expr.of
    return last_name(call.func) in HARMLESS


def is_foreseen(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether a function stores by itself that a row has failed: where it leaves the loop, or where it catches what
    the loop raises."""
    turn, summary = batches.turn_of(project, unit, commit), project.summary(unit)
    inside = set(batches.places(turn.body)) if turn is not None else set()
    own = {one.at for one in summary.events if one.verb is Verb.COMMIT and one.path == commit.path}
    tries = [part for part in parts(unit.body) if isinstance(part, Try) and inside <= set(batches.places(part.body))]
    caught = {place for one in tries for handler in one.handlers for place in batches.places(handler.body)}
    return not own.isdisjoint(caught) or bool((own & inside) - {one.at for one in summary.commits if one.over})


def _written(project: Project, unit: Unit) -> set[int]:
    """The places where a function writes what a commit elsewhere stores, attributes of rows too."""
    sets = (part for part in parts(unit.body) if isinstance(part, Bind) and isinstance(part.targets[0], Attr))
    return batches.writes(project.summary(unit)) | {one.at for one in sets if is_row(project, unit, _owner(one))}


def _owner(write: Bind | Call) -> str:
    """The name of what an attribute is set on, or a method called; ""."""
    match write:
        case Bind(targets=(Attr(Name(name)),)) | Call(Attr(Name(name))):
            return name
    return ""


def _bound(node: object) -> Iterator[str]:
    """The names that a loop or an assignment binds."""
    targets = (node.target,) if isinstance(node, Repeat) else node.targets if isinstance(node, Bind) else ()
    for target in targets:
        if isinstance(target, (Name, Items)):
            yield from (part.id for part in parts(target) if isinstance(part, Name))


def is_row(project: Project, unit: Unit, name: str) -> bool:
    """Whether a name stands for an instance of a mapped class."""
    values = project.summary(unit).env.get(name, ())
    return any(value.type.kind == "instance" and project.classes.is_mapped(str(value.type.name)) for value in values)


def _writes(project: Project, unit: Unit, commit: Commit, made: Expr) -> bool:
    """Whether a call writes on the session of the loop."""
    made = made.of if isinstance(made, Await) else made
    return isinstance(made, Call) and any(
        edge.at == made.at and one.outer.verb is Verb.WRITE and one.outer.path == commit.path
        for edge in project.summary(unit).edges
        for one in edge.carried
    )


def _is_found(project: Project, unit: Unit, made: Expr) -> bool:
    """Whether what a row comes from reads it from the database."""
    summary, calls = project.summary(unit), {part.at for part in parts(made) if isinstance(part, Call)}
    return any(one.at in calls and one.verb in READS for one in summary.events) or any(
        edge.at in calls and any(one.outer.verb in READS for one in edge.carried) for edge in summary.edges
    )


def _is_given(project: Project, unit: Unit, commit: Commit, name: str, places: list[int]) -> bool:
    """Whether a row is given to the session of the loop at one of these places."""
    written = {one.at for one in project.summary(unit).events if one.verb is Verb.WRITE and one.path == commit.path}
    return any(
        isinstance(part, Call)
        and part.at in written
        and part.at in places
        and any(arg.value == Name(name) for arg in part.args)
        for part in parts(unit.body)
    )


def _around(unit: Unit, turn: Repeat) -> tuple[list[int], list[int]]:
    """The places before a loop and after it that are passed at least as often as it, and on no way of an exception."""
    every, inner = batches.places(unit.body), set(batches.places(turn.body))
    apart: list[Body] = []
    for part in parts(unit.body):
        if isinstance(part, Repeat):
            apart.append(part.body)
        elif isinstance(part, Try):
            apart += [*(handler.body for handler in part.handlers), part.final]
    bodies = [set(batches.places(body)) for body in apart]
    away = {place for body in bodies if not inner <= body for place in body}
    first = next(position for position, place in enumerate(every) if place in inner)
    return (
        [place for place in every[:first] if place not in away],
        [place for place in every[first:] if place not in away and place not in inner],
    )
