"""An engine of a process that runs for long, whose pool hands out connections that may be closed already."""

from __future__ import annotations

from collections.abc import Iterator

from ...config import Deployed
from ...facts.schema import Call, Lit
from ...knowledge import canonical
from ...knowledge.pools import QUEUES, SQLITE
from ...knowledge.sqlalchemy import LISTEN, LISTENS_FOR
from ...model import Change, Claim, Confidence, Recipe, Severity
from ...project import Project, Unit
from ...project.parts import parts
from ...project.questions.pools import passing
from ...project.summary import Pool
from ..registry import rule

_TESTED_AT = (Lit("checkout"), Lit("engine_connect"))
"""Events at which a listener may try a connection itself."""


@rule("SQA504", on=Pool, severity=Severity.WARNING)
def stale_connections(unit: Unit, pool: Pool, project: Project) -> Iterator[Claim]:
    """Yields a claim for a pool of connections to a server that outlives them and hands them out unasked."""
    lasting = [(name, one) for name, one in project.settings.deployment if one.target != "batch"]
    if not lasting or not pool.kept or pool.database == SQLITE or pool.klass.value not in QUEUES:
        return
    if pool.pre_ping.how == "unknown" or pool.pre_ping.value:
        return
    if passing(project, unit):
        return
    doubts = list(_doubts(pool, project, lasting))
    who = " and ".join(f"`{one}`" for one, _ in lasting)
    yield Claim(
        spot=unit.spot(pool.at),
        symbol=unit.symbol,
        message=f"the pool of `{pool.name}` hands out connections that may have been closed while {who} kept them",
        confidence=min((sure for sure, _ in doubts), default=Confidence.CERTAIN),
        label="pool_pre_ping is off" + (", as it is by default" if pool.pre_ping.how == "default" else ""),
        why="after a restart or a failover of the database, or when a balancer has dropped what was idle, the first "
        "statement in each process raises OperationalError (InterfaceError with asyncpg), and with it a request fails",
        help="say pool_pre_ping=True: the pool tries a connection before it hands it out, and opens another if need be",
        because=tuple(text for _, text in doubts),
        legs=(unit.symbol,),
        fix=Recipe(Change.SET_KEYWORD, arguments=("pool_pre_ping", "True")) if pool.pre_ping.how == "default" else None,
    )


def _doubts(pool: Pool, project: Project, lasting: list[tuple[str, Deployed]]) -> Iterator[tuple[Confidence, str]]:
    if not pool.database:
        yield Confidence.LIKELY, "its URL is not known here; it is taken for one of a server"
    if pool.pre_ping.how == "said":
        yield Confidence.POSSIBLE, "pool_pre_ping is turned off on purpose"
    if pool.recycle.how == "unknown" or pool.recycle.value != -1:
        yield Confidence.POSSIBLE, "pool_recycle replaces old connections, which leaves only a restart of the database"
    if all(one.pgbouncer for _, one in lasting):
        yield (
            Confidence.POSSIBLE,
            "PgBouncer is in between, and closes connections of its clients only when it stops",
        )
    if _tests_itself(project):
        yield Confidence.POSSIBLE, "a listener of the project is called when a connection is taken, and may try it"


def _tests_itself(project: Project) -> bool:
    """Whether a listener is decorated for, or a call of `listen` names, an event at which connections are tried."""
    return any(
        isinstance(one, Call)
        and canonical(project.names.dotted(unit.module, one.func)) in names
        and any(arg.value in _TESTED_AT for arg in one.args)
        for unit in project.units
        for names, calls in ((LISTENS_FOR, unit.definition.decorators), (LISTEN, _listening(unit)))
        for one in calls
    )


def _listening(unit: Unit) -> Iterator[object]:
    """The calls of a unit, if any event at which connections are tried is spoken of there."""
    if any(word in bytes(unit.code) for word in (b"checkout", b"engine_connect")):
        yield from parts(unit.body)
