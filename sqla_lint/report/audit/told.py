"""What a deployment may open, in words: for the screen and for the page."""

from __future__ import annotations

from sqla_lint.engine.audited import Demand, Engine, Server
from sqla_lint.report.summary import counted


def pool(engine: Engine) -> str:
    """The class of a pool and its sizes: `QueuePool 5 + 10`."""
    said = {one.name: one for one in engine.settings}
    sizes = [
        "?" if one.how == "unknown" else str(one.value)
        for one in (said["pool_size"], said["max_overflow"])
        if one.how != "none"
    ]
    return " ".join((engine.pool or "?", " + ".join(sizes))).strip()


def pre_ping(engine: Engine) -> str:
    """Whether a pool asks connections before it hands them out."""
    one = next(one for one in engine.settings if one.name == "pool_pre_ping")
    return "?" if one.how == "unknown" else "yes" if one.value else "no"


def most(engine: Engine) -> str:
    """How many connections an engine opens at most, in a process without a limit of its own."""
    return "no limit" if engine.endless else "?" if engine.most is None else str(engine.most)


def amount(demand: Demand, number: int) -> str:
    """A number of connections of a process, with what is not in it."""
    return f"{number:,}" if not demand.unknown else f"{number:,} + ?" if number else "?"


def verdict(server: Server) -> str:
    """What comes of it, in a sentence."""
    who = f"{' and '.join(server.processes)} to {server.name}"
    may = f"{who}: up to {counted(server.wanted, 'connection')}{', and what is not known,' if server.unknown else ''}"
    if server.unknown and not server.wanted:
        may = f"{who}: a number of connections that is not known,"
    match server.state:
        case "over":
            share = server.limit // server.workers
            fit = f"{share} in each of {counted(server.workers, 'worker')} would fit"
            fit = fit if share else "not even one in each worker would fit, PgBouncer in between may help"
            return f"{may} of {server.limit}: {server.wanted - server.limit} too many; {fit}"
        case "within":
            return f"{may} of {server.limit}: {server.limit - server.wanted} are left"
        case "unknown":
            return f"{may} of {server.limit}"
    return f"{may.removesuffix(',')}; how many there are is not declared (max-connections)"
