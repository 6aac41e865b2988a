"""A transaction that is ended or begun behind its session's back."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Severity
from ...project import Project, Unit
from ...project.layers import MIGRATION, TEST
from ...project.summary import Raw
from ..registry import rule

_WHY = {
    "COMMIT": "what was written is stored for good, and the session's own `rollback()` takes nothing back, silently",
    "ROLLBACK": "what was written is gone, and the session's own `commit()` commits nothing, silently",
    "BEGIN": "the session has a transaction already: PostgreSQL warns and goes on, MySQL commits what was written",
}
_HELP = {
    "COMMIT": "call `commit()` on the session",
    "ROLLBACK": "call `rollback()` on the session",
    "BEGIN": "leave it out: a session begins with its first statement; for a part that may fail use `begin_nested()`",
}


@rule("SQA216", on=Raw)
def raw_transaction_statement(unit: Unit, raw: Raw, project: Project) -> Iterator[Claim]:
    """Yields a claim for SQL text, or a method of a session's connection, that ends or begins its transaction."""
    role = project.layers.of(unit)
    if role.layer in (TEST, MIGRATION):
        return
    verb = "begins" if raw.word == "BEGIN" else "ends"
    yield Claim(
        spot=unit.spot(raw.at),
        symbol=unit.symbol,
        message=f"`{raw.text}` {verb} the transaction without its session knowing",
        severity=Severity.WARNING if raw.word == "BEGIN" else Severity.ERROR,
        confidence=min(raw.sure, Confidence.POSSIBLE) if raw.word == "BEGIN" else raw.sure,
        label=f"{raw.word} past the session",
        why=_WHY[raw.word],
        help=_HELP[raw.word],
        entry=role.entry,
        because=("SQLite and some drivers begin nothing by themselves",) if raw.word == "BEGIN" else (),
        legs=(unit.symbol,),
    )
