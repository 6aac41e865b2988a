"""What goes to another process: arguments of tasks that a worker runs, of functions in processes, and pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Call
from ..knowledge.queues import SENDING
from ..model import Confidence
from .arguments import Given, Site
from .modules import last_name
from .summary import Exported
from .text import render
from .values import Type, Value

if TYPE_CHECKING:
    from .reading import Reading

_DEEPEST = 3
_METHODS = frozenset[str]().union(*SENDING.values())


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
            entity = _entity(r, value.type, 0)
            if entity:
                text = render(site.source) if isinstance(site.source, Call) else site.text
                sure = min(value.sure, site.sure, Confidence.CERTAIN)
                r.exported.setdefault(site.at, Exported(site.at, text, how, entity, task, name, sure))


def _entity(r: Reading, kind: Type, depth: int) -> str:
    """The mapped class that a type is an instance of, or a container of such; "" when there is none."""
    if kind.kind == "instance":
        return str(kind.name) if r.classes.is_mapped(str(kind.name)) else ""
    if kind.kind == "many" and depth < _DEEPEST:
        return next((found for arg in kind.args if (found := _entity(r, arg, depth + 1))), "")
    return ""
