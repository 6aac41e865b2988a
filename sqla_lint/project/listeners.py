"""Which functions SQLAlchemy calls, and at which of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Arg, Call, Lit, Name
from ..knowledge.sqlalchemy import LISTEN, LISTENS_FOR
from .modules import Module, Unit
from .parts import parts

if TYPE_CHECKING:
    from .project import Project

OF_MAPPERS = frozenset(f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete"))
"""Events of a row: they come while the session flushes."""


class Listeners:
    """The events that functions of one project listen to, by their decorators or by a call in their module."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._called: dict[str, dict[str, list[str]]] = {}

    def of(self, unit: Unit) -> tuple[str, ...]:
        """The names of the events, such as `before_flush`, that a function is called at."""
        if not self._project.mentions_library(unit.module):
            return ()
        found = [
            _event(decorator.args)
            for decorator in unit.definition.decorators
            if isinstance(decorator, Call) and self._project.names.dotted(unit.module, decorator.func) in LISTENS_FOR
        ]
        called = self._called.get(unit.module.name)
        if called is None:
            called = self._called[unit.module.name] = self._calls(unit.module)
        return tuple(filter(None, (*found, *called.get(unit.definition.name, ()))))

    def _calls(self, module: Module) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in parts(self._project.names.units_in(module.name)[0].body):
            match part:
                case Call(func, (_, _, Arg(value=Name(function)), *_) as args):
                    if self._project.names.dotted(module, func) in LISTEN:
                        found.setdefault(function, []).append(_event(args))
        return found


def _event(args: tuple[Arg, ...]) -> str:
    match args:
        case (_, Arg(value=Lit(str() as name)), *_):
            return name
    return ""
