"""Event loops that begin and end, and the engines whose connections are taken in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ...facts.schema import Attr, Call, Expr, Name
from ...knowledge import canonical
from ...knowledge.sqlalchemy import (
    ASYNC_ENGINE,
    ASYNC_FACTORY,
    ASYNC_REGISTRY,
    ASYNC_SESSION,
    ENGINE,
    ENGINES,
    FACTORIES,
    REGISTRIES,
)
from ...model import Confidence
from ..modules import Module, Unit, last_name
from ..parts import parts
from ..reading.arguments import Given, Site
from ..summary import Draw, Looped, Summary
from ..text import render
from ..values import NOTHING, Path, Value, Values
from .mixing import text_of

if TYPE_CHECKING:
    from ..project import Project
    from ..reading.applied import Applied
    from ..reading.reading import Reading

_DEEPEST = 4
_BINDING = FACTORIES | {ASYNC_REGISTRY}
_TAKING = {ASYNC_ENGINE: ("begin", "connect"), ASYNC_FACTORY: ("begin",)}
UNPOOLED = frozenset({"NullPool", "StaticPool"})


@dataclass(slots=True)
class Ledger:
    """The event loops of one function, and what its calls draw from what a module variable holds."""

    draws: dict[str | Path, Draw] = field(default_factory=dict)
    """The first and the last draw from each."""
    drawn: dict[int, dict[str | Path, Draw]] = field(default_factory=dict)
    """What each call has drawn."""
    disposed: set[str] = field(default_factory=set)
    """Engines whose connections are given up."""
    looped: dict[int, Looped] = field(default_factory=dict)
    """Coroutines that run in an event loop of their own."""


# -- while a function is read --


def draw(r: Reading, source: Value, kind: str, site: Site) -> None:
    """A session or a connection is taken from a factory, an engine or a registry that a module variable holds, or that
    a caller has passed."""
    if site.at >= 0:
        one = Draw("", kind, r.unit.key, site.at, site.text, min(source.sure, site.sure), site.at, site.at)
        _taken(r, one, source.path.owner())


def _taken(r: Reading, one: Draw, path: Path) -> None:
    if path.root == "global" and not path.attrs:
        _keep(r, one._replace(source=str(path.key), given=None), one.first)
    elif path.root == "param":
        _keep(r, one._replace(source="", given=path), one.first)


def made(r: Reading, symbol: str, given: Given, site: Site) -> None:
    """A session is made on an engine."""
    if symbol == ASYNC_SESSION:
        for value in given.all():
            if value.type.name == ASYNC_ENGINE:
                draw(r, value, ASYNC_ENGINE, site)


def called(r: Reading, call: Call, receiver: Value, owner: str) -> None:
    """A method of an engine, a factory or a registry."""
    name = last_name(call.func)
    site = Site(call.at, call, receiver.sure, "")
    if owner in (ASYNC_ENGINE, ENGINE) and name == "dispose":
        path = receiver.path.owner()
        if path.root == "global":
            r.loops.disposed.add(str(path.key))
    elif name in _TAKING.get(owner, ()) or owner in REGISTRIES:
        draw(r, receiver, owner, site)


def _keep(r: Reading, one: Draw, at: int) -> None:
    if r.apart:
        return
    key = one.given or one.source
    known = r.loops.draws.get(key)
    r.loops.draws[key] = one if known is None else known._replace(last=at)
    r.loops.drawn.setdefault(at, {}).setdefault(key, one)


def start(r: Reading, values: Values, site: Site) -> None:
    """Coroutines run to their end in an event loop of their own."""
    if site.at < 0:
        return
    made = tuple(value for value in values if not _is_unknown(value) or _is_passed(value))
    for value in made or _called_by_caller(r, site):
        kind = value.type
        if kind.kind == "coroutine" and isinstance(kind.name, int) and not _is_unknown(value):
            _run(r, kind.name, site)
        elif kind.kind in ("function", "method", "partial"):
            _run(r, site.at, site)
        elif kind.kind in ("any", "callable", "coroutine") and _is_passed(value):
            r.loops.looped[site.at] = Looped(site.at, _text(site), r.loop, (), (), value.path)


def _is_unknown(value: Value) -> bool:
    """Whether it is a coroutine of which nobody here knows what made it."""
    return value.type.kind == "coroutine" and value.type.name == -1


def _is_passed(value: Value) -> bool:
    return value.path.root in ("param", "free")


def _called_by_caller(r: Reading, site: Site) -> Values:
    """The function that makes the coroutine, when only the caller knows it: `work` in `run(work(key))`."""
    first = site.source.args[0].value if isinstance(site.source, Call) and site.source.args else None
    return r.value(first.func) if isinstance(first, Call) and isinstance(first.func, Name) else NOTHING


def _run(r: Reading, at: int, site: Site) -> None:
    drawn = tuple(one for one in r.loops.drawn.get(at, {}).values() if one.given is None)
    if not drawn:
        return
    known = r.loops.looped.get(site.at)
    draws = tuple(dict.fromkeys((*(known.draws if known else ()), *drawn)))
    r.loops.looped[site.at] = Looped(site.at, _text(site), r.loop, draws, tuple(sorted(r.ran - {site.at})))
    r.ran |= {site.at}


def started(r: Reading, at: int, site: Site) -> None:
    """What a call has drawn, it has drawn in an event loop of its own."""
    _run(r, at, site)


def _text(site: Site) -> str:
    return render(site.source) if isinstance(site.source, Call) else site.text


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee draws from, its caller draws from; a coroutine that is given to it may get a loop of its own."""
    for one in summary.draws if site.at >= 0 else ():
        one = one._replace(sure=min(one.sure, site.sure), first=site.at, last=site.at)
        if one.given is None:
            _keep(r, one, site.at)
        for value in applied.path(one.given) if one.given is not None else NOTHING:
            _taken(r, one._replace(sure=min(one.sure, value.sure)), value.path.owner())
    r.loops.disposed.update(summary.disposed)
    for looped in summary.looped:
        if looped.given is not None:
            start(r, applied.path(looped.given), site)


# -- when all is read --


class Made(NamedTuple):
    """Where an asynchronous engine is made: the unit, the call, and how sure it is that its connections are bound to
    the loop they were opened in."""

    unit: Unit
    call: Call
    sure: Confidence


def engines(project: Project, symbol: str) -> Iterator[Made]:
    """The calls that make the asynchronous engine behind a module variable and pool the connections of asyncpg."""
    for unit, call in _calls(project, symbol, 0):
        sure = _bound(project, unit, call)
        if sure is not None:
            yield Made(unit, call, sure)


def _calls(project: Project, symbol: str, depth: int) -> Iterator[tuple[Unit, Call]]:
    for unit, bind in project.names.bound(symbol) if depth <= _DEEPEST else ():
        if isinstance(bind.value, Call):
            yield from _of_call(project, unit, unit.module, bind.value, depth)


def _of_call(project: Project, unit: Unit, module: Module, call: Call, depth: int) -> Iterator[tuple[Unit, Call]]:
    symbol = project.names.dotted(module, call.func)
    name = canonical(symbol)
    maker = project.names.by_symbol.get(symbol)
    if ENGINES.get(name):
        yield unit, call
    elif name in _BINDING:
        for arg in call.args:
            if arg.name in ("", "bind", "session_factory"):
                yield from _of_expr(project, unit, module, arg.value, depth)
    elif maker is not None and maker.kind == "function" and depth < _DEEPEST:
        for part in parts(maker.body):
            if isinstance(part, Call) and ENGINES.get(canonical(project.names.dotted(maker.module, part.func))):
                yield maker, part


def _of_expr(project: Project, unit: Unit, module: Module, expr: Expr, depth: int) -> Iterator[tuple[Unit, Call]]:
    if isinstance(expr, Call):
        yield from _of_call(project, unit, module, expr, depth + 1)
    elif isinstance(expr, (Name, Attr)):
        yield from _calls(project, project.names.dotted(module, expr), depth + 1)


def _bound(project: Project, unit: Unit, call: Call) -> Confidence | None:
    """How sure it is that an engine keeps connections of asyncpg; None when it does not."""
    open_ended = any(arg.name == "**" for arg in call.args)
    around = (call, unit.body) if open_ended or unit.kind != "module" else call
    if any(last_name(part) in UNPOOLED for part in parts(around) if isinstance(part, (Name, Attr))):
        return None
    url = next((arg.value for arg in call.args if arg.name in ("", "url")), None)
    driver = text_of(project, unit.module, url).partition(":")[0] if url is not None else ""
    if driver.endswith("+asyncpg"):
        return Confidence.LIKELY if open_ended else Confidence.CERTAIN
    if (driver and "{" not in driver) or not _speaks_of_asyncpg(project):
        return None
    return Confidence.POSSIBLE if open_ended else Confidence.LIKELY


def _speaks_of_asyncpg(project: Project) -> bool:
    """Whether any module of the project that is no test mentions the driver, in an import or in a text."""
    return any(
        any(one.module.split(".")[0] == "asyncpg" for one in module.facts.header.imports)
        or any(b"asyncpg" in bytes(body) for body in module.facts.bodies)
        for module in project.names.modules.values()
        if not project.layers.is_test(module)
    )
