"""The pools of engines: of what class they are and what they are told, as far as the code says it.

A value that is only known when the program runs stays as it is written; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...facts.schema import (
    Arg,
    Attr,
    Bind,
    Body,
    Call,
    Expr,
    Index,
    Items,
    Leave,
    Lit,
    Name,
    Scope,
    Test,
    Text,
    Yield,
)
from ...knowledge.pools import POOLS, PRE_PING, RECYCLE, SERVERS, SQLITE, Default, class_for, defaults
from ...knowledge.sqlalchemy import ENGINES, FROM_CONFIG, is_asynchronous
from ..layers import COMMAND, OUTSIDE, TEST
from ..modules import Module, Unit, last_name
from ..parts import mentions, parts
from ..reading.arguments import Site
from ..summary import Pool, Setting
from ..text import render
from ..values import Constant, constant
from .autocommit import commits_at_once
from .dialects import has, is_on_sqlite
from .mixing import text_in

if TYPE_CHECKING:
    from ..project import Project
    from ..reading.reading import Reading

FLASK = "flask_sqlalchemy.SQLAlchemy"
_FLASK_OPTIONS = "SQLALCHEMY_ENGINE_OPTIONS"
_DEEPEST = 4
_ROUNDS = 3
_HOLDERS = frozenset({"sessionmaker", "async_sessionmaker", "scoped_session", "async_scoped_session"})
_THREAD_CHECK = frozenset({"check_same_thread"})
_PASSING = OUTSIDE | {COMMAND}


class _Told(NamedTuple):
    """What an engine is told: `doubtful` are names that it may be told something else under, `open` is what is
    written for options of which nothing is known, "" when there are none."""

    said: Mapping[str, Expr]
    doubtful: Mapping[str, str] = {}
    open: str = ""


# -- while a function is read --


def made(r: Reading, maker: str, site: Site) -> None:
    """A function of the library is called: the pool of the engine that it makes."""
    if (maker not in ENGINES and maker not in FROM_CONFIG) or not isinstance(site.source, Call) or site.at < 0:
        return
    call = site.source
    first = next((arg.value for arg in call.args if arg.name in ("", "url")), None)
    told = _told(r, call)
    if told.said.get("strategy") == Lit("mock"):
        return
    url = ""
    if maker in ENGINES:
        url = _url(r, first) if first is not None else ""
    else:
        told = told._replace(open=render(first) if first is not None else "...")
    r.pools[site.at] = _pool(r, call, maker, url, told)


def constructed(r: Reading, symbol: str, site: Site) -> None:
    """A class of a library is called: Flask-SQLAlchemy makes an engine of what the application's settings say."""
    if symbol == FLASK and isinstance(site.source, Call) and site.at >= 0:
        options = next((arg.value for arg in site.source.args if arg.name == "engine_options"), None)
        said = _written(options) if options is not None else {}
        r.pools[site.at] = _pool(r, site.source, symbol, "", _Told(said or {}, {}, _FLASK_OPTIONS))


def _pool(r: Reading, call: Call, maker: str, url: str, told: _Told) -> Pool:
    scheme = url.partition(":")[0]
    driver = "" if "{" in scheme else scheme
    known = is_asynchronous(driver)
    asynchronous = ENGINES.get(maker, "async" in maker) or known == (True, True)
    database = driver.lower().partition("+")[0]
    kind = SQLITE if database == SQLITE or _is_for_sqlite(r.unit, call, told) else ""
    if database in SERVERS:
        kind = "server"
    pool = _class(r, told, class_for(url, asynchronous) if driver else "", asynchronous, driver or kind)
    size, overflow, timeout = defaults(str(pool.value))
    how = pool.how if pool.how != "said" else "default"
    holder, kept = _holder(r, call.at)
    return Pool(
        call.at,
        maker,
        driver,
        kind,
        pool,
        _setting(r, told, "pool_size", size, how),
        _setting(r, told, "max_overflow", overflow, how),
        _setting(r, told, "pool_timeout", timeout, how),
        _setting(r, told, "pool_pre_ping", PRE_PING, "default"),
        _setting(r, told, "pool_recycle", RECYCLE, "default"),
        _setting(r, told, "isolation_level", None, "default"),
        holder,
        kept,
    )


def _class(r: Reading, told: _Told, usual: str, asynchronous: bool, database: str) -> Setting:
    """The class of a pool; where the database is not known, the one that a server's pool has is assumed."""
    if "pool" in told.said:
        return Setting("unknown", None, render(told.said["pool"]))
    doubt = told.doubtful.get("poolclass", told.open if "poolclass" not in told.said else "")
    said = told.said.get("poolclass")
    if said is not None and said != Lit(None):
        name = last_name(said)
        return Setting("said", name) if name in POOLS and not doubt else Setting("unknown", None, doubt or render(said))
    if doubt:
        return Setting("unknown", None, doubt)
    if usual:
        return Setting("default", usual)
    if database:
        return Setting("unknown")
    return Setting("assumed", class_for("postgresql:", asynchronous))


def _setting(r: Reading, told: _Told, name: str, default: Default, how: str) -> Setting:
    if name in told.doubtful:
        return Setting("unknown", None, told.doubtful[name])
    if name in told.said:
        known, value = _constant(r, r.module, told.said[name], 0)
        return Setting("said", value) if known else Setting("unknown", None, render(told.said[name]))
    if told.open:
        return Setting("unknown", None, told.open)
    if how == "unknown":
        return Setting("unknown")
    return Setting(how, default) if default is not None else Setting("none")


# -- what is written --


def _told(r: Reading, call: Call) -> _Told:
    said: dict[str, Expr] = {}
    doubtful: dict[str, str] = {}
    unknown = ""
    for arg in call.args:
        if arg.name == "**":
            inner = _options(r, arg.value)
            said.update(inner.said)
            doubtful.update(inner.doubtful)
            unknown = unknown or inner.open
        elif arg.name and arg.name != "*":
            said[arg.name] = arg.value
    return _Told(said, doubtful, unknown)


def _options(r: Reading, expr: Expr) -> _Told:
    """What is unpacked: a dict that is written out there, or one that a variable holds from beginning to end."""
    written = _written(expr)
    if written is not None:
        return _Told(written)
    bodies: list[Body] = []
    if isinstance(expr, Name) and any(param.name == expr.id for param in r.unit.definition.params):
        return _Told({}, {}, f"**{expr.id}")
    if isinstance(expr, Name):
        bodies.append(r.body)
    variable = r.names.variable(r.names.dotted(r.module, expr)) if isinstance(expr, (Name, Attr)) else None
    if variable is not None:
        bodies.append(r.names.units_in(variable[0].name)[0].body)
    for body in bodies:
        found = _dict_in(body, last_name(expr))
        if found is not None:
            return found
    return _Told({}, {}, f"**{render(expr)}")


def _written(expr: Expr) -> dict[str, Expr] | None:
    """The entries of a dict that is written out with plain keys; None for anything else."""
    match expr:
        case Items("dict", of):
            keys = [key.value if isinstance(key, Lit) else None for key in of[::2]]
            if len(of) % 2 == 0 and all(isinstance(key, str) for key in keys):
                return {str(key): value for key, value in zip(keys, of[1::2], strict=True)}
        case Call(Name("dict"), args):
            if all(arg.name and "*" not in arg.name for arg in args):
                return {arg.name: arg.value for arg in args}
    return None


def _dict_in(body: Body, name: str) -> _Told | None:
    """What a variable holds that is bound once to a dict and otherwise only unpacked or given single entries, which
    may happen or not."""
    known = Name(name)
    written: dict[str, Expr] | None = None
    doubtful: dict[str, str] = {}
    explained = seen = bound = 0
    for part in parts(body):
        match part:
            case Name(other) if other == name:
                seen += 1
            case Arg("**", value) if value == known:
                explained += 1
            case Bind(targets, value, _, augmented):
                for target in targets:
                    if target == known and not augmented and value is not None:
                        written = _written(value)
                        bound += 1
                        explained += 1
                    elif isinstance(target, Index) and target.of == known and isinstance(target.key, Lit):
                        doubtful[str(target.key.value)] = f"{name}[{target.key.value!r}]"
                        explained += 1
    return _Told(written, doubtful) if written is not None and bound == 1 and explained == seen else None


def _constant(r: Reading, module: Module, expr: Expr, depth: int) -> tuple[bool, Constant]:
    """Whether an expression has one value whenever it runs, and which."""
    match expr:
        case Lit(value):
            return True, value
        case Name(name) if module is r.module and r.unit.kind != "module" and name in r.env:
            return constant(r.env[name])
        case Name() | Attr():
            variable = r.names.variable(r.names.dotted(module, expr))
            if variable is not None and len(variable[1]) == 1 and depth < _DEEPEST:
                bind = variable[1][0]
                if bind.value is not None and not bind.augmented:
                    return _constant(r, variable[0], bind.value, depth + 1)
    return False, None


def _url(r: Reading, expr: Expr) -> str:
    """The text of a URL, or how it begins."""
    if isinstance(expr, Name) and r.unit.kind != "module":
        binds = [part for part in r.pieces if isinstance(part, Bind) and expr in part.targets]
        if len(binds) == 1 and isinstance(binds[0].value, (Text, Test, Call)) and not binds[0].augmented:
            return _url(r, binds[0].value)
    if isinstance(expr, Test) and expr.op == "+":
        first = text_in(r, r.module, expr.of[0], 0)
        return f"{first}{{}}" if first else ""
    return text_in(r, r.module, expr, 0)


def _is_for_sqlite(unit: Unit, call: Call, told: _Told) -> bool:
    """Whether an engine whose URL is not known is one of SQLite by what it is told, by the name of what makes it, or by
    the branch it stands in."""
    arguments = told.said.get("connect_args")
    if isinstance(arguments, Items) and mentions(arguments, _THREAD_CHECK):
        return True
    names = unit.symbol.lower().split(".")
    if any(SQLITE in name for name in names) and not any(server in name for name in names for server in SERVERS):
        return True
    return is_on_sqlite(unit, call.at)


# -- when all is read --


def only_sqlite(project: Project) -> bool:
    """Whether all engines that the project makes are for SQLite."""
    return bool(_lasting(project)) and all(pool.database == SQLITE for pool in _lasting(project))


def only_autocommit(project: Project) -> bool:
    """Whether in all engines that the project makes each statement commits by itself."""
    return bool(_lasting(project)) and all(commits_at_once(pool.isolation.value) for pool in _lasting(project))


def _lasting(project: Project) -> list[Pool]:
    """The pools of the engines that the project makes; tests and migrations make theirs for themselves."""
    return [pool for unit, pool in project.pools if not project.layers.is_apart(unit.module)]


def passing(project: Project, unit: Unit) -> str:
    """The layer with whose functions what is made in a unit ends: tests, scripts, migrations, commands; "" for none.

    Whoever is run by nobody but tests is not known to end with anything."""
    layer = project.layers.of(unit).layer
    if layer in _PASSING:
        return layer
    ends = project.run_only_by(unit, _PASSING) and not project.run_only_by(unit, frozenset({TEST}))
    return COMMAND if ends else ""


# -- who keeps it --


def _holder(r: Reading, at: int) -> tuple[str, bool]:
    """What an engine is known by, and whether it outlives the function that makes it."""
    unit, body = r.unit, r.body
    inside = unit.kind not in ("module", "class")
    shared = {name for part in parts(body) if isinstance(part, Scope) for name in part.names}
    for part in parts(body):
        match part:
            case Bind(targets, value) if value is not None and has(value, at):
                target = targets[0]
                if isinstance(target, Name) and target.id in shared:
                    return f"{unit.module.name}.{target.id}", True
                if isinstance(target, Name):
                    kept = not inside or _leaves(body, target.id, shared)
                    return f"{unit.symbol}.{target.id}", kept
                return _place(unit, target), True
            case Leave("return", value) if value is not None and _handed(value, at):
                return f"{unit.symbol}()", True
            case Yield(value) if value is not None and _handed(value, at):
                return f"{unit.symbol}()", True
    return f"{unit.symbol}@{at}", not inside


def _place(unit: Unit, target: Expr) -> str:
    """An attribute or entry that something is stored in, the same for all who store there."""
    if isinstance(target, Attr) and target.of in (Name("self"), Name("cls")) and unit.klass is not None:
        return f"{unit.klass.symbol}.{target.name}"
    return f"{unit.symbol}.{render(target)}"


def _leaves(body: Body, name: str, shared: set[str]) -> bool:
    """Whether what a local variable holds is returned, yielded, or stored where others find it."""
    names = {name}
    for _ in range(_ROUNDS):
        for part in parts(body):
            if isinstance(part, Bind) and part.value is not None and _handed(part.value, names):
                for target in part.targets:
                    if not isinstance(target, (Name, Items)) or (isinstance(target, Name) and target.id in shared):
                        return True
                    if isinstance(target, Name):
                        names.add(target.id)
    for part in parts(body):
        if isinstance(part, Leave) and part.kind == "return" and part.value is not None and _handed(part.value, names):
            return True
        if isinstance(part, Yield) and part.of is not None and _handed(part.of, names) and not _disposed(body, names):
            return True
    return False


def _disposed(body: Body, names: set[str]) -> bool:
    """Whether a function closes the engine itself: whoever it is lent to has it for a while."""
    funcs = (part.func for part in parts(body) if isinstance(part, Call))
    return any(isinstance(func, Attr) and func.name == "dispose" and _handed(func.of, names) for func in funcs)


def _handed(expr: Expr, what: set[str] | int) -> bool:
    """Whether a value is, or holds, what one of these names stands for, or what the call there makes."""
    match expr:
        case Name(name):
            return not isinstance(what, int) and name in what
        case Call(func, args, at):
            if at == what:
                return True
            holds = last_name(func) in _HOLDERS or last_name(func)[:1].isupper()
            return holds and any(_handed(arg.value, what) for arg in args)
        case Attr() | Index():
            return False
    return any(_handed(one, what) for one in _operands(expr))


def _operands(expr: Expr) -> Iterator[Expr]:
    for name in getattr(expr, "__struct_fields__", ()):
        value = getattr(expr, name)
        for one in value if isinstance(value, tuple) else (value,):
            if hasattr(one, "__struct_fields__") and not isinstance(one, Arg):
                yield one
