"""Which functions SQLAlchemy calls, and at which of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Arg, Call, Lit, Name
from ..knowledge.sqlalchemy import LISTEN, LISTENS_FOR
from .asking import Memo
from .modules import Module, Unit
from .parts import parts

if TYPE_CHECKING:
    from .project import Project

OF_MAPPERS = frozenset(f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete"))
"""Events of a row: they come while the session flushes."""
OF_SESSIONS = frozenset(
    {"before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_rollback"}
    | {"after_soft_rollback", "after_begin", "after_transaction_create", "after_transaction_end", "before_attach"}
    | {"after_attach", "transient_to_pending", "pending_to_transient", "pending_to_persistent", "loaded_as_persistent"}
    | {"persistent_to_deleted", "persistent_to_detached", "persistent_to_transient", "deleted_to_persistent"}
    | {"deleted_to_detached", "detached_to_persistent"}
)
"""Events whose listeners get the session first."""


class Listeners:
    """The events that functions of one project listen to, by their decorators or by a call in their module."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._called: Memo[Module, dict[str, list[str]]] = Memo(project.asking)

    def of(self, unit: Unit) -> tuple[str, ...]:
        """The names of the events, such as `before_flush`, that a function is called at."""
        if not self._project.mentions_library(unit.module):
            return ()
        found = [
            _event(decorator.args)
            for decorator in unit.definition.decorators
            if isinstance(decorator, Call) and self._project.names.dotted(unit.module, decorator.func) in LISTENS_FOR
        ]
        called = self._called.get(unit.module, self._calls)
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
