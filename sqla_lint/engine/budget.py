"""How many connections the declared processes may open to a server, by the pools of the project's engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqla_lint.engine.audited import Budget, Demand, Engine, PoolSetting, Server
from sqla_lint.model import Place, Spot

if TYPE_CHECKING:
    from sqla_lint.config import Deployed
    from sqla_lint.project import Project, Unit
    from sqla_lint.project.summary import Pool, Setting

_ENDLESS = (("size", 0), ("overflow", -1))
"""Settings by which a pool opens as many connections as it is asked for."""


def budget(project: Project, place_of: Callable[[Spot], Place]) -> Budget | None:
    """What the deployment in the settings needs; None where none is declared."""
    deployment = project.settings.deployment
    if not deployment:
        return None
    engines: list[Engine] = []
    left_out: list[Engine] = []
    for unit, pool in _pools(project):
        engine = _engine(project, unit, pool, place_of(unit.spot(pool.at)))
        (left_out if engine.left_out else engines).append(engine)
    processes = tuple(_demand(name, one, engines) for name, one in deployment)
    return Budget(
        tuple(engines),
        tuple(left_out),
        processes,
        tuple(_servers(processes, dict(deployment))),
        tuple(dict.fromkeys(_unknown(engines, processes))),
        tuple(_assumed(engines)),
    )


def _pools(project: Project) -> Iterator[tuple[Unit, Pool]]:
    for unit in project.units:
        if unit.kind != "class" or unit.definition.calls:
            for pool in project.summary(unit).pools:
                yield unit, pool


def _engine(project: Project, unit: Unit, pool: Pool, place: Place) -> Engine:
    most, endless = _most(pool)
    settings = (
        ("poolclass", pool.klass),
        ("pool_size", pool.size),
        ("max_overflow", pool.overflow),
        ("pool_timeout", pool.timeout),
        ("pool_pre_ping", pool.pre_ping),
        ("pool_recycle", pool.recycle),
    )
    return Engine(
        place,
        pool.holder,
        pool.name,
        pool.driver,
        str(pool.klass.value or ""),
        tuple(PoolSetting(name, one.how, one.value, one.text) for name, one in settings),
        most,
        endless,
        _left_out(project, unit, pool),
        not pool.database,
        unit.symbol if unit.kind == "function" and not _is_global(unit, pool) else "",
    )


def _left_out(project: Project, unit: Unit, pool: Pool) -> str:
    """Why an engine takes no part in the sum; "" where it does."""
    from sqla_lint.knowledge.pools import SQLITE
    from sqla_lint.project.questions.pools import passing

    layer = passing(project, unit)
    if layer:
        return f"ends with a {layer}"
    if pool.database == SQLITE:
        return "SQLite: no server is connected to"
    return "" if pool.kept else "ends with the function that makes it"


def _is_global(unit: Unit, pool: Pool) -> bool:
    """Whether an engine that a function makes is kept in a module variable, which has room for one."""
    return not pool.name.endswith("()") and pool.holder == f"{unit.module.name}.{pool.name}"


def _assumed(engines: Sequence[Engine]) -> Iterator[str]:
    """What has to be true for the numbers to be right, in words."""
    unnamed = dict.fromkeys(f"`{one.name}`" for one in engines if one.guessed)
    if unnamed:
        yield f"a server is connected to, although the URL is not known here: {', '.join(unnamed)}"
    makers = dict.fromkeys(f"`{one.maker}`" for one in engines if one.maker)
    if makers:
        yield f"each process makes one engine, and no more, in {', '.join(makers)}"


def _most(pool: Pool) -> tuple[int | None, bool]:
    """How many connections a pool opens at most, None where nobody knows, and whether it opens as many as wanted."""
    from sqla_lint.knowledge.pools import QUEUES, UNPOOLED

    if pool.klass.value in QUEUES:
        if any(getattr(pool, name).value == value and _is_known(getattr(pool, name)) for name, value in _ENDLESS):
            return None, True
        parts = [one.value for one in (pool.size, pool.overflow) if _is_known(one)]
        numbers = [part for part in parts if isinstance(part, int) and not isinstance(part, bool)]
        return (sum(numbers), False) if len(numbers) == 2 else (None, False)
    if pool.klass.value == UNPOOLED:
        return None, True
    if pool.klass.value is None:
        return None, False
    return (pool.size.value, False) if isinstance(pool.size.value, int) else (1, False)


def _is_known(setting: Setting) -> bool:
    return setting.how in ("said", "default", "assumed")


def _demand(name: str, one: Deployed, engines: Sequence[Engine]) -> Demand:
    each = 0
    endless = unknown = False
    for group in _alternatives(engines):
        counts = [engine.at_most(one.threads) for engine in group]
        known = [count for count in counts if count is not None]
        if len(known) == len(counts):
            each += max(known)
        else:
            endless = endless or any(engine.endless for engine in group)
            unknown = True
    every = each * one.replicas * one.processes
    return Demand(
        name, one.target, one.replicas, one.processes, one.threads, one.pgbouncer, each, every, unknown, endless
    )


def _alternatives(engines: Sequence[Engine]) -> Iterator[list[Engine]]:
    """The engines that are made one instead of the other."""
    groups: dict[str, list[Engine]] = {}
    for engine in engines:
        groups.setdefault(engine.holder, []).append(engine)
    yield from groups.values()


def _servers(processes: Sequence[Demand], deployment: dict[str, Deployed]) -> Iterator[Server]:
    """What the processes connect to, directly or by PgBouncer, with how much they want and how much there is."""
    for pooled in (False, True):
        mine = [one for one in processes if bool(one.pgbouncer) is pooled]
        limits = [deployment[one.name].max_connections for one in mine if deployment[one.name].max_connections]
        if mine:
            yield Server(
                "PgBouncer" if pooled else "the server",
                tuple(one.name for one in mine),
                sum(one.replicas * one.processes for one in mine),
                sum(one.every for one in mine),
                min(limits, default=0),
                any(one.unknown for one in mine),
            )


def _unknown(engines: Sequence[Engine], processes: Sequence[Demand]) -> Iterator[str]:
    """What the numbers would have to be known of, in words."""
    if all(one.threads for one in processes):
        return
    for engine in engines:
        if engine.endless:
            told = f"{engine.pool} sets no limit" if engine.pool == "NullPool" else "its pool has no limit"
            yield f"`{engine.name}`: {told}, and how many requests a process works on at once is not declared (threads)"
        elif engine.most is None:
            texts = [f"{one.name}: {one.written}" if one.written else one.name for one in engine.unknown]
            yield f"`{engine.name}`: " + ", ".join(dict.fromkeys(texts))
