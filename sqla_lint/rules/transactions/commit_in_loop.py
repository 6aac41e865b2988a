"""A commit for each row of a loop."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import (
    Arm,
    Await,
    Bind,
    Body,
    Branch,
    Call,
    Do,
    Expr,
    Leave,
    Loop,
    Name,
    Repeat,
    Source,
    Stmt,
    Test,
    Try,
    With,
    Yield,
)
from ...knowledge import Verb
from ...knowledge.sqlalchemy import ASYNC_SESSION
from ...model import Change, Claim, Confidence, Hop, Recipe
from ...project import Project, Unit, alone, batches, beside, single
from ...project.layers import BOUNDARY_LAYERS, COMMAND, HANDLER, MIDDLEWARE, OUTSIDE, STARTUP, TEST
from ...project.once import once
from ...project.parts import blocks, parts, reads
from ...project.summary import Commit, Key
from ...project.text import render
from ...project.traces import Leg, short
from ..reaching import Reached, is_turned_off, reached, whichever
from ..registry import rule
from .commit_in_repository import callers

_BATCHES = OUTSIDE | {COMMAND, STARTUP}
"""Code that may take as long as it takes, and is run again when it fails."""
_REQUESTS = frozenset({HANDLER, MIDDLEWARE})
_DEEP = 4
_FAR, _UNKNOWN = "the request that runs this is far off", "no request is known to run this"
_ANY, _ROW = "any", "row"


@rule("SQA203", on=Commit)
def commit_in_loop(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that a loop does for each of its rows, right in it or in what it calls."""
    if not commit.over or project.layers.of(unit).layer in _BATCHES:
        return
    end = _first(unit, commit, project)
    if end is None or _is_of_batches(project, unit, commit):
        return
    known = project.traces.legs(unit, Key(Verb.COMMIT, commit.path, commit.guard))
    legs = [leg for leg in known if not is_turned_off(leg, project)]
    if known and not legs:
        return
    layers = {project.layers.of(leg.entry).layer for leg in legs} - {TEST} or {project.layers.of(unit).layer}
    if layers <= _BATCHES or project.run_only_by(unit, _BATCHES | {TEST}):
        return
    shared = any(leg.entry is not unit and leg.path.root == "global" for leg in legs)
    led = [leg.entry for leg in legs] if shared else []
    is_run = project.run_by(unit, _REQUESTS)
    far = "" if layers & _REQUESTS or (is_run and not led) else _FAR if is_run else _UNKNOWN
    whole = _whole(unit, commit, project, led) if far else ""
    sure, reasons = _sureness(unit, commit, end, project)
    if far:
        sure = min(sure, Confidence.LIKELY if whole else Confidence.POSSIBLE)
        reasons.insert(0, f"{far}, but {whole}" if whole else f"{far}, and a job may mean to keep what it has done")
    leg, told = legs[0] if legs else None, callers(legs, project)
    last = Hop(end.unit.spot(end.at), "commits", end.unit.symbol)
    own = end.steps[0].spot if end.steps else last.spot
    yield Claim(
        spot=own,
        symbol=unit.symbol,
        message=f"`{commit.text}` commits once per row of `{commit.over}`",
        confidence=sure,
        label="commits in each turn of the loop",
        why="when one row fails, the rows before it are stored and the rest is not; and each commit waits for the disk",
        help="flush in the loop and commit once after it; try a row that may fail alone in `session.begin_nested()`",
        entry=project.layers.of(leg.entry).entry if leg is not None else "",
        because=tuple(reasons),
        trace=_trace(project, leg, end, last),
        legs=tuple(dict.fromkeys(one.entry.symbol for one in told)),
        ways=tuple((one.entry.symbol, _trace(project, one, end, last)) for one in told),
        fix=Recipe(Change.CALL_AFTER_LOOP, arguments=("flush",)) if not end.calls and _may_wait(unit, end.at) else None,
    )


def _may_wait(unit: Unit, at: int) -> bool:
    """Whether the commit is done as well after the loop: nothing leaves more than the loop, no error is caught in it,
    the session is the same in each turn, and nothing, a refresh for one, waits for the commit."""
    loops = [part for part in parts(unit.body) if isinstance(part, Repeat) and at in _calls(part)]
    if len(loops) != 1 or loops[0].target is None:
        return False
    inside = list(parts(loops[0].body))
    if any(isinstance(part, (Try, Yield, With)) for part in inside):
        return False
    if any(isinstance(part, Leave) and part.kind == "return" for part in inside):
        return False
    bound = [loops[0].target, *(target for part in inside if isinstance(part, Bind) for target in part.targets)]
    names = {part.id for target in bound for part in parts(target) if isinstance(part, Name)}
    blocks = [part.body for part in (loops[0], *inside) if isinstance(part, (Repeat, Arm))]
    blocks += [part.orelse for part in inside if isinstance(part, Branch)]
    ends = [block[-1] for block in blocks if block]
    calls = [last.expr for last in ends if isinstance(last, Do) and _call(last.expr) == at]
    return bool(calls) and not any(isinstance(part, Name) and part.id in names for part in parts(calls[0]))


def _calls(node: object) -> Iterator[int]:
    return (part.at for part in parts(node) if isinstance(part, Call))


def _call(expr: Expr) -> int:
    expr = expr.of if isinstance(expr, Await) else expr
    return expr.at if isinstance(expr, Call) else -2


def _first(unit: Unit, commit: Commit, project: Project) -> Reached | None:
    """Where the commit is done, if it is the first of its loop to tell of: one of its own, or else a callee's, and
    rather one that nothing speaks against."""
    chosen = _chosen(project, unit, commit.loop)
    return chosen[1] if chosen is not None and chosen[0] == commit else None


@once
def _chosen(project: Project, unit: Unit, loop: int) -> tuple[Commit, Reached] | None:
    """The commit of a loop to tell of, and where it is done."""
    found = None
    for one in sorted(project.summary(unit).commits, key=lambda one: one.via != ""):
        end = reached(project, unit, one) if one.loop == loop else None
        if end is None or _is_thrown_away(project, unit, one, end) or not _is_of_rows(project, unit, end):
            continue
        if not _doubts(unit, one, end, project):
            return one, end
        found = found or (one, end)
    return found


def _trace(project: Project, leg: Leg | None, end: Reached, last: Hop) -> tuple[Hop, ...]:
    above = project.traces.hops(leg) if leg is not None else []
    return (*above, *end.steps, last) if above or end.steps else ()


def _sureness(unit: Unit, commit: Commit, end: Reached, project: Project) -> tuple[Confidence, list[str]]:
    repeated = (one for one in project.summary(unit).commits if one.loop == commit.loop)
    sure, reasons = whichever(commit, repeated), []
    if end.is_whichever and all(edge.sure >= Confidence.LIKELY for _, edge in end.calls):
        sure = max(sure, Confidence.LIKELY)
    if end.calls and end.is_asked:
        sure = min(sure, Confidence.LIKELY)
        reasons.append(f"`{short(end.unit)}` commits under a condition")
    if commit.guard:
        sure = min(sure, Confidence.LIKELY)
        reasons.append("the commit stands under a condition that the caller decides")
    doubts = _doubts(unit, commit, end, project)
    return (Confidence.POSSIBLE if doubts else sure), [*reasons, *doubts]


def _doubts(unit: Unit, commit: Commit, end: Reached, project: Project) -> list[str]:
    """Why it is only possible that the rows of a loop belong together, or that each is committed at all."""
    below = [(one, at) for one, at in _below(end) if one is not unit]
    found = []
    if commit.caught or (_is_kept(unit, commit) and any(beside.is_answered(project, one, at) for one, at in below)):
        found.append("an error of a row ends in its turn: each may be meant to fail alone")
    if _only_makes_coroutines(unit, commit, project):
        found.append("the loop only makes coroutines, each of which may run as a task of its own")
    if any(beside.is_now_and_then(project, one, at) for one, at in (*below, (unit, commit.at))):
        found.append("it commits only when some time has gone by since the last commit")
    if beside.is_news(project, unit, commit):
        found.append("the loop goes through what has come while another one around it waited")
    if _is_search(project, unit, commit):
        found.append("the loop ends with the first row for which the answer is yes")
    turn = batches.turn_of(project, unit, commit)
    only = single.row_of(project, unit, turn) if turn is not None else ""
    if only:
        found.append(f"`{commit.over}` is one row where `{only}` says which")
    if turn is not None and single.is_empty(project, unit, turn):
        found.append(f"`{commit.over}` is filled only where the function ends with an error")
    if _question(project, end.unit, end.at) == _ROW and _is_same_each_turn(project, unit, commit, end):
        found.append(f"`{short(end.unit)}` makes what is missing yet, and each turn asks for the same")
    away = beside.outside(project, unit, commit, below)
    if away:
        found.append(f"each turn also does `{away}`, which no rollback takes back")
    if beside.purges(project, unit, commit):
        found.append("each turn deletes a row whose time is over, and leaves the rest to the next one who comes")
    if len(below) > _DEEP or _is_decided_by_much(project, below):
        found.append("much decides on the way whether it comes to a commit")
    of_below = any(batches.before(one, project.summary(one), at) for one, at in below)
    if of_below or any(batches.of_turn(project, unit, commit)):
        found.append("each turn stores a batch")
    found += alone.reasons(project, unit, commit, below)
    return found


def _whole(unit: Unit, commit: Commit, project: Project, led: list[Unit]) -> str:
    """Why the rows of a loop are one piece of work although no request is known that asks for it; or ""."""
    folder = _web_folder(unit, commit, project, led)
    if folder:
        return f"what runs it lies in `{folder}/`, and so may answer requests"
    if not beside.stores(project, unit, commit) or beside.is_progress(project, unit, commit):
        return ""
    if beside.is_foreseen(project, unit, commit):
        return ""
    name = beside.parent(project, unit, commit)
    if name:
        return f"the rows belong to `{name}`, which it stores as well"
    rest = beside.remainder(project, unit, commit)
    return f"`{rest.text}` stores the rest of the same work" if rest else ""


def _web_folder(unit: Unit, commit: Commit, project: Project, led: list[Unit]) -> str:
    """The folder of the web that those who run a function lie in; one that holds the whole application says enough only
    of the lines of one row."""
    layers, lines = project.layers, batches.are_lines(project, unit, commit)
    tops = [top for top in led or project.tops(unit, BOUNDARY_LAYERS) if not layers.of(top).layer]
    return max((layers.web_folder(top) for top in tops if lines or not layers.holds_all(top)), default="")


def _only_makes_coroutines(unit: Unit, commit: Commit, project: Project) -> bool:
    """Whether a function is called that runs where it is awaited, and is not awaited here."""
    callee = project.names.units.get(commit.via)
    if callee is None or not callee.definition.is_async or callee.definition.is_generator:
        return False
    return not any(isinstance(part, Await) and _call(part.of) == commit.at for part in parts(unit.body))


def _is_kept(unit: Unit, commit: Commit) -> bool:
    """Whether a turn does something with what its call gives."""
    return not any(isinstance(part, Do) and _call(part.expr) == commit.at for part in parts(unit.body))


def _is_search(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether what commits is asked in each turn, and the first yes ends the loop."""
    turn = batches.turn_of(project, unit, commit)
    arms = (part for part in parts(turn.body if turn is not None else ()) if isinstance(part, Arm) and part.body)
    return any(_call(arm.test) == commit.at and _leaves(arm.body[-1]) for arm in arms)


def _leaves(stmt: Stmt) -> bool:
    return isinstance(stmt, Leave) and stmt.kind in ("return", "break")


def _is_same_each_turn(project: Project, unit: Unit, commit: Commit, end: Reached) -> bool:
    """Whether a call on the way to the commit is given nothing that comes of the row."""
    loops = (part for part in parts(unit.body) if isinstance(part, (Repeat, Loop)) and commit.at in _calls(part))
    loop = next((one for one in loops if commit.over in map(render, _heads(one))), None)
    varying = _bound(loop) if loop is not None else frozenset[str]()
    for _, edge in end.calls if loop is not None else ():
        call, callee = edge.source, project.names.units[edge.callee]
        if not isinstance(call, Call) or any("*" in arg.name for arg in call.args):
            return False
        if not reads((call.func, call.args), varying):
            return True
        names = [param.name for param in callee.definition.params]
        own = names[:1] if callee.klass is not None and not callee.is_static else []
        given = zip(names[len(own) :], call.args, strict=False)
        taken = {arg.name or name for name, arg in given if reads(arg.value, varying)}
        taken |= {arg.name for arg in call.args if arg.name and reads(arg.value, varying)}
        varying = frozenset(taken | set(own if reads(call.func, varying) else ())) | _bound(callee.body)
    return False


def _heads(loop: Repeat | Loop) -> tuple[Expr, ...]:
    return (loop.head,) if isinstance(loop, Repeat) else tuple(source.iter for source in loop.sources)


def _bound(node: object) -> frozenset[str]:
    """The names that a piece of code binds."""
    targets: list[object] = []
    for part in parts(node):
        if isinstance(part, Bind):
            targets += part.targets
        elif isinstance(part, (Repeat, Source)) and part.target is not None:
            targets.append(part.target)
    return frozenset(name.id for target in targets for name in parts(target) if isinstance(name, Name))


def _is_decided_by_much(project: Project, below: list[tuple[Unit, int]]) -> bool:
    """Whether more than one test decides if it comes to a commit. Functions that ask one after the other whether there
    is a row ask the same."""
    asked = [question for one, at in below for question in (_question(project, one, at),) if question]
    return len(asked) - max(0, asked.count(_ROW) - 1) > 1


def _question(project: Project, unit: Unit, at: int) -> str:
    """What the tests ask under which a function calls here, or commits, if it is not just about a parameter. A single
    test that may leave the function before that says little."""
    params = frozenset(param.name for param in unit.definition.params)
    around, before = _tests(unit.body, at)
    found = ""
    for test in (*around, *(before if len(before) > 1 else ())):
        if _is_of_row(project, unit, test):
            found = found or _ROW
        elif not _is_of_name(test, params):
            return _ANY
    return found


def _tests(body: Body, at: int) -> tuple[list[Expr], list[Expr]]:
    """The tests around a place, and those by which the function may have been left before it."""
    around: list[Expr] = []
    before: list[Expr] = []
    for stmt in body:
        inner = [block for block in blocks(stmt) if at in _calls(block)]
        if isinstance(stmt, Branch):
            arms = [arm for arm in stmt.arms if at in _calls(arm.body)]
            left = [arm for arm in stmt.arms if arm.body and _returns(arm.body[-1])]
            around += [arm.test for arm in arms or (stmt.arms if inner else ())]
            before += [arm.test for arm in (() if inner else left)]
        for block in inner:
            within = _tests(block, at)
            return [*around, *within[0]], [*before, *within[1]]
        if at in _calls(stmt):
            break
    return around, before


def _returns(stmt: Stmt) -> bool:
    return isinstance(stmt, Leave) and stmt.kind == "return"


def _is_of_row(project: Project, unit: Unit, test: Expr) -> bool:
    """Whether a test asks if there is a row."""
    env, classes = project.summary(unit).env, project.classes
    rows = (name for name, values in env.items() if any(classes.is_mapped(str(one.type.name)) for one in values))
    return _is_of_name(test, frozenset(rows))


def _is_of_name(test: Expr, names: frozenset[str]) -> bool:
    match test:
        case Test("not" | "is" | "is not", (of, *_)):
            return _is_of_name(of, names)
        case Name(name):
            return name in names
    return False


def _is_of_batches(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether what the loop takes in each turn is a batch, of which each row is stored."""
    made_of, turn = list(batches.of_turn(project, unit, commit)), batches.turn_of(project, unit, commit)
    return bool(made_of) and turn is not None and all(batches.is_taken_from(one, turn) for one in made_of)


def _is_thrown_away(project: Project, unit: Unit, commit: Commit, end: Reached) -> bool:
    """Whether what is called commits as a `Session` does, and is given another: all that comes of it is a coroutine
    that nobody awaits."""
    said = (part.expr for part in parts(end.unit.body) if isinstance(part, Do) and isinstance(part.expr, Call))
    given = (part for part in parts(unit.body) if isinstance(part, Call) and part.at == commit.at)
    names = {arg.value.id for call in given for arg in call.args if isinstance(arg.value, Name)}
    known = [values for name, values in project.summary(unit).env.items() if name in names and values]
    is_asynchronous = any(all(value.type.name == ASYNC_SESSION for value in values) for values in known)
    return is_asynchronous and any(call.at == end.at for call in said)


def _is_of_rows(project: Project, unit: Unit, end: Reached) -> bool:
    """Whether each row brings a commit of its own, which this function's loop is to answer for."""
    return not (
        end.is_apart or end.is_done_once or _saves_rows_apart(project, end) or _loops_itself(project, unit, end)
    )


def _saves_rows_apart(project: Project, end: Reached) -> bool:
    """Whether the function that commits rolls back by itself what fails, and goes on; not when it tries again."""
    return any(
        other.verb is Verb.ROLLBACK and not other.raises and set(other.attempts) & set(one.attempts)
        for one in end.events
        if not (end.calls and one.loop)
        for other in project.summary(end.unit).events
        if other.path == one.path
    ) or any(_rolls_back(project, unit, at) for unit, at in _below(end) if unit is not end.unit)


def _rolls_back(project: Project, unit: Unit, at: int) -> bool:
    """Whether a function has something rolled back where what it calls at a place has failed, and goes on; not when it
    tries again."""
    edges = project.summary(unit).edges
    rolled_back = {one.at for one in edges if any(carried.outer.verb is Verb.ROLLBACK for carried in one.carried)}
    again = {call for part in parts(unit.body) if isinstance(part, Repeat) for call in _calls(part.body)}
    return at not in again and any(
        isinstance(part, Try)
        and at in _calls(part.body)
        and any(not rolled_back.isdisjoint(_calls(one.body)) and not _raises(one.body) for one in part.handlers)
        for part in parts(unit.body)
    )


def _raises(body: Body) -> bool:
    return any(isinstance(part, Leave) and part.kind == "raise" for part in parts(body))


def _loops_itself(project: Project, unit: Unit, end: Reached) -> bool:
    """Whether a function below loops over rows on its way to the same commit: that loop is the one to mend, unless the
    function commits beside it as well."""
    return any(
        one.over and one.at == at and not _commits_beside(project, caller, one)
        for caller, at in _below(end)
        if caller is not unit
        for one in project.summary(caller).commits
    )


def _commits_beside(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether a function commits a session in no loop over rows as well."""
    summary = project.summary(unit)
    looped = {one.at for one in summary.commits if one.over}
    own = {one.at for one in summary.events if one.verb is Verb.COMMIT and one.path == commit.path}
    below = {
        edge.at
        for edge in summary.edges
        if any(one.outer.verb is Verb.COMMIT and one.outer.path == commit.path for one in edge.carried)
    }
    return bool((own | below) - looped)


def _below(end: Reached) -> list[tuple[Unit, int]]:
    """The functions that a loop calls on the way to a commit, each with the place where it goes on."""
    below = [(caller, edge.at) for caller, edge in end.calls[1:]]
    return [*below, (end.unit, end.at)] if end.calls else below
