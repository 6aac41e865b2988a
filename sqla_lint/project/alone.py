"""Why each turn of a loop may be meant to stand alone, although each commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from ..facts.schema import (
    Arm,
    Attr,
    Bind,
    Body,
    Branch,
    Call,
    Choice,
    Expr,
    Handler,
    Index,
    Leave,
    Lit,
    Loop,
    Name,
    Repeat,
    Test,
    Try,
)
from ..knowledge import READS, Verb
from . import batches, beside
from .modules import Unit, last_name
from .parts import parts
from .summary import Commit

if TYPE_CHECKING:
    from .project import Project

_NEXT = (Leave("continue", None, -1),)
_FILLS = frozenset({"add", "append", "discard", "extend", "insert", "remove"})
"""By what a collection of rows is changed."""
_MAKES = frozenset({"add", "create", "insert", "make", "new"})
_SETS_UP = re.compile(r"^_*(?:(?:init|initialize|setup|set_up|bootstrap|seed|populate)_\w*s|create_defaults?_\w+)$")
_LOGS = re.compile(r"_(?:log|log_entry|audit)$|^(?:log|audit)_(?!\w*_and_)")


def reasons(project: Project, unit: Unit, commit: Commit, below: list[tuple[Unit, int]]) -> Iterator[str]:
    """Why the rows need not belong together; `below` are the functions called on the way to the commit."""
    turn = batches.turn_of(project, unit, commit)
    if not beside.stores(project, unit, commit) and below and _only_reads(project, below[-1][0]):
        yield "the commit only ends what was read"
    bodies = [(unit, turn.body if turn is not None else (), commit.at), *((one, one.body, at) for one, at in below)]
    if any(_counts_one(project, one, body, at) or _tells_one_more(body, at) for one, body, at in bodies):
        yield "each turn counts one more, which is to be kept whatever comes of the others"
    if any(_remembers(one, [inner for inner, _ in below[at:]]) for at, (one, _) in enumerate(below)):
        yield "what is called remembers that it has been done, and does it once"
    if _SETS_UP.search(unit.definition.name):
        yield "it sets up what is not there yet, and is run again when it fails"
    if any(_LOGS.search(one.definition.name) for one, _ in below):
        yield "each turn adds an entry to a log, which is whole in itself"
    if _makes_missing(project, unit, commit, below):
        yield "each turn makes only what is not there yet: the next who comes makes the rest"
    if turn is None:
        return
    if _keeps_progress(project, unit, commit, [one for one, _ in below]):
        yield "each turn stores in the object that has the loop how far it has come"
    if _is_chosen(project, unit, commit, turn):
        yield "each row says by itself what is done for it"
    if _takes_back(turn):
        yield "a turn that fails takes back what it has stored, and no other"
    if _tells_how_far(turn):
        yield "the error that ends the loop tells how many rows are done"
    if _looks_for_one(turn):
        yield "the loop looks for the row that fits"
    if _is_done_before(turn, commit):
        yield "what one turn has bound keeps the later ones from it"


def _only_reads(project: Project, unit: Unit) -> bool:
    """Whether all that a function does to a session before it commits is to read."""
    summary = project.summary(unit)
    done = {event.verb for event in summary.events} | {one.outer.verb for edge in summary.edges for one in edge.carried}
    sets = any(
        (isinstance(part, Bind) and isinstance(part.targets[0], Attr))
        or (isinstance(part, Call) and isinstance(_receiver(part), Attr) and last_name(part.func) in _FILLS)
        for part in parts(unit.body)
    )
    return not sets and not done.isdisjoint(READS) and done <= READS | {Verb.COMMIT}


def _counts_one(project: Project, unit: Unit, body: Body, at: int) -> bool:
    """Whether all that a piece of code sets is a counter of the row that it saves at a place, which gets one more."""
    mapped = any(edge.at == at and project.classes.is_mapped(edge.receiver) for edge in project.summary(unit).edges)
    saved = [_receiver(call) for call in _calls(body, at)] if mapped else []
    sets = [part for part in parts(body) if isinstance(part, Bind) and isinstance(part.targets[0], Attr)]
    return bool(sets) and all(_is_one_more(one) and _is_saved(project, unit, one.targets[0], saved) for one in sets)


def _tells_one_more(body: Body, at: int) -> bool:
    """Whether an object is told at a place one more than it has told before."""
    binds, calls = [part for part in parts(body) if isinstance(part, Bind)], _calls(body, at)
    objects = [_receiver(call) for call in calls]
    asked = [one.targets[0] for one in binds if isinstance(one.value, Call) and _receiver(one.value) in objects]
    told = [arg.value for call in calls for arg in call.args]
    return any(_is_one_more(one) and one.targets[0] in asked and one.targets[0] in told for one in binds)


def _calls(body: Body, at: int) -> list[Call]:
    return [part for part in parts(body) if isinstance(part, Call) and part.at == at and isinstance(part.func, Attr)]


def _call(body: Body, at: int) -> Call | None:
    return next((part for part in parts(body) if isinstance(part, Call) and part.at == at), None)


def _receiver(call: Call) -> Expr | None:
    return call.func.of if isinstance(call.func, Attr) else None


def _is_one_more(bind: Bind) -> bool:
    match bind:
        case Bind(targets=(target,), value=Test("+", (of, Lit(1)))):
            return of == target
        case Bind(augmented="+", value=Lit(1)):
            return True
    return False


def _is_saved(project: Project, unit: Unit, target: Expr, saved: list[Expr | None]) -> bool:
    match target:
        case Attr(of):
            return of in saved or (isinstance(of, Name) and beside.is_row(project, unit, of.id))
    return False


def _remembers(unit: Unit, onward: list[Unit]) -> bool:
    """Whether a function leaves at once by what an attribute says that it sets itself at its end, or by what is in a
    container that it fills, or those that it calls. A row that it looks up is no memory of its own."""
    first = list(takewhile(lambda stmt: isinstance(stmt, Bind), unit.body))
    found = [target for stmt in first if isinstance(stmt, Bind) for target in stmt.targets]
    match unit.body[len(first) :]:
        case (Branch(arms=(Arm(test, (*_, Leave("return"))),), orelse=()), *_):
            said = [part for part in parts(test) if isinstance(part, Attr) and part.of not in found]
            kept = last_name(test.of[1]) if isinstance(test, Test) and test.op == "in" else ""
            done = [part for one in onward for part in parts(one.body)]
            bound = [target for part in done if isinstance(part, Bind) for target in part.targets]
            filled = {last_name(one.of) for one in bound if isinstance(one, Index)}
            filled |= {last_name(of) for part in done for of in _added_to(part)}
            return kept in filled - {""} or any(target in said for target in bound)
    return False


def _added_to(part: object) -> tuple[Expr, ...]:
    match part:
        case Call(Attr(of, "add")):
            return (of,)
    return ()


def _makes_missing(project: Project, unit: Unit, commit: Commit, below: list[tuple[Unit, int]]) -> bool:
    """Whether a turn makes a row only where a look tells that it is not there, nothing is stored beside that it belongs
    to, and who comes next is told of an error."""
    turn = batches.turn_of(project, unit, commit)
    around = [part for part in parts(turn) if isinstance(part, (Arm, Try)) and commit.at in batches.places(part.body)]
    if any(isinstance(part, Try) for part in around) or not _makes(project, unit, commit, turn, below):
        return False
    tests = [part.test for part in around if isinstance(part, Arm)]
    for part in parts(unit.body):
        if isinstance(part, Loop) and commit.at in batches.places(part.elements):
            tests.extend(part.guards)
    passed = [part.test for part in parts(turn) if isinstance(part, Arm) and part.body == _NEXT]
    if not any(_is_look(project, unit, test) for test in tests) and not any(
        _is_look(project, unit, Test("not", (test,))) for test in passed
    ):
        return False
    return not beside.parent(project, unit, commit) and beside.remainder(project, unit, commit) is None


def _makes(project: Project, unit: Unit, commit: Commit, turn: Repeat | None, below: list[tuple[Unit, int]]) -> bool:
    """Whether a row is made on the way to a commit, or what is called is named as if it made one."""
    call = _call(unit.body, commit.at)
    if call is not None and not _MAKES.isdisjoint(last_name(call.func).split("_")):
        return True
    return any(
        isinstance(part, Call) and project.classes.is_mapped(project.names.dotted(one.module, part.func))
        for one, node in ((unit, turn), *((one, one.body) for one, _ in below))
        for part in parts(node)
    )


def _is_look(project: Project, unit: Unit, test: Expr) -> bool:
    """Whether a test looks for something in what was read, or asks the database, and does not find it."""
    match test:
        case Choice("and", of):
            return any(_is_look(project, unit, part) for part in of)
        case Test("not in", (_, Name() as known)):
            return _is_read(project, unit, known)
        case Test("not", (Call(at=at),)):
            return at in _reading(project, unit)
    return False


def _is_read(project: Project, unit: Unit, expr: Expr) -> bool:
    """Whether what a name stands for comes from the database."""
    reading = _reading(project, unit)
    names, waiting = set[str](), [expr]
    for value in waiting:
        for part in parts(value):
            match part:
                case Call(at=at) if at in reading:
                    return True
                case Attr(Name(name)) if beside.is_row(project, unit, name):
                    return True
                case Name(name) if name not in names:
                    names.add(name)
                    binds = (one for one in parts(unit.body) if isinstance(one, Bind) and part in one.targets)
                    waiting.extend(one.value for one in binds if one.value is not None)
    return False


def _reading(project: Project, unit: Unit) -> set[int]:
    """The places where a function asks the database."""
    summary = project.summary(unit)
    events = {event.at for event in summary.events if event.verb in READS}
    return events | {edge.at for edge in summary.edges if any(one.outer.verb in READS for one in edge.carried)}


def _keeps_progress(project: Project, unit: Unit, commit: Commit, below: list[Unit]) -> bool:
    """Whether a method of the object that has the loop commits, and sets only what rows have that this object holds."""
    own = _own_name(unit)
    calls = _calls(unit.body, commit.at)
    if len(below) != 1 or not own or [_receiver(call) for call in calls] != [Name(own)]:
        return False
    body = below[0].body
    sets = [target for part in parts(body) if isinstance(part, Bind) for target in part.targets]
    sets = [target for target in sets if not isinstance(target, Name)]
    stores = any(event.verb is Verb.WRITE for event in project.summary(below[0]).events)
    return bool(sets) and not stores and all(_is_of(target, _own_name(below[0])) for target in sets)


def _own_name(unit: Unit) -> str:
    """What a method calls its object."""
    params = unit.definition.params
    return params[0].name if unit.klass is not None and not unit.is_static and params else ""


def _is_of(target: Expr, own: str) -> bool:
    """Whether this is a part of something that an attribute of the object holds."""
    while isinstance(target, Attr | Index):
        match target.of:
            case Attr(Name(name)) if name == own:
                return True
        target = target.of
    return False


def _is_chosen(project: Project, unit: Unit, commit: Commit, turn: Repeat) -> bool:
    """Whether each row brings the function that is called for it, or the turn looks for an object of one of several
    classes that does what is to be done."""
    rows = {part.id for part in parts(turn.target) if isinstance(part, Name)}
    made = _made(turn)
    call = _call(turn.body, commit.at)
    if call is None:
        return False
    if isinstance(call.func, Name) and call.func.id in rows:
        return True
    given = {arg.value.id for arg in call.args if isinstance(arg.value, Name)}
    kinds = {edge.receiver for edge in project.summary(unit).edges if edge.at == call.at and edge.how == "callback"}
    return not made.isdisjoint(given) and len(kinds) > 1


def _made(turn: Repeat) -> set[str]:
    """The names that a turn binds."""
    binds = (part for part in parts(turn.body) if isinstance(part, Bind))
    return {target.id for bind in binds for target in bind.targets if isinstance(target, Name)}


def _takes_back(turn: Repeat) -> bool:
    """Whether what a turn has made is taken away again by itself where the rest of the turn fails."""
    made = _made(turn)
    return any(
        isinstance(part, Call)
        and last_name(part.func) in beside.TAKES_AWAY
        and any(isinstance(arg.value, Name) and arg.value.id in made for arg in part.args)
        for handler in parts(turn.body)
        if isinstance(handler, Handler)
        for part in parts(handler.body)
    )


def _tells_how_far(turn: Repeat) -> bool:
    """Whether what is raised in place of the error of a turn says how many have been kept."""
    calls = [part.func for part in parts(turn.body) if isinstance(part, Call) and isinstance(part.func, Attr)]
    kept = [func.of for func in calls if func.name in ("add", "append")]
    raised = (
        part
        for handler in parts(turn.body)
        if isinstance(handler, Handler)
        for part in parts(handler.body)
        if isinstance(part, Leave) and part.kind == "raise"
    )
    return any(
        isinstance(part, Call) and last_name(part.func) == "len" and any(arg.value in kept for arg in part.args)
        for one in raised
        for part in parts(one)
    )


def _looks_for_one(turn: Repeat) -> bool:
    """Whether all that a turn does is to see whether its row is the one, and to remember that it was there."""
    match turn.body:
        case (Branch(arms=(Arm(body=body),), orelse=()),):
            return any(isinstance(one, Bind) and one.value is not None and _is_yes(one) for one in body)
    return False


def _is_done_before(turn: Repeat, commit: Commit) -> bool:
    """Whether a turn comes to the commit only where a local is nothing yet, and gives it something then: it is bound
    nowhere else in the turn but where that has been asked."""
    arms = [(_asked_for(part.test), part.body) for part in parts(turn.body) if isinstance(part, Arm)]
    for of, body in arms:
        if of is not None and commit.at in batches.places(body) and _binds(body, of):
            asked = [bind for one, inside in arms if one == of for bind in _binds(inside, of)]
            if len(asked) == len(_binds(turn.body, of)) and of not in parts(turn.target):
                return True
    return False


def _asked_for(test: Expr) -> Name | None:
    """The local of which a test asks whether it is nothing yet."""
    match test:
        case Test("not", (Name() as of,)) | Test("is", (Name() as of, Lit(None))):
            return of
    return None


def _binds(body: Body, name: Name) -> list[Bind]:
    return [part for part in parts(body) if isinstance(part, Bind) and name in part.targets]


def _is_yes(bind: Bind) -> bool:
    return isinstance(bind.targets[0], Name) and isinstance(bind.value, Lit) and bind.value.value is True
