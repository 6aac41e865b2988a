"""What SQLAlchemy 2 pools connections with where nobody says it.

Sources: SQLAlchemy documentation, core/pooling, core/engines, dialects/sqlite; checked against the library itself.
"""

from __future__ import annotations

from typing import NamedTuple

QUEUE, ASYNC_QUEUE = "QueuePool", "AsyncAdaptedQueuePool"
PER_THREAD, STATIC, UNPOOLED = "SingletonThreadPool", "StaticPool", "NullPool"
QUEUES = frozenset({QUEUE, ASYNC_QUEUE, "FallbackAsyncAdaptedQueuePool"})
"""Classes that keep connections in a queue, and have an overflow."""
POOLS = QUEUES | {PER_THREAD, STATIC, UNPOOLED, "AssertionPool"}
SERVERS = frozenset({"postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle"})
"""Databases of SQLAlchemy's own dialects that are reached over a network."""
SQLITE = "sqlite"

Default = int | float | bool | None
"""None where a pool has no such thing."""


class Defaults(NamedTuple):
    """What a pool does when it is told nothing."""

    pool_size: Default
    max_overflow: Default
    pool_timeout: Default


PRE_PING = False
RECYCLE = -1
_QUEUED = Defaults(5, 10, 30.0)
_NONE = Defaults(None, None, None)


def defaults(pool: str) -> Defaults:
    """What a pool of this class does when it is told nothing."""
    if pool in QUEUES:
        return _QUEUED
    return Defaults(5, None, None) if pool == PER_THREAD else _NONE


def class_for(url: str, asynchronous: bool) -> str:
    """The class of the pool of an engine with this URL ("{}" stands for what is only known when it runs); "" where
    that depends on more."""
    scheme, _, rest = url.partition(":")
    database, _, driver = scheme.lower().partition("+")
    if database in SERVERS:
        return ASYNC_QUEUE if asynchronous else QUEUE
    if database != SQLITE or driver == "pysqlcipher":
        return PER_THREAD if driver == "pysqlcipher" else ""
    path, _, query = rest.removeprefix("//").partition("?")
    if path in ("", "/", "/:memory:") or "mode=memory" in query:
        return STATIC if asynchronous else PER_THREAD
    if path.startswith("/{}") or "{}" in query:
        return ""
    return ASYNC_QUEUE if asynchronous else QUEUE
