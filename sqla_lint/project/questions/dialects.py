"""Which database a place in the code is for, by the tests around it, by its name and by the SQL that stands there."""

from __future__ import annotations

from collections.abc import Iterator, Set

from ...facts.schema import Arm, Attr, Body, Branch, Call, Expr, Lit, Name, Stmt, Test, Text, Try
from ...knowledge.dialects import FORGIVING, MESSAGES, RUNS_SQL, STRICT, is_forgiving
from ...knowledge.pools import SQLITE
from ..modules import Unit, last_name
from ..parts import blocks, parts

_NEGATED = frozenset({"not", "!=", "not in", "is not"})
_SQLITE = frozenset({SQLITE})


def is_on_sqlite(unit: Unit, at: int) -> bool:
    """Whether a test around a place asks for SQLite, or has asked for all others."""
    return _is_on(unit, at, _SQLITE)


def goes_on(unit: Unit, at: int) -> bool:
    """Whether only databases are meant here that go on with a transaction after a statement that has failed."""
    return (
        _is_on(unit, at, FORGIVING)
        or _names([unit.symbol], FORGIVING)
        or any(_is_of_sqlite(part) for part in parts(unit.body) if isinstance(part, Try) and has(part.body, at))
        or any(is_forgiving(sql) for stmt in _on_the_way(unit.body, at) for sql in _texts(stmt))
    )


def _is_of_sqlite(attempt: Try) -> bool:
    """Whether a handler asks if the message of the error is one that SQLite has."""
    tests = (part.test for part in parts(attempt.handlers) if isinstance(part, Arm))
    texts = (part.value for test in tests for part in parts(test) if isinstance(part, Lit))
    return any(isinstance(text, str) and text.lower() in MESSAGES for text in texts)


def _is_on(unit: Unit, at: int, names: Set[str]) -> bool:
    for branch in parts(unit.body):
        if isinstance(branch, Branch):
            if any(_says(arm.test, names) and has(arm.body, at) for arm in branch.arms):
                return True
            match branch.arms:
                case (Arm(Test("!=", of)),) if _says(Test("==", of), names) and has(branch.orelse, at):
                    return True
    return False


def _says(test: Expr, names: Set[str]) -> bool:
    if any(isinstance(part, Test) and part.op in _NEGATED for part in parts(test)):
        return False
    words = [
        part.id if isinstance(part, Name) else part.name if isinstance(part, Attr) else getattr(part, "value", "")
        for part in parts(test)
        if isinstance(part, (Name, Attr, Lit))
    ]
    return _names([word for word in words if isinstance(word, str)], names)


def _names(words: list[str], names: Set[str]) -> bool:
    said = [word.lower() for word in words]
    strict = SQLITE not in names or len(names) > 1
    if strict and any(name in word for word in said for name in STRICT):
        return False
    return any(name in word for word in said for name in names)


def has(node: object, at: int) -> bool:
    """Whether a call stands in this."""
    return any(isinstance(part, Call) and part.at == at for part in parts(node))


def _on_the_way(body: Body, at: int) -> Iterator[Stmt]:
    """The plain statements of the blocks around a place: all of them are for the same database."""
    if not has(body, at):
        return
    for stmt in body:
        inner = blocks(stmt)
        for block in inner:
            yield from _on_the_way(block, at)
        if not inner:
            yield stmt


def _texts(stmt: Stmt) -> Iterator[str]:
    """The SQL that is written out in a statement."""
    for part in parts(stmt):
        if isinstance(part, Call) and part.args and last_name(part.func) in RUNS_SQL:
            match part.args[0].value:
                case Lit(str(sql)) | Text(sql):
                    yield sql
