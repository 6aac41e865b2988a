"""What runs at the same time: gathered awaitables, tasks, threads, work for later; and functions that call what they
are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Await, Call, Expr, Name
from ...knowledge import ENDS, SENDS, Verb
from ...knowledge.sqlalchemy import ASYNC_SESSION, REGISTRIES, SESSION, SESSIONS
from ...knowledge.streaming import CONTENT
from ...model import Confidence
from ..modules import Unit
from ..parts import parts
from ..reading import fitting
from ..reading.arguments import NO_ARGUMENTS, Given, Site
from ..reading.state import Task
from ..summary import Cached, Guard, Join, Key, Outlived, Overlap, Race, Rank, Spawn, Use
from ..text import path_text, written
from ..values import ANY, NOTHING, OWN, UNKNOWN, Path, Type, Value, Values, join, tuple_of

if TYPE_CHECKING:
    from ..reading.reading import Reading

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
_USES = SENDS | ENDS


@dataclass(slots=True)
class Ledger:
    """The work that one function starts; a task has the place of the call that made it."""

    made: dict[int, Task] = field(default_factory=dict)
    started: dict[int, int] = field(default_factory=dict)
    """Where each was started."""
    conditions: dict[int, Guard] = field(default_factory=dict)
    """Under which condition."""
    tests: dict[int, tuple[Expr, ...]] = field(default_factory=dict)
    """Under which tests."""
    sometimes: set[int] = field(default_factory=set)
    """Those started in one arm of a branch."""
    still: set[int] = field(default_factory=set)
    """Those that run when the function is left."""
    handed: set[int] = field(default_factory=set)
    """Likewise, those that the caller gets."""
    groups: tuple[frozenset[int], ...] = ()
    """What ran already when each block around was entered that waits at its end for what is started in it."""
    escaped: set[int] = field(default_factory=set)
    """Those of which nobody knows who awaits them."""
    aside: set[int] = field(default_factory=set)
    """Coroutines that run beside what follows."""
    own_loops: set[Path] = field(default_factory=set)
    """Functions that run a coroutine in an event loop of its own."""
    unguarded: set[Path] = field(default_factory=set)
    """Sessions of which an entity is changed under no lock; UNKNOWN for one that only callers know."""
    own_context: set[str] = field(default_factory=set)
    """Context variables that were set here, or by a callee."""
    stacked: dict[Path, Values] = field(default_factory=dict)
    """What an ExitStack has entered."""
    streamed: list[tuple[Spawn, Use]] = field(default_factory=list)
    """Responses that read a session which is open here."""
    spawns: dict[tuple[str, int], Spawn] = field(default_factory=dict)
    """Work that uses what callers brought and may outlive the call."""
    joins: dict[int, Join] = field(default_factory=dict)
    """Work that callers brought and is awaited with others."""
    overlaps: dict[tuple[str, int], Overlap] = field(default_factory=dict)
    """One session in tasks that run side by side."""
    races: dict[tuple[str, int], Race] = field(default_factory=dict)
    """Tasks that run side by side, on sessions that only callers can tell apart."""
    outlived: dict[tuple[str, int], Outlived] = field(default_factory=dict)
    """Work that outlives its session."""
    threads: dict[Path, int] = field(default_factory=dict)
    """The calls that have started threads of the project's own kinds."""
    cached: dict[int, Cached] = field(default_factory=dict)
    """Calls that keep a session for everybody."""


def together(r: Reading, groups: tuple[Values, ...], site: Site, *, fixed: bool = False) -> Values:
    """All members of these groups at once: report a session that two of them use. The results are a tuple, when the
    groups are `fixed` of one result for each."""
    branches: list[tuple[int, Task]] = []
    calls: list[Path] = []
    seen: set[int] = set()
    paths = tuple(path for values in groups for value in values for path in _only_callers_know(r, value))
    if paths and site.at >= 0:
        r.tasks.joins[site.at] = Join(site.at, paths)
    for values in groups:
        for value in values:
            at = int(value.type.name) if value.type.kind == "coroutine" else -1
            task = r.tasks.made.get(at)
            if task is None or at in seen:
                continue
            seen.add(at)
            if at in r.running:
                continue
            branches.append((at, task))
            if task.loop > r.loop:
                branches.append((at, again(r, task)))
                own = r.invokes[at].path if at in r.invokes else UNKNOWN
                if own.root == "param" and not own.attrs and site.at >= 0:
                    calls.append(own)
    if calls:
        r.tasks.joins[site.at] = Join(site.at, paths, tuple(dict.fromkeys(calls)))
    race(r, site.at, site.text, branches)
    r.running = frozenset(at for at in r.running if at not in seen)
    path = Path("fresh", site.at)
    for position, values in enumerate(groups[:4]):
        r.store(path.attr(f"[{position}]"), results(values))
    inner = join(*(results(values) for values in groups))
    r.store(path.attr("*"), inner)
    kinds = tuple(dict.fromkeys(value.type for value in inner))
    made = tuple_of(map(results, groups)) if fixed else Type("many", "", kinds)
    return (Value(path, Type("coroutine", -1, (made,)), CERTAIN),)


def used_by(r: Reading, values: Iterable[Value]) -> list[Use]:
    """What these coroutines use."""
    works = [r.tasks.made.get(int(value.type.name)) for value in values if value.type.kind == "coroutine"]
    return [use for work in works if work is not None for use in work.uses]


def _only_callers_know(r: Reading, value: Value) -> tuple[Path, ...]:
    """The awaitables that are awaited with this one and that this function was passed."""
    if value.path.root == "param":
        return (value.path,)
    task = r.tasks.made.get(int(value.type.name)) if value.type.kind == "coroutine" else None
    return task.awaits if task is not None else ()


def passed(r: Reading, bound: dict[int, Values]) -> tuple[tuple[Use, ...], tuple[Path, ...]]:
    """What coroutines use that are passed to a coroutine, which awaits them, and those that only the caller knows."""
    values = [value for values in bound.values() for value in values]
    unknown = (value.path for value in values if value.path.root == "param" and value.type == ANY)
    return tuple(used_by(r, values)), tuple(dict.fromkeys(unknown))


def joined(r: Reading, groups: tuple[Values, ...], site: Site) -> None:
    """A callee starts these together, or the members of these."""
    together(r, tuple(r.element(group) if _many(group) else group for group in groups), site)


def at_once(r: Reading, function: Values, site: Site) -> None:
    """A callee calls this for several things and awaits them together."""
    own = tuple(value for value in function if value.type.kind in ("function", "method", "partial"))
    told = (value.path for value in function if value not in own)
    passed_on = tuple(path for path in told if path.root == "param" and not path.attrs)
    if passed_on and site.at >= 0:
        known = r.tasks.joins.get(site.at, Join(site.at, ()))
        r.tasks.joins[site.at] = known._replace(calls=tuple(dict.fromkeys((*known.calls, *passed_on))))
    if not own or site.at < 0 or r.depth:
        return
    r.depth, r.loop, r.apart = r.depth + 1, r.loop + 1, r.apart + 1
    uses = r.gather()
    for one in own:
        r.project.calls.value(
            r, one, NO_ARGUMENTS, Site(site.at, site.source, min(site.sure, LIKELY), "callback"), None
        )
    r.gathered()
    task = Task(tuple(dict.fromkeys(uses)), r.loop, site.source)
    r.depth, r.loop, r.apart = r.depth - 1, r.loop - 1, r.apart - 1
    race(r, site.at, site.text, ((site.at, task), (site.at, again(r, task))))


def _many(values: Values) -> bool:
    return bool(values) and all(value.type.kind == "many" for value in values)


def again(r: Reading, task: Task) -> Task:
    """The same task made in another turn of its loop: sessions that the turn opens itself are others."""
    uses = (use for use in task.uses if not (use.path.root == "fresh" and _born(r, use.path) >= task.loop))
    return task._replace(uses=tuple(uses))


def _born(r: Reading, path: Path) -> int:
    return r.born.get(Path(path.root, path.key), 0)


def results(values: Values) -> Values:
    return tuple(
        Value(value.path, kind, value.sure)
        for value in values
        if value.type.kind == "coroutine"
        for kind in value.type.args
        if kind != ANY
    )


def brought(r: Reading, values: Values, site: Site) -> Values:
    """These as work of this function, where it is a caller that knows what they are."""
    paths = tuple(value.path for value in values if is_brought(value))
    if not paths or site.at < 0:
        return values
    r.tasks.made[site.at] = Task((), r.loop, site.source, awaits=paths)
    kind = Type("coroutine", site.at, (ANY,))
    return tuple(value._replace(type=kind) if is_brought(value) else value for value in values)


def is_brought(value: Value) -> bool:
    """Whether this may be a coroutine that a caller has made."""
    return value.path.root == "param" and (value.type.kind != "coroutine" or value.type.name == -1)


def start(r: Reading, values: Values, site: Site) -> None:
    """Something that runs beside what follows: report a session that runs in use already. It is started once, whatever
    its result may be."""
    for at in dict.fromkeys(value.type.name for value in values if value.type.kind == "coroutine"):
        if isinstance(at, int):
            r.tasks.aside.add(at)
        task = r.tasks.made.get(at) if isinstance(at, int) else None
        if task is None or not isinstance(at, int):
            continue
        for other in beside(r, at):
            race(r, site.at, site.text, ((other, r.tasks.made[other]), (at, task)))
        r.running |= {at}
        r.tasks.started[at] = site.at
        r.tasks.conditions[at] = r.guard
        r.tasks.tests[at] = r.tests
        if r.branching:
            r.tasks.sometimes.add(at)


def each_once(values: Values) -> Values:
    """These values, of each work one: what starts itself again finds the next one where it has kept the last."""
    works = {value.type.name: value for value in reversed(values) if value.type.kind == "coroutine"}
    return tuple(value for value in values if works.get(value.type.name, value) is value) if works else values


def beside(r: Reading, at: int) -> list[int]:
    """What runs beside a call: not what the call itself has started, nor what may be one work each time."""
    return [
        other
        for other in r.in_order(r.running)
        if (other == at or origin(other) != at)
        and not ((spawn := r.tasks.made[other].spawn) is not None and spawn.sometimes)
    ]


def key_of(at: int, index: int) -> int:
    """The key of the work that a call's callee has started: negative, so that it is no call's own."""
    return -2 - 16 * at - min(index, 15)


def origin(key: int) -> int:
    """The call whose callee has started this work; the key itself for a call's own task."""
    return (-key - 2) // 16 if key < 0 else key


def meet(r: Reading, use: Use, at: int, source: Call | str) -> None:
    """This function uses a session that a thread it started uses too, if it was started on this way."""
    for other in r.in_order(r.running):
        task = r.tasks.made[other]
        if task.threaded and any(one.path == use.path for one in task.uses):
            under = r.tasks.tests.get(other, ())
            if any(one != this for one, this in zip(under, r.tests, strict=False)):
                use = use._replace(sure=POSSIBLE)
            own = Task((use,), r.loop, source, threaded=True)
            race(r, r.tasks.started[other], written(task.source), ((other, task), (at, own)))


def may_use(r: Reading, path: Path, at: int) -> None:
    """A method is called on a member of a container, and nobody here says what that is: of the few classes that may be
    meant, each may use a session of its own. It likely does where the project puts one into containers of that name."""
    if path.attrs[-2:-1] != ("*",):
        return
    of = path._replace(attrs=path.attrs[:-1])
    kept = path.attrs[-3].lstrip("@") if len(path.attrs) > 2 else ""
    for unit in fitting.family(r, path.attrs[-1]):
        for key, rank in r.project.summary(unit).effects.items():
            if key.verb in _USES and rank.kind == SESSION and key.path[:2] == OWN[:2] and len(key.path.attrs) == 1:
                sure = LIKELY if _is_put(r, unit, kept) else POSSIBLE
                use = Use(of.attr(key.path.attrs[0]), SESSION, sure, rank.locked or r.locked)
                r.add_effect(Key(Verb.MAY_USE, use.path, r.guard), Rank(0, "", at, sure, SESSION, use.locked))
                uses(r, use, at, unit.definition.name)


def _is_put(r: Reading, unit: Unit, name: str) -> bool:
    return bool(name) and unit.klass is not None and unit.klass.symbol in r.project.put_into(name)


def uses(r: Reading, use: Use, at: int, source: Call | str) -> None:
    """A session is used here, which the work that this belongs to does."""
    if r.collecting:
        r.collecting[-1].append(use)
    if r.running and not r.apart:
        meet(r, use, at, source)


def changed(r: Reading, holder: Path, kind: str) -> None:
    """An entity is changed, of this session or of one that only callers know."""
    if holder != UNKNOWN and not r.locked:
        r.tasks.unguarded.add(holder if kind else UNKNOWN)


def guards(r: Reading, path: Path, rank: Rank) -> bool:
    """Whether a lock around a commit keeps others out: of what is flushed, none is changed outside of it."""
    return rank.locked and (rank.kind != SESSION or r.tasks.unguarded.isdisjoint((path, UNKNOWN)))


def streamed(r: Reading, given: Given, site: Site) -> None:
    """A response is made that reads a generator when the function has returned."""
    content = [*given.positional[:1], *(given.keywords.get(word, NOTHING) for word in CONTENT)]
    for value in join(*content):
        uses = r.blocks.generated.get(value.path, ()) if value.type.kind == "generator" else ()
        if uses:
            put_off(r, Spawn(r.unit.key, site.at, site.text, "stream", uses, guard=r.guard))


def put_off(r: Reading, spawn: Spawn) -> None:
    """Work that begins when this function has long ended: it outlives the sessions that end with it."""
    for use in spawn.uses:
        if use.path in r.blocks.within:
            _record(r, spawn._replace(block=True), use)
            return
        if spawn.how == "stream" and use.path in r.open:
            r.tasks.streamed.append((spawn, use))
    _leave(r, spawn)


def hand_over(r: Reading, at: int) -> None:
    """A task still runs when the function is left, and its caller gets it, who alone can wait for it."""
    if _has_owner(r, at):
        return
    spawn = _spawn(r, at, r.tasks.made[at])
    if spawn.how == "task" and len(spawn.chain) < 6:
        r.tasks.spawns.setdefault((spawn.where, spawn.at), spawn._replace(handed=True))


def handed(r: Reading, found: Values, spawns: Sequence[Spawn], site: Site) -> None:
    """What a callee returned has been started already."""
    uses = tuple(dict.fromkeys(use for spawn in spawns for use in spawn.uses))
    awaits = tuple(dict.fromkeys(path for spawn in spawns for path in spawn.brought))
    r.tasks.made[site.at] = Task(uses, r.loop, site.source, awaits=awaits)
    start(r, found, site)


def left_running(r: Reading, at: int) -> None:
    """A task or thread that still runs when the function is left."""
    task = r.tasks.made[at]
    sure = LIKELY if at in r.tasks.escaped else CERTAIN
    spawn = _spawn(r, at, task)
    if _has_owner(r, at):
        sure, spawn = POSSIBLE, spawn._replace(work=-1)
    uses = tuple(use._replace(sure=min(use.sure, sure)) for use in task.uses)
    _leave(r, spawn._replace(uses=uses))


def _has_owner(r: Reading, at: int) -> bool:
    """Whether a field of the object, or a container in it, keeps this work, and its class has code that waits for the
    field, or hands it on to what does: `stop()` joins the thread that the constructor has started."""
    if r.unit.klass is None:
        return False
    fields = {
        path.attrs[0]
        for path, held in r.heap.items()
        if path[:2] == ("param", 0)
        and path.attrs
        and any(value.type.kind == "coroutine" and value.type.name == at for value in held)
    }
    return bool(fields) and any(
        isinstance(part, Await | Call) and not fields.isdisjoint(_waited_for(part))
        for method in r.names.children(r.unit.klass).values()
        for part in parts(method.body)
    )


def _waited_for(part: Await | Call) -> Iterator[str]:
    """The fields of `self` that an `await`, a `join()` or a call with them, or all in them, as arguments is given."""
    waited = [part.of] if isinstance(part, Await) else [arg.value for arg in part.args]
    match part:
        case Call(Attr(of, "join")):
            waited.append(of)
    for expr in waited:
        match expr:
            case Attr(Name("self"), name) | Call(Attr(Attr(Name("self"), name), "values")):
                yield name


def outlive(r: Reading, path: Path) -> None:
    """A session ends here: report what still runs on it."""
    for at in r.in_order(r.running):
        task = r.tasks.made[at]
        for use in () if _is_slot(task) else task.uses:
            if use.path == path:
                sure = POSSIBLE if at in r.tasks.escaped else use.sure
                _record(r, _spawn(r, at, task)._replace(block=True), use._replace(sure=sure))
    for spawn, use in r.tasks.streamed:
        if use.path == path:
            _record(r, spawn._replace(block=True), use)


def _spawn(r: Reading, at: int, task: Task) -> Spawn:
    if task.spawn is not None:
        return task.spawn
    how = "thread" if task.threaded else "task"
    return Spawn(
        r.unit.key,
        r.tasks.started[at],
        written(task.source),
        how,
        task.uses,
        guard=r.tasks.conditions.get(at, ()),
        sometimes=at in r.tasks.sometimes,
        work=at,
        brought=task.awaits,
    )


def _leave(r: Reading, spawn: Spawn) -> None:
    lent = {index for index, injection in r.project.injected(r.unit).items() if injection.values}
    for use in () if spawn.how == "slot" else spawn.uses:
        if use.path.root == "injected" or (use.path.root == "param" and use.path.key in lent):
            _record(r, spawn, use)
            return
    lasting = any(use.path.root in ("param", "free") for use in spawn.uses)
    lasting = lasting or bool(spawn.brought) or is_told(r, spawn.work)
    if lasting and len(spawn.chain) < 6:
        r.tasks.spawns.setdefault((spawn.where, spawn.at), spawn)


def is_told(r: Reading, work: int) -> bool:
    """Whether callers know what some of the calls in this work call."""
    return work != -1 and any(one.work == work for one in (*r.invokes.values(), *r.besides.values()))


def _record(r: Reading, spawn: Spawn, use: Use) -> None:
    found = Outlived(spawn, use.path, called(r, use.path), use.kind, use.sure)
    r.tasks.outlived.setdefault((spawn.where, spawn.at), found)


def by_turns(r: Reading, spawn: Spawn, site: Site, key: int | None = None) -> None:
    """Something that a window's loop runs: beside threads, and never beside another one of its kind."""
    own = Task(spawn.uses, r.loop, site.source, spawn=spawn)
    for other in r.in_order(r.running):
        task = r.tasks.made[other]
        if task.threaded:
            race(r, r.tasks.started[other], written(task.source), ((other, task), (site.at, own)))
    key = site.at if key is None else key
    r.tasks.made[key] = own
    r.running |= {key}
    r.tasks.started[key] = site.at


def take_over(r: Reading, spawn: Spawn, key: int, site: Site) -> None:
    """Work that a callee started and left: it runs beside what follows here."""
    if spawn.how in ("background", "stream"):
        put_off(r, spawn)
        return
    if spawn.how == "slot":
        by_turns(r, spawn, site, key)
        return
    task = Task(spawn.uses, r.loop, site.source, spawn.how == "thread", spawn)
    for other in r.in_order(r.running) if not spawn.sometimes else ():
        race(r, site.at, site.text, ((other, r.tasks.made[other]), (key, task)))
    r.tasks.made[key] = task
    r.running |= {key}
    r.tasks.started[key] = site.at


def race(r: Reading, at: int, text: str, branches: Sequence[tuple[int, Task]]) -> None:
    """Things that run at the same time."""
    used = [(call, task) for call, task in branches if task.uses]
    threads = any(task.threaded for _, task in used)
    if len(used) > 1 and (threads or not any(_is_slot(task) for _, task in used)):
        calls = tuple(call for call, _ in used if call >= 0)
        settle(r, Race(r.unit.key, at, text, tuple(task.uses for _, task in used), calls, threads=threads))


def _is_slot(task: Task) -> bool:
    return task.spawn is not None and task.spawn.how == "slot"


def settle(r: Reading, race: Race) -> None:
    """Report the session that two branches share, rather than a registry which they share as well; keep the race for
    callers when parameters may still be one. A lock that only some of them take keeps none of them out. What a registry
    has given is called by the registry's path, and is no session that they share."""
    users: dict[Path, list[Use]] = {}
    for uses in race.branches:
        own = {use.path: use for use in sorted(uses, key=_weight)}
        for use in own.values():
            users.setdefault(use.path, []).append(use)
    overlaps = []
    for path, found in users.items():
        if len(found) > 1 and not all(use.locked for use in found):
            best = max(found, key=lambda use: (use.sure, use.kind == ASYNC_SESSION, use.kind))
            sure = min(use.sure for use in found)
            overlaps.append(Overlap(race, path, called(r, path), best.kind, len(found), sure))
    if overlaps:
        worst = next((overlap for overlap in overlaps if overlap.kind in SESSIONS), overlaps[0])
        r.tasks.overlaps.setdefault((race.where, race.at), worst)
        return
    if sum(any(use.path.root == "param" for use in uses) for uses in race.branches) > 1 and len(race.chain) < 6:
        r.tasks.races.setdefault((race.where, race.at), race)


def _weight(use: Use) -> tuple[bool, bool, Confidence]:
    """By this one of several uses of a branch is chosen: the last is told."""
    return use.kind in REGISTRIES, not use.locked, use.sure


def called(r: Reading, path: Path) -> str:
    """What the code of this reading calls a session."""
    for name, values in r.env.items():
        if any(value.path == path for value in values):
            return name
    return path_text(r.unit, path)
