"""Transactions that are ended or begun past their session: by SQL text, or on the session's own connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Lit, Name
from ...knowledge import canonical
from ...knowledge.sqlalchemy import ASYNC_CONNECTION, CONNECTION, ENDINGS, SESSIONS, TEXT, ends_transaction
from ..summary import Raw
from ..text import render
from ..values import NOTHING, Value
from . import lost

if TYPE_CHECKING:
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_CONNECTIONS = frozenset({CONNECTION, ASYNC_CONNECTION})
_RUN = frozenset({"execute", "scalar", "scalars", "exec", "exec_driver_sql"})
_DERIVED = "<connection>"


def called(r: Reading, call: Call, receiver: Value, owner: str, given: Given) -> None:
    """A method of a session, or of a connection that a session was asked for."""
    if call.at < 0 or not isinstance(call.func, Attr):
        return
    path, name = receiver.path.owner(), call.func.name
    if owner in _CONNECTIONS and name in _RUN and r.lost.connections:
        lost.executes(r, call, receiver, _sql(r, call), given.positional[0] if given.positional else NOTHING)
    of_session = owner in _CONNECTIONS and receiver.path.attrs[-1:] == (_DERIVED,)
    if owner not in SESSIONS and not of_session:
        return
    word = ends_transaction(_sql(r, call)) if name in _RUN else ""
    if of_session and name in ENDINGS:
        word = name.upper()
    if not word:
        return
    r.raws[call.at] = Raw(call.at, render(call), path, word, of_session and name in ENDINGS, receiver.sure)
    if word == "COMMIT":
        lost.settles(r, path)


def _sql(r: Reading, call: Call) -> str:
    """The text that is executed, when it stands there."""
    first = call.args[0].value if call.args else None
    if isinstance(first, Call) and first.args and canonical(_symbol(r, first.func)) == TEXT:
        first = first.args[0].value
    return first.value if isinstance(first, Lit) and isinstance(first.value, str) else ""


def _symbol(r: Reading, expr: Expr) -> str:
    imported = r.imports.get(expr.id) if isinstance(expr, Name) else None
    return r.names.target(r.module, imported) if imported is not None else r.names.dotted(r.module, expr)
