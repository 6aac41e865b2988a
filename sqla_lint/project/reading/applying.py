"""What a call of a function of the project does: the summary of that function, with the arguments of the call."""

from __future__ import annotations

from ...knowledge import ASIDE, Verb
from ...knowledge.sqlalchemy import ASYNC, SESSION
from ...knowledge.web import HTTP_ERRORS
from ...model import Confidence
from ..modules import Unit
from ..questions import (
    answers,
    autocommit,
    belonging,
    changing,
    commits,
    failing,
    flushing,
    holding,
    idling,
    loading,
    loops,
    lost,
    mixing,
    past,
    payloads,
    planning,
    remembering,
    sending,
    tasks,
    twins,
    undoing,
    waiting,
)
from ..questions.steps import LEFT
from ..summary import Carried, Edge, Fail, Invocation, Key, Rank, Spawn, Stall, Step, Summary, Use, both
from ..values import (
    ANY,
    CONST,
    NONE,
    NOTHING,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    cap,
    constant,
    instance,
    matters,
    members,
)
from . import binding, conditions, fitting, supplied
from .applied import Applied
from .arguments import Given, Site
from .heap import inside, kept_by_others
from .reading import Reading
from .state import USED, Task

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
_DEEPEST_CALLBACK = 5
_CALLED = ("function", "method", "class", "partial", "libmethod", "fitting")


def apply(
    r: Reading, unit: Unit, receiver: Value | None, given: Given, site: Site, closure: Path | None = None
) -> Values:
    """Run a project function's summary with these arguments: effects, stores, callbacks, result."""
    summary = r.project.summary(unit)
    bound = binding.bind(r, unit, receiver, given, site.at)
    applied = Applied(r.project, r, unit, bound, site, receiver, summary.injected, given, closure, summary.flagged)
    uses = r.gather()
    held = holding.opened(r) if summary.pauses or summary.owned else frozenset()
    if summary.asks:
        supplied.answer(r, summary, applied, site, after=False)
    if summary.effects or summary.last:
        _effects(r, unit, summary, applied, site)
        mixing.handed(r, unit, bound, site)
    if summary.stalls:
        _stalls(r, unit, summary, applied, site)
    if summary.heap:
        _heap(r, summary, applied)
    if summary.races:
        _races(r, unit, summary, applied, site)
    handed = _spawns(r, unit, summary, applied, site) if summary.spawns else []
    waiting.passes(r, unit, summary, site)
    if summary.pauses:
        holding.passes(r, held, unit, summary, applied, site)
    if summary.owned:
        twins.passes(r, held, unit, summary, applied, site)
    for gathered in summary.joins:
        tasks.joined(r, tuple(applied.path(path) for path in gathered.paths), site)
        for called in gathered.calls:
            tasks.at_once(r, applied.path(called), site)
    r.tasks.own_context.update(name for (name, part), _ in summary.slots if not part)
    for path in summary.lets_go:
        r.let_go(applied.path(path), only_looks=True)
    lost.passed(r, (value for values in bound.values() for value in values))
    if summary.makes:
        lost.gets(r, summary, applied, site.at, site.sure)
    idling.take_over(r, unit, summary, applied, bound)
    if summary.queued:
        flushing.take_over(r, summary, applied)
    if summary.undoes:
        undoing.take_over(r, unit, summary, applied, site)
    if summary.leaves:
        past.take_over(r, unit, LEFT, summary.leaves, applied, site)
    if summary.answers:
        answers.take_over(r, unit, summary, applied, site)
    if summary.proves:
        conditions.take_over(r, unit, summary, site.source)
    if summary.sent:
        sending.take_over(r, unit, summary, applied, site)
    if summary.begun:
        past.take_over(r, unit, USED, summary.begun, applied, site)
    if summary.fills:
        payloads.take_over(r, unit, summary, applied, given, site)
    if summary.lends:
        lost.borrows(r, summary, applied, site.at, site.sure)
    works = {spawn.work for spawn in summary.spawns} - {-1}
    besides = summary.besides if r.work != -1 else ()
    invokes = [one for one in (*summary.invokes, *besides) if one.work not in works]
    _invocations(r, invokes, summary, applied, site)
    if summary.lends:
        lost.gives_back(r, summary, applied)
    if summary.draws or summary.looped or summary.disposed:
        loops.take_over(r, unit, summary, applied, site)
    for wrapper in r.project.wrappers(unit) if unit.definition.decorators else ():
        outside = r.project.summary(wrapper)
        outer = binding.bind(r, wrapper, receiver, given, site.at)
        binding.learn(r, wrapper, outer)
        around = Applied(r.project, r, wrapper, outer, site, receiver, {}, given)
        _effects(r, wrapper, outside, around, site)
        failing.mended_around(r, outside, around, site)
        _stalls(r, wrapper, outside, around, site)
    if unit.definition.decorators and (summary.fails or summary.leaves):
        failing.scoped_around(r, unit, applied, site)
    r.gathered()
    if not summary.contained:
        r.may_raise()
    r.never = summary.never and not unit.definition.is_generator
    if unit.definition.is_async:
        idling.waits(r)
    for error in summary.errors:
        r.hear("calls", site.at, (Value(CONST, instance(error), site.sure),), HTTP_ERRORS)
    binding.learn(r, unit, bound)
    r.loading.preloads.update(summary.preloads)
    if summary.plans:
        loading.take_over(r, unit, summary, applied, given)
        for index, lent in r.project.injected(unit).items():
            session = Path("fresh", (site.at, index))
            for frame in lent.commits:
                planning.block_ended(r, frame, session)
            if lent.closes:
                planning.closed(r, session)
    if summary.asks:
        supplied.answer(r, summary, applied, site, after=True)
    if summary.fed:
        autocommit.take_over(r, summary, applied)
    if summary.belongs:
        belonging.taken_over(r, summary, applied)
    found = _result(r, unit, summary, applied, site, tuple(dict.fromkeys(uses)), bound)
    if handed and not unit.definition.is_async:
        tasks.handed(r, found, handed, site)
    twins.take_over(r, unit, summary, applied, given, site, found)
    for value in found if r.past else NOTHING:
        for one in r.yielded(value) if value.type.kind == "generator" else (value,):
            if one.path.root == "fresh" and r.classes.session_kind(one.type):
                past.renewed(r, one.path)
    return found


def _effects(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    carried: list[Carried] = []
    unsaved = sending.unsaved(r)
    fails: dict[Key, list[tuple[str, Fail]]] = {}
    for fail in summary.fails:
        klass = applied.needs(fail.klass)
        if klass is not None:
            fails.setdefault(fail.key, []).append((klass, fail))
    changed, pending = failing.has_changes(r), {path for path in unsaved if flushing.may_send(r, path)}
    told = sending.kept(r, summary, applied) if r.past else frozenset()
    past.mends_itself(r, summary, applied)
    if told:
        r.past |= told
    if summary.vouched:
        sending.within(r, unsaved, unit, summary, applied, site)
    r.settled = sending.settled(r, unit, summary, applied)
    for key, rank in summary.effects.items():
        decided = applied.guard(key.guard)
        if decided is None:
            continue
        guard, most = decided
        for value in applied.path(key.path):
            verb, path, kind = key.verb, value.path.owner(), r.classes.session_kind(value.type)
            if rank.kind and not (kind == SESSION and rank.kind in ASYNC):
                kind = rank.kind
            if verb is Verb.CHANGE and not rank.kind:
                path, kind = changing.holder(r, value)
            if path.root in ("unknown", "const") or value.type == NONE or r._impossible(path):
                continue
            verb = r.meant(verb, path, kind)
            sure = min(rank.sure, site.sure, most, value.sure)
            outer = Key(verb, path, both(r.guard, guard))
            carried.append(Carried(key, outer))
            locked = rank.locked or r.locked
            r.add_effect(outer, Rank(rank.depth + 1, unit.key, site.at, sure, kind, locked, rank.fatal))
            if verb is Verb.CHANGE:
                past.happen(r, verb, path, sure, site.at, site.source, unit.key, key, outer.guard)
                commits.tried(r, verb, path)
            if verb is Verb.MAY_USE:
                tasks.uses(r, Use(path, kind, sure, locked), site.at, site.source)
            if verb in ASIDE:
                continue
            r.flow(verb, path, kind, sure, site.at, site.source, unit.key, key, locked, outer.guard)
            if verb is Verb.COMMIT or key.path in summary.mends:
                past.finishes(r, verb, path)
            if r.plans and not rank.fatal and key.verb is not Verb.ROLLBACK:
                doubtful = POSSIBLE if outer.guard != r.guard else sure
                planning.happen(r, verb, path, kind, site.at, site.text, unit.key, doubtful)
            if rank.fatal:
                r.done -= {(site.at, unit.key, path)}
            if key in fails:
                klass, fail = min(fails[key])
                step = Step(verb, path, site.at, "", unit.key, key, outer.guard, sure, slight=fail.slight, klass=klass)
                unwritten = fail.unwritten and not changed and path not in pending
                failing.may_fail(r, step._replace(unwritten=unwritten), site.source, anew=fail.anew)
    past.settled(r, r.settled, site.at, unit.key)
    r.settled = frozenset()
    if told:
        r.past |= sending.uncommitted(r, told, summary, applied, carried)
    if unsaved and summary.vouched:
        sending.passed(r, unsaved, unit, summary, applied, site)
    for path, verb in summary.last.items():
        for value in applied.path(path):
            if value.path.owner() in r.last:
                r.last[value.path.owner()] = verb
                r.leave_in(value.path.owner(), verb)
    holding.ends_itself(r, summary, applied)
    if carried and site.at >= 0:
        r.edges[site.at, unit.key] = Edge(
            site.at, unit.key, site.source, site.sure, site.how, applied.receiver, tuple(carried)
        )


def _stalls(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee waits for, the caller waits for; not for a coroutine or a generator that it only makes."""
    definition = unit.definition
    if definition.is_async or (definition.is_generator and "contextmanager" not in unit.decorators):
        return
    wrappers = r.project.wrappers(unit)
    if wrappers and all(wrapper.definition.is_async for wrapper in wrappers):
        return
    cached = definition.decorators and not definition.params and remembering.is_cached(r.project, unit)
    text = site.text
    for stall in summary.stalls:
        decided = applied.guard(stall.guard)
        if decided is None:
            continue
        guard = both(r.guard, decided[0])
        known = applied.path(stall.path) if stall.path != UNKNOWN else (Value(UNKNOWN, ANY, CERTAIN),)
        for value in known:
            if value.type == NONE or r.classes.session_kind(value.type) in ASYNC:
                continue
            path = value.path.owner() if value.path.root in ("param", "free") else UNKNOWN
            sure = min(stall.sure, site.sure, decided[1], value.sure)
            if stall.via and site.how and stall.sure == site.sure == LIKELY:
                sure = POSSIBLE
            inner, depth = (stall.path, stall.guard), stall.depth + 1
            kept = remembering.CACHE if cached else remembering.here(applied, stall.kept)
            r.stall(Stall(path, guard, stall.kind, site.at, text, unit.key, depth, sure, inner, kept))


def _races(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """Branches that run at once in the callee share a session if their paths turn out to be one here."""
    for race in summary.races:
        branches = tuple(
            tuple(
                use._replace(path=value.path.owner(), sure=min(use.sure, value.sure, site.sure))
                for use in uses
                for value in applied.path(use.path)
                if value.path.root not in ("unknown", "const")
            )
            for uses in race.branches
        )
        chain = ((r.unit.key, site.at, unit.key), *race.chain)
        tasks.settle(r, race._replace(branches=branches, chain=chain))


def _spawns(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> list[Spawn]:
    """Work that the callee has started and left runs on beside what follows here; that which it hands over is
    returned."""
    handed = []
    for index, spawn in enumerate(summary.spawns):
        decided = applied.guard(spawn.guard)
        if decided is None:
            continue
        uses = tuple(
            use._replace(path=value.path.owner(), sure=min(use.sure, value.sure, site.sure))
            for use in spawn.uses
            for value in applied.path(use.path)
            if value.path.root not in ("unknown", "const")
        )
        carried = [value for path in spawn.brought for value in applied.path(path)]
        used = tasks.used_by(r, carried)
        brought = tuple(dict.fromkeys(value.path for value in carried if tasks.is_brought(value)))
        key = tasks.key_of(site.at, index)
        if spawn.work != -1:
            uses = tuple(dict.fromkeys((*uses, *_brought(r, spawn, key, summary, applied, site))))
        if site.at < 0:
            continue
        spawn = spawn._replace(guard=both(r.guard, decided[0]), work=key, brought=brought)
        if spawn.handed:
            handed.append(spawn._replace(uses=(*uses, *used)))
        elif used:
            here = spawn._replace(where=r.unit.key, at=site.at, text=site.text, uses=(*uses, *used), chain=())
            tasks.take_over(r, here, key, site)
        elif uses or brought or tasks.is_told(r, key):
            chain = ((r.unit.key, site.at, unit.key), *spawn.chain)
            tasks.take_over(r, spawn._replace(uses=uses, chain=chain), key, site)
    return handed


def _heap(r: Reading, summary: Summary, applied: Applied) -> None:
    for path, values in summary.heap.items():
        if path.root == "param" and path.attrs:
            stored = applied.values(values)
            for base in applied.path(Path("param", path.key)):
                target = base.path
                for name in path.attrs:
                    target = target.attr(name)
                r.store(target, stored)
                if not path.attrs[0].startswith("@"):
                    r.let_go(stored, into=target)
        elif path.root == "injected":
            r.store(path, values)
        elif path.root == "fresh" and (summary.returns or summary.yields):
            r.store(applied.fresh(path), applied.values(values))
        elif shared := kept_by_others(path, values, summary.returns):
            r.store(path, applied.values(shared))


def _brought(r: Reading, spawn: Spawn, key: int, summary: Summary, applied: Applied, site: Site) -> list[Use]:
    """What the callee's work, which is `key` here, uses through calls of what only this function knows."""
    uses = r.gather()
    invokes = [one for one in (*summary.invokes, *summary.besides) if one.work == spawn.work]
    _invocations(r, invokes, summary, applied, site, key)
    r.gathered()
    return uses


def _invocations(
    r: Reading, invokes: list[Invocation], summary: Summary, applied: Applied, site: Site, key: int = -1
) -> None:
    if not invokes or r.depth >= _DEEPEST_CALLBACK:
        return
    r.depth += 1
    work, keeper = r.work, r.kept_by
    for invocation in invokes:
        frames = r.frames
        r.kept_by = keeper or remembering.here(applied, invocation.kept)
        r.work = key if invocation.apart else work
        r.frames += applied.frames(invocation.frames)
        r.apart += invocation.apart
        given = applied.given(invocation)
        for callee in applied.path(invocation.path):
            if callee.type.kind in _CALLED:
                r.project.calls.value(
                    r, callee, given, Site(site.at, site.source, min(site.sure, LIKELY), "callback"), None
                )
            elif callee.type.kind in ("any", "callable"):
                if fitting.is_left_open(invocation.path):
                    tasks.may_use(r, callee.path, site.at)
                r.project.calls.remember(r, callee.path, given, site.at)
        if summary.lends:
            _pass_on(r, applied.path(invocation.path), given)
        r.apart -= invocation.apart
        r.frames = frames
    r.work, r.kept_by = work, keeper
    r.depth -= 1


def _pass_on(r: Reading, callees: Values, given: Given) -> None:
    """What a callee passes its own sessions to, only the caller knows here too, or nobody."""
    if callees and all(callee.type == ANY and callee.path.root == "param" for callee in callees):
        lost.lends(r, given)
    elif not callees or any(callee.type.kind not in _CALLED for callee in callees):
        lost.leaves(r, given.all(), r.lost.settled)


def _result(
    r: Reading,
    unit: Unit,
    summary: Summary,
    applied: Applied,
    site: Site,
    uses: tuple[Use, ...],
    bound: dict[int, Values],
) -> Values:
    definition = unit.definition
    path = Path("fresh", site.at)
    r.born.setdefault(path, r.loop)
    if definition.is_generator:
        r.blocks.generated[path] = uses
        yields = applied.values(summary.yields)
        if all(value.type == ANY for value in yields):
            said = [arg for kind in r.project.declared(unit) if kind.kind == "generator" for arg in kind.args]
            yields = tuple(Value(path.attr("*"), applied.type(kind), CERTAIN) for kind in said if kind != ANY) or yields
        if yields:
            r.heap[path.attr("*")] = yields
        held = r.entered_frames.get(path, ())
        r.entered_frames[path] = tuple(dict.fromkeys((*held, *applied.frames(summary.yield_frames))))
        return (Value(path, Type("generator", unit.key, members((yields,))), CERTAIN),)
    found = applied.typed(applied.values(summary.returns))
    known = tuple(value for value in found if value.type not in (ANY, NONE) and value.type.kind != "variable")
    if not known:
        said = [kind for kind in r.project.declared(unit) if kind not in (ANY, NONE) and kind.kind != "generator"]
        where = next((value.path for value in found if value.path.root not in ("const", "unknown")), path)
        known = tuple(Value(where, kind, CERTAIN) for kind in map(applied.type, said) if kind.kind != "variable")
    found = _closures(r, unit, applied, cap(known or found, site.sure), site)
    for inner, frames in summary.held.items():
        r.entered_frames[applied.fresh(inner)] = applied.frames(frames)
    objects = (value for value in found if value.type.kind == "instance") if summary.hands_over else ()
    given = [*found, *(held for one in objects for held in inside(r.heap, one))]
    for inner in summary.hands_over:
        mapped = applied.fresh(inner)
        for value in given:
            if value.path == mapped:
                r.opens(mapped, value.type, site.at, site.text, unit.key, site.sure)
    awaitable = definition.is_async or any(value.type.kind == "coroutine" for value in found)
    if not awaitable:
        return found
    if site.at >= 0:
        awaited, unknown = tasks.passed(r, bound) if definition.is_async else ((), ())
        r.tasks.made[site.at] = Task((*uses, *awaited), r.loop, site.source, awaits=unknown)
    if definition.is_async:
        return coroutine(found, site.at)
    return tuple(
        value._replace(type=Type("coroutine", site.at, value.type.args)) if value.type.kind == "coroutine" else value
        for value in found
    )


def _closures(r: Reading, unit: Unit, applied: Applied, found: Values, site: Site) -> Values:
    """Nested functions among what a call returned keep what the call was given."""
    own_closures = {
        value
        for value in found
        if value.path.root == "closure"
        and value.type.kind == "function"
        and r.names.units[str(value.type.name)].owner is unit
    }
    if not own_closures or site.at < 0:
        return found
    own = Path("fresh", (site.at, "closure"))
    for index, param in enumerate(unit.definition.params):
        values = applied.path(Path("param", index))
        if matters(values) or constant(values)[0]:
            r.heap[own.attr(f"%{unit.key}.{param.name}")] = values
    return tuple(value._replace(path=own) if value in own_closures else value for value in found)


def coroutine(found: Values, at: int) -> Values:
    if not found:
        return (Value(Path("fresh", at), Type("coroutine", at, (ANY,)), CERTAIN),)
    own = Path("fresh", at)
    return tuple(
        Value(own if value.path == CONST else value.path, Type("coroutine", at, (value.type,)), value.sure)
        for value in found
    )
