"""What goes to another process: arguments of tasks that a worker runs, of functions in processes, and pickles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Call
from ...knowledge.queues import SENDING
from ...knowledge.sqlalchemy import UNSENDABLE
from ...knowledge.sqlmodel import SQLMODEL
from ...model import Confidence
from ..modules import last_name
from ..reading.arguments import Given, Site
from ..reading.heap import inside
from ..summary import Exported
from ..text import render
from ..values import NOTHING, Type, Value, Values, join
from . import planning

if TYPE_CHECKING:
    from ..reading.reading import Reading

_DEEPEST = 3
_METHODS = frozenset[str]().union(*SENDING.values())
_OWN_PICKLE = ("__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__")


def method(r: Reading, call: Call, task: Value, given: Given) -> None:
    """A method of a function, which some decorator has given it: those of task queues hand arguments to a worker."""
    name = last_name(call.func)
    if name in _METHODS:
        _record(r, "", given, Site(call.at, call, task.sure, ""), str(task.type.name), name)


def send(r: Reading, how: str, given: Given, site: Site) -> None:
    """What a library takes to another process."""
    _record(r, how, given, site, "", "")


def _record(r: Reading, how: str, given: Given, site: Site, task: str, name: str) -> None:
    if site.at < 0:
        return
    for values in (*given.positional, *given.keywords.values()):
        for value in values:
            what, kind, field = _among(r, value, 0)
            if what:
                text = render(site.source) if isinstance(site.source, Call) else site.text
                sure = min(value.sure, site.sure, Confidence.CERTAIN)
                if what == "entity" and _is_message(r, value, kind):
                    sure = Confidence.POSSIBLE
                found = Exported(site.at, text, how, what, kind, field, task, name, sure)
                r.exported.setdefault((site.at, what), found)


def _is_message(r: Reading, value: Value, symbol: str) -> bool:
    """Whether a thing of this class may never have seen a session: a table of SQLModel is a schema as well, nothing is
    known of where this one was loaded or stored, and the module that sends it has nothing to do with sessions."""
    if value.path.root == "injected" or r.project.mentions_library(r.module):
        return False
    held = (value, *inside(r.heap, value))
    loaded = any(planning.plan_of(r, one.path) is not None for one in held if one.type.name == symbol)
    return not loaded and r.classes.is_a(symbol, frozenset({SQLMODEL}))


def _among(r: Reading, value: Value, depth: int) -> tuple[str, str, str]:
    """As `_found`; a partial is the function and the arguments that it was made of."""
    if value.type.kind != "partial" or value.path not in r.partials or depth >= _DEEPEST:
        return _found(r, value.type, 0)
    function, positional, keywords = r.partials[value.path]
    parts = (_among(r, one, depth + 1) for one in join(function, *positional, *keywords.values()))
    return next((found for found in parts if found[0]), ("", "", ""))


def _found(r: Reading, kind: Type, depth: int) -> tuple[str, str, str]:
    """What a type is, or contains, that should not leave its process: entity or session, its class, and the field of
    the object that holds it."""
    if kind.kind == "instance":
        symbol = str(kind.name)
        if r.classes.is_mapped(symbol):
            return "entity", symbol, ""
        bound = r.classes.session_kind(kind) or symbol
        return ("session", bound, "") if bound in UNSENDABLE else _held(r, symbol)
    if kind.kind == "method" and kind.args and kind.args[0].kind == "instance":
        return _held(r, str(kind.args[0].name))
    if kind.kind == "many" and depth < _DEEPEST:
        parts = (_found(r, arg, depth + 1) for arg in kind.args)
        return next((found for found in parts if found[0]), ("", "", ""))
    return "", "", ""


def _held(r: Reading, symbol: str) -> tuple[str, str, str]:
    """The session that each object of a class has from the start, which a pickle of it would take along."""
    if any(r.classes.method(symbol, name) is not None for name in _OWN_PICKLE):
        return "", "", ""
    for name, values in _fields(r, symbol):
        kinds = {r.classes.session_kind(value.type) or str(value.type.name) for value in values}
        if kinds and kinds <= UNSENDABLE and all(value.type.kind == "instance" for value in values):
            return "session", min(kinds), f"{symbol}.{name}"
    return "", "", ""


def _fields(r: Reading, symbol: str) -> Iterator[tuple[str, Values]]:
    """The fields that `__init__` fills, which a dataclass has without one."""
    init = r.classes.method(symbol, "__init__")
    if init is not None:
        for path, values in r.project.summary(init).heap.items():
            if path.root == "param" and path.key == 0 and len(path.attrs) == 1 and path.attrs[0].isidentifier():
                yield path.attrs[0], values
    elif r.classes.is_dataclass(symbol):
        for name in r.classes.body(symbol):
            field = r.classes.field(symbol, name)
            yield name, field.values if field is not None else NOTHING
