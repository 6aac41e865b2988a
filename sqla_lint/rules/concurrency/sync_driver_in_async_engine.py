"""An engine or a session of the other sort than its driver or engine."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ENGINES
from ...model import Claim, Confidence
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Mixup
from ...project.versions import is_before, is_from
from ..registry import rule

_BOTH = (2, 1)
"""Since when the default driver of PostgreSQL and of Oracle is both."""


@rule("SQA308", on=Mixup)
def sync_driver_in_async_engine(unit: Unit, mixup: Mixup, project: Project) -> Iterator[Claim]:
    """Yields a claim for an engine whose URL names a driver of the other sort, and a session on such an engine."""
    if mixup.how not in ("driver", "bind") or project.layers.of(unit).layer == TEST:
        return
    default, said = mixup.sure is Confidence.POSSIBLE, project.requires.get("sqlalchemy")
    if default and is_from(said, _BOTH):
        return
    message, why, helped = _driver(mixup) if mixup.how == "driver" else _bind(mixup)
    yield Claim(
        spot=unit.spot(mixup.at),
        symbol=unit.symbol,
        message=message,
        confidence=Confidence.CERTAIN if default and is_before(said, _BOTH) else mixup.sure,
        label="of the other sort",
        why=why,
        help=helped,
        because=("since SQLAlchemy 2.1 the default driver of this database does both",)
        if default and not is_before(said, _BOTH)
        else (),
        legs=(unit.symbol,),
    )


def _driver(mixup: Mixup) -> tuple[str, str, str]:
    database = mixup.name.partition("+")[0]
    if ENGINES[mixup.kind]:
        return (
            f"`{mixup.text}` is given the synchronous driver of `{mixup.name}`",
            "making the engine raises InvalidRequestError",
            f"name an asynchronous driver, such as `{_ASYNC_OF.get(database, 'postgresql+asyncpg')}`",
        )
    return (
        f"`{mixup.text}` is given the asynchronous driver of `{mixup.name}`",
        "the engine is made, and its first connection raises MissingGreenlet",
        f"use `create_async_engine`, or name a synchronous driver, such as `{_SYNC_OF.get(database, database)}`",
    )


_ASYNC_OF = {
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
    "mssql": "mssql+aioodbc",
}
_SYNC_OF = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mssql": "mssql+pyodbc"}


def _bind(mixup: Mixup) -> tuple[str, str, str]:
    maker = mixup.kind.rpartition(".")[2]
    if mixup.name.startswith("Async"):
        return (
            f"`{mixup.text}` makes synchronous sessions on an {mixup.name}",
            "the first statement of such a session raises AsyncContextNotStarted",
            "use `async_sessionmaker`, or an engine made by `create_engine`",
        )
    return (
        f"`{mixup.text}` makes an AsyncSession on a synchronous {mixup.name}",
        f"the AsyncSession raises ArgumentError when it is made{' by the factory' if 'maker' in maker else ''}",
        "make the engine by `create_async_engine`, with an asynchronous driver",
    )
