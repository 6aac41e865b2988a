"""Transactions that are ended or begun past their session: by SQL text, or on the session's own connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call
from ...knowledge.sqlalchemy import ASYNC_CONNECTION, CONNECTION, ENDINGS, SESSIONS, TEXT_CLAUSE, ends_transaction
from ..summary import Raw
from ..text import render
from ..values import NOTHING, Type, Value, Values, constant, instance
from . import lost

if TYPE_CHECKING:
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_CONNECTIONS = frozenset({CONNECTION, ASYNC_CONNECTION})
_RUN = frozenset({"execute", "scalar", "scalars", "exec", "exec_driver_sql"})
_DERIVED = "<connection>"
_MARK = "sql"
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|REPLACE)\b", re.IGNORECASE)


def called(r: Reading, call: Call, receiver: Value, owner: str, given: Given) -> None:
    """A method of a session, or of a connection that a session was asked for."""
    if call.at < 0 or not isinstance(call.func, Attr):
        return
    path, name = receiver.path.owner(), call.func.name
    asked = given.positional[0] if given.positional else given.keywords.get("statement", NOTHING)
    if owner in _CONNECTIONS and name in _RUN and r.lost.connections:
        lost.executes(r, call, receiver, does(asked), asked)
    of_session = owner in _CONNECTIONS and receiver.path.attrs[-1:] == (_DERIVED,)
    if owner not in SESSIONS and not of_session:
        return
    word = does(asked) if name in _RUN else ""
    if of_session and name in ENDINGS:
        word = name.upper()
    if word in ("", "WRITE"):
        return
    r.raws[call.at] = Raw(call.at, render(call), path, word, of_session and name in ENDINGS, receiver.sure)
    if word == "COMMIT":
        lost.settles(r, path)


def text(sql: str) -> Type:
    """The type of a piece of SQL text, marked with what it does to a transaction or to rows."""
    word = _word(sql)
    return instance(TEXT_CLAUSE, Type(_MARK, word)) if word else instance(TEXT_CLAUSE)


def _word(sql: str) -> str:
    return ends_transaction(sql) or ("WRITE" if _WRITES.match(sql) else "")


def does(values: Values) -> str:
    """What SQL that is executed does: COMMIT, ROLLBACK, BEGIN or, to rows, WRITE; "" for anything else."""
    known, sql = constant(values)
    if known:
        return _word(sql) if isinstance(sql, str) else ""
    words = {str(arg.name) for value in values for arg in value.type.args if arg.kind == _MARK}
    return words.pop() if len(words) == len(values) == 1 else ""
