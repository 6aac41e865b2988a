"""Where synchronous and asynchronous API are mixed up: coroutines that nobody awaits, awaits of what is none, methods
that only one of the two classes has, engines of the other sort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Await, Bind, Call, Expr, Lit, Name, Named, Text
from ...knowledge import Verb, canonical
from ...knowledge.sqlalchemy import (
    ASYNC,
    ASYNC_CONNECTION,
    ASYNC_ENGINE,
    ASYNC_FACTORY,
    ASYNC_SESSION,
    BEGUN,
    CONNECTION,
    ENGINE,
    ENGINES,
    FACTORY,
    LIBRARIES,
    QUERY,
    REGISTRIES,
    RESULTS,
    SAVEPOINT,
    SESSION,
    SESSIONS,
    SYNC_ONLY,
    TRANSACTION,
    URLS,
    is_asynchronous,
)
from ...model import Confidence
from ..meanings import meaning
from ..modules import Module, Unit
from ..reading.arguments import Given, Site
from ..summary import Mixup, Summary
from ..text import render
from ..values import NONE, NOTHING, Path, Type, Value, Values, constant

if TYPE_CHECKING:
    from ...knowledge import Method
    from ..project import Project
    from ..reading.reading import Reading

_PLAIN = SESSIONS | REGISTRIES | RESULTS | {QUERY, ENGINE, CONNECTION}
"""Classes of which `await` is known to be right or wrong after a method that is no coroutine."""
_BOUND = {FACTORY: False, SESSION: False, ASYNC_FACTORY: True, ASYNC_SESSION: True}
"""Classes that take an engine or a connection, and whether it must be an asynchronous one."""
_SORTS = {ENGINE: False, CONNECTION: False, ASYNC_ENGINE: True, ASYNC_CONNECTION: True}
AWAITED = frozenset({Verb.FLUSH, Verb.COMMIT, Verb.ROLLBACK})
_OF_AWAITABLES = frozenset(
    {"close", "send", "throw", "add_done_callback", "remove_done_callback", "cancel", "cancelled", "done", "result"}
    | {"exception", "get_name", "set_name", "get_coro", "uncancel", "cancelling"}
)
"""What coroutines and tasks have themselves."""


@dataclass(slots=True)
class Ledger:
    """What may be wrong with calls of one function, by the place of each."""

    found: dict[int, Mixup] = field(default_factory=dict)
    promised: dict[int, Mixup] = field(default_factory=dict)
    """Coroutines that nobody has awaited or entered yet."""
    plain: dict[int, Mixup] = field(default_factory=dict)
    """Results that must not be awaited."""
    owners: dict[int, str] = field(default_factory=dict)
    """The class that a method was called on."""
    disputed: set[Path] = field(default_factory=set)
    """Parameters annotated as a Session that one caller gives an AsyncSession: others may give what is said."""


def called(r: Reading, call: Call, receiver: Value, method: Method, owner: str) -> None:
    """A method of a library class was called: remember what may be wrong with what becomes of it."""
    if receiver.sure < Confidence.LIKELY or call.at < 0 or not isinstance(call.func, Attr):
        return
    if r.mixing.owners.setdefault(call.at, owner) != owner:
        if receiver.path in r.mixing.disputed:
            return
        for table in (r.mixing.found, r.mixing.promised, r.mixing.plain):
            table.pop(call.at, None)
        return
    name = call.func.name
    found = Mixup("", call.at, render(call), owner, name, receiver.sure)
    if owner in ASYNC and name in SYNC_ONLY:
        r.mixing.found[call.at] = found._replace(how="missing")
    elif method.awaits and owner.partition(".")[0] in LIBRARIES:
        r.mixing.promised[call.at] = found._replace(how="unawaited")
    elif method.derived and method.verb is not None and owner in ASYNC:
        r.mixing.promised[call.at] = found._replace(how="unentered")
    elif owner in _PLAIN:
        said = receiver.path.root == "param" and owner not in ASYNC  # an annotation is wrong more often than an await
        r.mixing.plain[call.at] = found._replace(how="awaited", sure=Confidence.POSSIBLE if said else receiver.sure)


def handed(r: Reading, unit: Unit, bound: Mapping[int, Values], site: Site) -> None:
    """A function that cannot await is called, with its parameters bound to these: what it does to a session that it
    takes for a Session makes coroutines when it gets an AsyncSession."""
    if (site.at, unit.key) not in r.edges or site.at < 0:
        return
    summary, params = r.project.summary(unit), unit.definition.params
    for index, values in bound.items():
        alone = len(values) == 1 and r.classes.session_kind(values[0].type) in ASYNC
        if not alone or index >= len(params) or not makes_coroutines(unit, summary, index):
            continue
        if values[0].sure < Confidence.LIKELY:
            continue
        said = meaning(r.project, unit.module, params[index].annotation).types
        if {r.classes.session_kind(kind) for kind in said if kind != NONE} == {SESSION}:
            sure = min(values[0].sure, site.sure, Confidence.LIKELY)
            r.mixing.found[site.at] = Mixup("handed", site.at, site.text, ASYNC_SESSION, unit.key, sure)


def makes_coroutines(unit: Unit, summary: Summary, index: int) -> bool:
    """Whether a function that cannot await ends the transaction of a session that it takes: of an AsyncSession, nothing
    comes of it."""
    if unit.definition.is_async or unit.definition.is_generator:
        return False
    return any(key.verb in AWAITED and key.path == Path("param", index) for key in summary.effects)


def dropped(r: Reading, expr: Expr) -> None:
    """The value of a statement, which nobody has."""
    promise = r.mixing.promised.get(expr.at) if isinstance(expr, Call) else None
    if promise is not None:
        r.mixing.found[promise.at] = promise


def examined(r: Reading, expr: Expr) -> None:
    """A value is tested, compared or iterated over: nothing that can be done to a coroutine."""
    promise = r.mixing.promised.get(expr.at) if isinstance(expr, Call) else None
    if promise is not None and promise.how == "unawaited":
        r.mixing.found[promise.at] = promise


def read(r: Reading, coroutine: Value, name: str) -> None:
    """An attribute of a coroutine is asked for that a coroutine does not have."""
    at = coroutine.type.name
    promise = r.mixing.promised.get(at) if isinstance(at, int) else None
    if promise is not None and name not in _OF_AWAITABLES and at not in r.tasks.started:
        r.mixing.found[promise.at] = promise


def awaited(r: Reading, expr: Expr) -> None:
    """A call is awaited: it waits for nothing in this thread, unless it is known to be no coroutine."""
    if not isinstance(expr, Call):
        return
    for key in [key for key in r.stalls if key[0] == expr.at]:
        del r.stalls[key]
    if expr.at in r.mixing.found and r.mixing.found[expr.at].how == "handed":
        del r.mixing.found[expr.at]
    found = r.mixing.plain.get(expr.at)
    if found is not None and not any(at in r.mixing.found for at in _chain(expr)):
        r.mixing.found[expr.at] = found


def _chain(call: Call) -> Iterator[int]:
    """The calls on whose results one is called: `query` and `filter` in `session.query(A).filter(B).all()`."""
    expr: Expr = call
    while isinstance(expr, (Call, Attr)):
        if isinstance(expr, Call) and expr is not call:
            yield expr.at
        expr = expr.func if isinstance(expr, Call) else expr.of


def entered(r: Reading, values: Values, context: Expr) -> None:
    """`with`, where only `async with` will do."""
    while isinstance(context, (Await, Named)):
        context = context.of if isinstance(context, Await) else context.value
    if not isinstance(context, Call) or context.at < 0:
        return
    sure = min((value.sure for value in values), default=Confidence.POSSIBLE)
    if sure >= Confidence.LIKELY and all(_is_async_block(r, value.type) for value in values):
        kind = str(values[0].type.name)
        r.mixing.found[context.at] = Mixup("entered", context.at, render(context), kind, kind.rpartition(".")[2], sure)


def _is_async_block(r: Reading, kind: Type) -> bool:
    if kind.kind != "instance" or r.classes.method(str(kind.name), "__enter__") is not None:
        return False
    if kind.name in (TRANSACTION, SAVEPOINT, BEGUN):
        return any(r.classes.session_kind(arg) in ASYNC for arg in kind.args)
    return r.classes.session_kind(kind) in SESSIONS & ASYNC or kind.name == ASYNC_CONNECTION


def engine(r: Reading, maker: str, site: Site) -> None:
    """An engine is made: the driver that its URL names must be of its sort."""
    if maker not in ENGINES or not isinstance(site.source, Call) or site.at < 0:
        return
    first = next((arg.value for arg in site.source.args if arg.name in ("", "url")), None)
    url = text_in(r, r.module, first, 0) if first is not None else ""
    driver = url.partition(":")[0]
    wanted, sort = ENGINES[maker], is_asynchronous(driver)
    if sort is not None and sort[0] != wanted:
        sure = Confidence.CERTAIN if sort[1] else Confidence.POSSIBLE
        r.mixing.found[site.at] = Mixup("driver", site.at, site.text, maker, driver, sure)


def text_in(r: Reading, module: Module, expr: Expr, depth: int) -> str:
    """The text that an expression stands for, "{}" for what is only known when it runs; "" when nothing is known."""
    match expr:
        case Lit(str(text)) | Text(text) | Call(Attr(Lit(str(text)), "format")):
            return text
        case Call(func, args) if canonical(r.names.dotted(module, func)) in URLS:
            named = (arg.value for arg in args if arg.name in ("", "drivername", "name_or_url"))
            first = next(named, None)
            return text_in(r, module, first, depth) if first is not None else ""
        case Name(name) if name in r.env and r.unit.kind != "module":
            known = constant(r.env[name])[1]
            if isinstance(known, str):
                return known
            value = _bound_once(r, expr) if known is None and depth < 4 else None
            return text_in(r, module, value, depth + 1) if value is not None else ""
        case Name() | Attr():
            variable = r.names.variable(r.names.dotted(module, expr))
            if variable is not None and len(variable[1]) == 1 and depth < 4:
                value = variable[1][0].value
                return text_in(r, variable[0], value, depth + 1) if value is not None else ""
    return ""


def _bound_once(r: Reading, name: Name) -> Expr | None:
    """What a local is bound to for good: a URL, or a text that is put together."""
    if any(param.name == name.id for param in r.unit.definition.params):
        return None
    binds = [part for part in r.pieces if isinstance(part, Bind) and name in part.targets]
    value = binds[0].value if len(binds) == 1 and not binds[0].augmented else None
    return value if isinstance(value, (Call, Text)) else None


def text_of(project: Project, module: Module, expr: Expr) -> str:
    """The text that an expression at the top of a module stands for, as far as it is known."""
    return text_in(project.reading(module), module, expr, 0)


def bound(r: Reading, symbol: str, kind: Type, given: Given, site: Site) -> None:
    """A session or a factory of sessions is given its engine, which must be of its sort."""
    if symbol == ASYNC_ENGINE:
        for value in given.all():
            if isinstance(value.path.key, int):
                r.mixing.found.pop(value.path.key, None)
    wanted = _BOUND.get(symbol)
    if wanted is None or site.at < 0:
        return
    if symbol == FACTORY and (kind.args or "class_" in given.keywords):
        wanted = any(r.classes.session_kind(arg) in ASYNC for arg in kind.args)
        if not wanted and not any(r.classes.session_kind(arg) for arg in kind.args):
            return
    binds = given.keywords.get("bind", given.positional[0] if given.positional else NOTHING)
    sorts = {_SORTS.get(value.type.name) if value.type.kind == "instance" else None for value in binds}
    sure = min((value.sure for value in binds), default=Confidence.POSSIBLE)
    if sorts == {not wanted} and sure >= Confidence.LIKELY:
        name = str(binds[0].type.name).rpartition(".")[2]
        r.mixing.found[site.at] = Mixup("bind", site.at, site.text, symbol, name, sure)
