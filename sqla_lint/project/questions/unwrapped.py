"""SQL that is handed to SQLAlchemy as a plain string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Items, Lit, Name, Test, Text
from ...knowledge.sqlalchemy import ASYNC_CONNECTION, CONNECTION, REGISTRIES, SESSIONS
from ..parts import reads
from ..reading.arguments import Given
from ..summary import Unwrapped
from ..text import render
from ..values import NOTHING, Value, Values

if TYPE_CHECKING:
    from ..reading.reading import Reading

_TAKERS = SESSIONS | REGISTRIES | {CONNECTION, ASYNC_CONNECTION}
_RUN = frozenset({"execute", "scalar", "scalars", "exec", "stream", "stream_scalars"})
_OF_DRIVERS = re.compile(r"%[s%(]|\?")
_NAMED = re.compile(r"(?<![:\w\\]):\w+(?!:)")


def called(r: Reading, call: Call, receiver: Value, owner: str, given: Given) -> None:
    """A method of a session or connection that executes something."""
    if owner not in _TAKERS or call.at < 0 or not isinstance(call.func, Attr) or call.func.name not in _RUN:
        return
    first = next((arg.value for arg in call.args if arg.name in ("", "statement")), None)
    if first is None:
        return
    values = given.positional[0] if given.positional else given.keywords.get("statement", NOTHING)
    sql = _text(first) or ("" if isinstance(first, Lit) else _constant(values) or _of_module(r, first))
    if not sql:
        return
    how = "literal" if isinstance(first, Lit) else "built" if _text(first) else "value"
    params = [arg.value for arg in call.args if arg.value is not first]
    r.unwrapped[call.at] = Unwrapped(call.at, render(call), owner, how, _is_plain(sql, params), receiver.sure)


def _text(expr: Expr) -> str:
    """The string that an expression is or begins with; "" where it is none."""
    match expr:
        case Lit(str(text)) | Text(template=text):
            return text
        case Test("+" | "%", (left, *_)):
            return _text(left)
        case Call(Attr(of, "format" | "join" | "strip" | "replace")):
            return _text(of)
    return ""


def _constant(values: Values) -> str:
    """The string that all these values are; one of them where there are several."""
    said = [value.type.name[1] if value.type.kind == "literal" else None for value in values]
    texts = [text for text in said if isinstance(text, str)]
    return texts[0] if texts and len(texts) == len(said) else ""


def _of_module(r: Reading, expr: Expr) -> str:
    """The string that a variable of a module is, which is bound once."""
    if not isinstance(expr, (Name, Attr)) or reads(expr, frozenset(r.env)):
        return ""
    found = r.names.variable(r.names.dotted(r.module, expr))
    bind = found[1][0] if found is not None and len(found[1]) == 1 else None
    return _text(bind.value) if bind is not None and isinstance(bind.value, Lit) and not bind.augmented else ""


def _is_plain(sql: str, params: list[Expr]) -> bool:
    """Whether the SQL means the same in `text()`: it has no placeholders of a driver, and values for its own."""
    if _OF_DRIVERS.search(sql) or any(isinstance(one, Items) and one.kind == "tuple" for one in params):
        return False
    return bool(params) or not _NAMED.search(sql)
