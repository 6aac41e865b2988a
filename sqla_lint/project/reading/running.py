"""Functions that call what they are given, or give it back in another form: how each of these is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...facts.schema import Call, Lit
from ...knowledge.sqlalchemy import FACTORIES, SESSION, TEXT_CLAUSE, TEXT_OF_ROWS
from ...knowledge.web import PAGE
from ...model import Confidence
from ..questions import (
    changing,
    failing,
    joining,
    lacking,
    lending,
    loading,
    loops,
    lost,
    options,
    past,
    payloads,
    raw,
    tasks,
)
from ..summary import Cached, Join, Spawn, Use
from ..values import (
    ANY,
    NOTHING,
    SENT,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    constant,
    instance,
    is_told,
    join,
    matters,
    members,
)
from . import blocks, fitting, paging
from .arguments import Given, Site, named, positions
from .evaluate import attribute, is_foreign, shared, whole
from .spelled import spelled
from .state import Task

if TYPE_CHECKING:
    from .reading import Reading

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

_Run = Callable[["Reading", "Value | None", Given, Site], Values]
_OF_ROWS = re.compile(r"\s*(SELECT|WITH)\b(?!.*\b(INTO|UPDATE|INSERT|DELETE)\b).*\bFROM\b", re.DOTALL | re.IGNORECASE)
_MAKE_MANY = frozenset({"builtins.list", "builtins.set", "builtins.dict"})


def run(r: Reading, how: str, receiver: Value | None, given: Given, site: Site) -> Values:
    """Apply a library function that runs awaitables or calls callables; see `knowledge.library`."""
    return _RUNS[how](r, receiver, given, site)


def _gather(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    if given.rest and site.at >= 0:
        r.tasks.joins[site.at] = Join(site.at, given.rest)
    fixed = isinstance(site.source, Call) and all(arg.name != "*" for arg in site.source.args)
    return tasks.together(r, given.positional, site, fixed=fixed)


def _each(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return tasks.together(r, (r.element(_first(given)),), site)


def _task(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    work = tasks.brought(r, _first(given), site)
    tasks.start(r, work, site)
    return work


def _start(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    tasks.start(r, _called(r, given, site), site)
    return NOTHING


def _in_thread(r: Reading, given: Given, site: Site, *, inherits: bool = False) -> Values:
    """A call in another thread, as something to await: what it uses, and its result. A thread begins with no context,
    unless it `inherits` that of who waits for it."""
    found, uses = _elsewhere(r, given, site)
    shared = (use for use in dict.fromkeys(uses) if inherits or not _is_of_context(r, use.path))
    r.tasks.made[site.at] = Task(tuple(shared), r.loop, site.source, threaded=True)
    kinds = tuple(dict.fromkeys(kind for value in found for kind in _awaited(value.type))) or (ANY,)
    path = found[0].path if found and found[0].path.root not in ("const", "unknown") else Path("fresh", site.at)
    return (Value(path, Type("coroutine", site.at, kinds), CERTAIN),)


def _elsewhere(r: Reading, given: Given, site: Site) -> tuple[Values, list[Use]]:
    """The first argument called with the rest, in work of its own: the result, and what it uses."""
    work, r.work = r.work, site.at
    uses = r.gather()
    r.apart += 1
    found = _called(r, given, site)
    r.gathered()
    r.apart -= 1
    r.work = work
    return found, uses


def _is_of_context(r: Reading, path: Path) -> bool:
    """Whether a context variable holds it."""
    variable = r.project.variable_values(str(path.key)) if path.root == "global" else NOTHING
    return any(value.type.name == "contextvars.ContextVar" for value in variable)


def _awaited(kind: Type) -> tuple[Type, ...]:
    return kind.args if kind.kind == "coroutine" else (kind,)


def _call(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return _in_thread(r, given, site, inherits=True)


def _block(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A block that is entered and left in another thread: making it has only begun what waits there."""
    made = (
        {arg.value.at for arg in site.source.args if isinstance(arg.value, Call)}
        if isinstance(site.source, Call)
        else ()
    )
    r.stalls = {key: stall for key, stall in r.stalls.items() if stall.at not in made}
    return _first(given)


def _configure(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    if receiver is not None:
        lost.configures(r, receiver.path, given)
    return NOTHING


def _submit(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    future = _in_thread(r, given, site)
    tasks.start(r, future, site)
    return future


def _executor(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return _submit(r, receiver, given._replace(positional=given.positional[1:]), site)


def _fan(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A function over the members of what follows, each in a thread."""
    r.loop += 1
    parts = tuple(r.element(values) for values in given.positional[1:])
    future = _in_thread(r, given._replace(positional=(_first(given), *parts)), site)
    r.loop -= 1
    task = r.tasks.made[site.at]
    tasks.race(r, site.at, site.text, ((site.at, task), (site.at, tasks.again(r, task))))
    inner = tasks.results(future)
    path = r.next_fresh()
    r.store(path.attr("*"), inner)
    return (Value(path, Type("many", "map", tuple(value.type for value in inner)), CERTAIN),)


def _thread(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """`Thread(target=f, args=(...))`, which runs when it is started."""
    target = given.keywords.get("target", given.positional[1] if len(given.positional) > 1 else NOTHING)
    return _in_thread(r, _packed(r, target, given), site)


def _run(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """`start()` of a project's own kind of thread, which runs its method `run`."""
    own = attribute(r, (receiver,), "run") if receiver is not None else NOTHING
    if receiver is not None:
        r.tasks.threads[receiver.path] = site.at
    tasks.start(r, _in_thread(r, Given((own,), {}), site), site)
    return NOTHING


def _timer(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    target = given.keywords.get("function", given.positional[1] if len(given.positional) > 1 else NOTHING)
    return _in_thread(r, _packed(r, target, given), site)


def _packed(r: Reading, target: Values, given: Given) -> Given:
    """A callable with the arguments that `args=` and `kwargs=` bring."""
    positional: list[Values] = [target]
    keywords: dict[str, Values] = {}
    for value in given.keywords.get("args", NOTHING):
        positional.extend(positions(r, value.path))
    for value in given.keywords.get("kwargs", NOTHING):
        keywords.update(named(r, value.path))
    return Given(tuple(positional), keywords)


def _settle(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    r.running = frozenset()
    return NOTHING


def _later(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return _start(r, receiver, given._replace(positional=given.positional[1:]), site)


def _background(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The first argument called with the rest when the response has been sent."""
    uses = r.gather()
    r.apart += 1
    _called(r, given, site)
    r.gathered()
    r.apart -= 1
    handed = join(*given.positional[1:], *given.keywords.values())
    for value in handed:
        kind = r.classes.session_kind(value.type)
        if kind:
            uses.append(Use(value.path, kind, value.sure))
    spawn = Spawn(r.unit.key, site.at, site.text, "background", tuple(dict.fromkeys(uses)), guard=r.guard)
    tasks.put_off(r, spawn)
    return (Value(Path("fresh", site.at), Type("other"), CERTAIN),)


def _slot(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A function that the loop of a window calls, again and again."""
    running = r.running
    _, uses = _elsewhere(r, Given((_first(given),), {}), site)
    r.running = running
    used = tuple(dict.fromkeys(uses))
    tasks.by_turns(r, Spawn(r.unit.key, site.at, site.text, "slot", used, guard=r.guard, work=site.at), site)
    return NOTHING


def _first(given: Given) -> Values:
    return given.positional[0] if given.positional else NOTHING


def _called(r: Reading, given: Given, site: Site) -> Values:
    """The first argument called with the rest."""
    rest = given._replace(positional=given.positional[1:])
    return join(*(r.project.calls.value(r, callee, rest, site, None) for callee in _first(given)))


def _same(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return _first(given)


def _loop(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A coroutine that is run to its end in an event loop of its own."""
    first = _first(given) or given.keywords.get("main", NOTHING)
    if receiver is None or receiver.path.root == "fresh":
        loops.start(r, first, site)
    return r.awaited(first)


def _loop_call(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    found = _called(r, given, site)
    loops.started(r, site.at, site)
    return r.awaited(found)


def _to_sync(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A coroutine function as a plain one, each of whose calls has an event loop of its own."""
    found = _partial(r, receiver, given, site)
    r.tasks.own_loops.update(value.path for value in found)
    return found


def _timed(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A coroutine that is given some time."""
    for value in _first(given):
        if value.type.kind == "coroutine" and isinstance(value.type.name, int):
            failing.may_be_cancelled(r, value.type.name)
    return _first(given)


def _hand(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    own = tuple(value._replace(type=instance(SESSION)) for value in (receiver,) if value is not None)
    r.apart, r.greenlets = r.apart + 1, r.greenlets + 1
    found = _called(r, given._replace(positional=(_first(given), own, *given.positional[1:])), site)
    r.apart, r.greenlets = r.apart - 1, r.greenlets - 1
    return tuple(value._replace(type=Type("coroutine", site.at, (value.type,))) for value in found)


def _proxy(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """What stands for what a function gives: of entities another one for whoever asks."""
    found = _called(r, given._replace(positional=given.positional[:1]), site)
    return tuple(v._replace(path=UNKNOWN) if r.classes.is_entity(str(v.type.name)) else v for v in found)


def _text(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    known, sql = constant(_first(given))
    if not known and isinstance(site.source, Call) and site.source.args:
        said = spelled(r, site.source.args[0].value)
        sql = said.value if isinstance(said, Lit) else None
    if not isinstance(sql, str):
        return (Value(Path("fresh", site.at), instance(TEXT_CLAUSE), CERTAIN),)
    kind = instance(TEXT_OF_ROWS) if _OF_ROWS.match(sql) else raw.text(sql)
    return (Value(Path("fresh", site.at), kind, CERTAIN),)


def _member(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    known, name = constant(_first(given))
    return shared(r, receiver, name) if receiver is not None and known and isinstance(name, str) else NOTHING


def _getattr(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    known, name = constant(given.positional[1]) if len(given.positional) > 1 else (False, None)
    if known:
        return attribute(r, _first(given), name) if isinstance(name, str) else NOTHING
    for value in _first(given):
        lacking.read_by_name(r, value)
    if isinstance(site.source, Call) and len(site.source.args) > 1:
        fits = fitting.methods(r, _first(given), site.source.args[1].value) or fitting.told(given)
        if fits:
            return fits
    return tuple(
        Value(value.path.attr("*"), Type("column", "", (value.type,)), value.sure)
        for value in _first(given)
        if is_foreign(r, value)
    )


def _setattr(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    if len(given.positional) > 2:
        payloads.sets(r, given.positional, site)
        changing.set_by(r, given.positional[0], site.at, site.source)
        name = constant(given.positional[1])[1]
        for of in given.positional[0]:
            lacking.assigned(r, of, name if isinstance(name, str) else "")
    r.let_go(given.all())
    r.may_raise()
    return NOTHING


def _set_committed(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """An attribute of an entity is there from now on, as if a query had loaded it."""
    name = constant(given.positional[1])[1] if len(given.positional) > 2 else None
    for of in given.positional[0] if isinstance(name, str) else NOTHING:
        r.store(of.path.attr(str(name)), given.positional[2])
        lacking.assigned(r, of, str(name))
    return NOTHING


def _decode(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return tuple(value for value in _first(given) if value.type == SENT)


def _dump(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return payloads.dumped(r, receiver, given, site)


def _vars(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    first = _first(given)
    untyped = (
        Value(one.path.attr("__dict__"), ANY, one.sure) for one in first if one.type == ANY and is_told(one.path)
    )
    return join(tuple(untyped), *(whole(r, value, "`vars()`") for value in first))


def _class_of(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return attribute(r, _first(given), "__class__") if len(given.positional) == 1 else NOTHING


def _asdict(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    first = _first(given)
    made = [value for value in first if value.type.kind == "instance" and r.classes.is_dataclass(str(value.type.name))]
    return join(*(whole(r, value, f"`{site.text.partition('(')[0]}()`") for value in made))


def _jsonify(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    if given.keywords and not given.positional:
        return _dict(r, receiver, given, site)
    return _asdict(r, receiver, given, site) or _first(given)


def _render(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    for values in (*given.positional, *given.keywords.values()):
        lacking.rendered(r, values)
    r.may_raise()
    r.let_go(given.all())
    return (Value(Path("fresh", site.at), instance(PAGE), CERTAIN),)


def _dict(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    entire = tuple(value for value in _first(given) if value.type.kind == "columns")
    if entire:
        return entire
    r.may_raise()
    sent = payloads.whole(r, (*_first(given), *given.poured))
    if sent or given.positional or not any(map(matters, given.keywords.values())):
        r.let_go(given.all())
        return sent
    path = Path("fresh", site.at)
    for name, values in given.keywords.items():
        if matters(values):
            r.store(path.attr(f"[{name}]"), values)
            r.store(path.attr("*"), values)
    return (Value(path, Type("many", "dict", members(given.keywords.values())), CERTAIN),)


def of_each(r: Reading, function: Values, values: Values, site: Site) -> None:
    """A function of the project is called with each of the members."""
    own = tuple(value for value in function if value.type.kind in ("function", "method"))
    if own:
        r.loop += 1
        _called(r, Given((own, r.element(values)), {}), site)
        r.loop -= 1


def _collect(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    first = _first(given)
    of_each(r, given.keywords.get("key", NOTHING), first, site)
    if first and all(value.type.kind == "many" for value in first):
        return first
    joining.collected(r, given, site.source)
    for value in first if r.past else NOTHING:
        blocks.generated(r, value, site.at, site.source)
    inner = r.element(first)
    path = Path("fresh", site.at)
    r.store(path.attr("*"), inner)
    return (Value(path, Type("many", "list", members((inner,))), CERTAIN),)


def _beside_keys(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The members of the first argument, each beside its number or its key."""
    return _side_by_side(r, receiver, Given((NOTHING, _first(given)), {}), site)


def _one_of(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """One of the arguments, or of the members of the only one."""
    if len(given.positional) > 1:
        return join(*given.positional)
    of_each(r, given.keywords.get("key", NOTHING), _first(given), site)
    return r.element(_first(given))


def _filtered(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """Some of the members of the second argument; the first may be a function, or None."""
    of_each(r, _first(given), join(*given.positional[1:]), site)
    return _collect(r, receiver, Given(given.positional[1:], {}), site._replace(source=site.text))


def _chained(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The members of all arguments."""
    path = Path("fresh", site.at)
    inner = join(*map(r.element, given.positional))
    r.store(path.attr("*"), inner)
    return (Value(path, Type("many", "list", members((inner,))), CERTAIN),)


def _grouped(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A mapping that makes what is not in it yet by its first argument."""
    path = Path("fresh", site.at)
    made = tuple(value for value in _first(given) if value.type.name in _MAKE_MANY)
    if made:
        r.heap[path.attr("*")] = (Value(path.attr("*"), Type("many"), CERTAIN),)
    return (Value(path, Type("many", "dict"), CERTAIN),)


def _side_by_side(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The members of the arguments, one of each in turn."""
    path = Path("fresh", site.at)
    pair = path.attr("*")
    for position, values in enumerate(given.positional):
        loading.beside(r, path, values)
        found = r.element(values)
        if matters(found):
            r.store(pair.attr(f"[{position}]"), found)
    r.heap[pair] = (Value(pair, Type("many", "tuple"), CERTAIN),)
    return (Value(path, Type("many"), CERTAIN),)


def _encode(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    content = _first(given) or given.keywords.get("data", NOTHING)
    kinds = tuple(dict.fromkeys(value.type for value in content))
    return (Value(Path("fresh", site.at), Type("many", "encoded", kinds), CERTAIN),) if kinds else NOTHING


def _partial(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    path = r.next_fresh()
    r.partials[path] = (_first(given), given.positional[1:], given.keywords)
    made = tuple(value.type for value in _first(given) if value.type.kind in ("instance", "class"))
    for kind in made if given.open_ended or "expire_on_commit" in given.keywords else ():
        if kind.name in FACTORIES:
            options.factory(r, str(kind.name), given, site)
    return (Value(path, Type("partial", "", made), CERTAIN),)


def _map(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    r.loop += 1
    parts = tuple(r.element(values) for values in given.positional[1:])
    made = _called(r, given._replace(positional=(_first(given), *parts)), site)
    r.loop -= 1
    path = r.next_fresh()
    r.store(path.attr("*"), made)
    return (Value(path, Type("many", "map", tuple(value.type for value in made)), CERTAIN),)


def _enter(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    first = _first(given)
    for value in first:
        r.closed(value.path)
        if value.path != value.path.owner():
            past.released(r, value.path.owner())
    entered = join(*(r.yielded(value) if value.type.kind == "generator" else (value,) for value in first))
    if receiver is not None:
        r.tasks.stacked[receiver.path] = join(r.tasks.stacked.get(receiver.path, NOTHING), first, entered)
    return entered


def _job(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A scheduler keeps the function and its arguments for later."""
    return _background(r, receiver, _packed(r, _first(given), given), site)


def _loader(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A data loader, as the function that it calls in a task of its own."""
    kinds = [value.type for value in given.keywords.get("load_fn", _first(given)) if value.type.kind == "function"]
    return (Value(Path("fresh", site.at), Type("instance", "strawberry.dataloader.DataLoader", tuple(kinds)), CERTAIN),)


def _load(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    kinds = receiver.type.args if receiver is not None else ()
    callees = tuple(Value(Path("global", kind.name), kind, CERTAIN) for kind in kinds)
    return _called(r, Given((callees,), {}), site)


def _cache(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A call that keeps what the first argument returns and hands it to everybody."""
    for callee in _first(given):
        held = r.project.session_from(callee)
        if held is not None:
            r.tasks.cached[site.at] = Cached.by_call(site.at, site.text, held)
    return _partial(r, receiver, given, site)


def _current(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """What a context variable holds."""
    symbol = _variable(r, receiver)
    if receiver is None or not symbol:
        return NOTHING
    kinds = tuple(kind for kind in receiver.type.args if kind != ANY)
    if not kinds:
        kept = r.project.slot((symbol, ""), r.unit)
        kinds = (kept,) if kept is not None else ()
    return tuple(Value(Path("global", symbol), kind, receiver.sure) for kind in kinds)


def _make_current(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    first = _first(given)
    kind = next((value.type for value in first if value.type.kind == "instance"), None)
    symbol = _variable(r, receiver)
    if symbol and kind is not None:
        r.tasks.own_context.add(symbol)
        r.slots[symbol, ""] = kind
    r.let_go(first)
    return NOTHING


def _variable(r: Reading, receiver: Value | None) -> str:
    """What a context variable is called: that of a module by its symbol, that of an object by the class which has made
    it; "" for one that nobody knows."""
    if receiver is None or receiver.path.root == "global":
        return str(receiver.path.key) if receiver is not None else ""
    klass, attrs = r.unit.klass, receiver.path.attrs
    if receiver.path[:2] != ("param", 0) or len(attrs) != 1 or klass is None:
        return ""
    owners = [
        ancestor.symbol
        for ancestor in r.classes.line(klass.symbol)
        if (unit := r.classes.unit(ancestor.symbol)) is not None
        and any(attrs[0] in method.definition.stores for method in r.names.children(unit).values())
    ]
    return f"{owners[-1]}.{attrs[0]}" if owners else ""


def _request_method(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A function whose result every request has under a name."""
    named_ = given.keywords.get("name", given.positional[1] if len(given.positional) > 1 else NOTHING)
    known, name = constant(named_)
    for callee in _first(given):
        held = r.project.session_from(callee)
        if held is not None and held.opened is None and known:
            r.slots["pyramid.request.Request", str(name)] = Type("instance", held.kind)
    return NOTHING


def _resolve(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """What a container hands out for a class."""
    if receiver is None:
        return NOTHING
    kinds = [Type("instance", value.type.name) for value in _first(given) if value.type.kind == "class"]
    return join(*(r.project.provisions.by_type(r, kind, receiver) for kind in kinds))


def _provide(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """A provider that keeps what it made when it is told so."""
    kept = constant(given.keywords.get("use_cache", NOTHING)) == (True, True)
    return (_cache if kept else _partial)(r, receiver, given, site)


def _next(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    return _taken(r, given, site, False)


def _anext(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    found = _taken(r, given, site, True)
    return tuple(value._replace(type=Type("coroutine", -1, (value.type,))) for value in found)


def _taken(r: Reading, given: Given, site: Site, is_async: bool) -> Values:
    joining.collected(r, given, site.source)
    made = site.source.args[0].value if isinstance(site.source, Call) and site.source.args else None
    return lending.take(r, made, _first(given), site.at, site.text, is_async)


def _cast(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    """The second argument as what the first says it is, which may be said in a string; as it is where that says
    nothing."""
    kinds: tuple[Type, ...] = ()
    if isinstance(site.source, Call) and site.source.args:
        kinds = r.project.meaning_of(r.module, site.source.args[0].value)
    values = given.positional[1] if len(given.positional) > 1 else NOTHING
    path = values[0].path if values and values[0].path.root not in ("const", "unknown") else Path("fresh", site.at)
    return tuple(Value(path, kind, CERTAIN) for kind in kinds if kind != ANY and kind.kind != "none") or values


def _never(r: Reading, receiver: Value | None, given: Given, site: Site) -> Values:
    r.never = True
    return NOTHING


_RUNS: dict[str, _Run] = {
    "never": _never,
    "next": _next,
    "anext": _anext,
    "cast": _cast,
    "provide": _provide,
    "resolve": _resolve,
    "current": _current,
    "make-current": _make_current,
    "request-method": _request_method,
    "gather": _gather,
    "each": _each,
    "task": _task,
    "start": _start,
    "later": _later,
    "background": _background,
    "slot": _slot,
    "job": _job,
    "loader": _loader,
    "load": _load,
    "block": _block,
    "call": _call,
    "configure": _configure,
    "submit": _submit,
    "executor": _executor,
    "fan": _fan,
    "thread": _thread,
    "run": _run,
    "timer": _timer,
    "settle": _settle,
    "same": _same,
    "timed": _timed,
    "loop": _loop,
    "loop-call": _loop_call,
    "to-sync": _to_sync,
    "hand": _hand,
    "proxy": _proxy,
    "getattr": _getattr,
    "member": _member,
    "text": _text,
    "collect": _collect,
    "set-committed": _set_committed,
    "setattr": _setattr,
    "decode": _decode,
    "dump": _dump,
    "vars": _vars,
    "class-of": _class_of,
    "asdict": _asdict,
    "dict": _dict,
    "jsonify": _jsonify,
    "render": _render,
    "beside-keys": _beside_keys,
    "one-of": _one_of,
    "filtered": _filtered,
    "chained": _chained,
    "grouped": _grouped,
    "side-by-side": _side_by_side,
    "encode": _encode,
    "partial": _partial,
    "map": _map,
    "enter": _enter,
    "cache": _cache,
    "page": paging.now,
    "page-later": paging.later,
    "page-of": paging.of,
}
