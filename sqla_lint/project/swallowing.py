"""What stands around code and takes an error of the database for done: decorators, and blocks of the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Call, Expr, Handler, Items, Leave, Lit, Try, Yield
from ..knowledge import Verb
from ..knowledge.sqlalchemy import BASES
from .batches import places
from .modules import Unit
from .parts import catches_all, parts

if TYPE_CHECKING:
    from .project import Project

_MENDS = frozenset({Verb.ROLLBACK, Verb.CLOSE})


def by_decorator(project: Project, unit: Unit) -> bool:
    """Whether a decorator catches what a function raises of the database's errors: its caller goes on, and nothing is
    rolled back."""
    for wrapper in project.wrappers(unit) if unit.definition.decorators else ():
        summary = project.summary(wrapper)
        inner = {call.at for call in summary.invokes if call.path.root == "free" and not call.path.attrs}
        mends = any(key.verb in _MENDS for key in summary.effects)
        if not mends and any(not inner.isdisjoint(places(one.body)) for one in _swallowing(project, wrapper)):
            return True
    return False


def by_block(project: Project, unit: Unit, context: Expr) -> bool:
    """Whether a block takes the database's errors in it for done, and does nothing else to sessions."""
    manager = project.callee(unit, context) if isinstance(context, Call) else None
    if manager is None:
        return False
    if manager.kind == "class":
        leave = project.classes.method(manager.symbol, "__exit__")
        return leave is not None and not project.summary(leave).effects and _says_done(leave)
    if manager.decorators != {"contextmanager"} or project.summary(manager).effects:
        return False
    return any(isinstance(part, Yield) for one in _swallowing(project, manager) for part in parts(one.body))


def _says_done(leave: Unit) -> bool:
    """Whether the end of a block always says that whatever was raised in it is done with."""
    returns = [part.value for part in parts(leave.body) if isinstance(part, Leave) and part.kind == "return"]
    return bool(returns) and all(value == Lit(True) for value in returns)


def _swallowing(project: Project, unit: Unit) -> list[Try]:
    """The `try` statements of a function that raises nothing itself, which catch every error of the database."""
    inside = list(parts(unit.body))
    if any(isinstance(part, Leave) and part.kind == "raise" for part in inside):
        return []
    tries = [part for part in inside if isinstance(part, Try)]
    return [one for one in tries if any(_catches(project, unit, handler) for handler in one.handlers)]


def _catches(project: Project, unit: Unit, handler: Handler) -> bool:
    types = handler.types.of if isinstance(handler.types, Items) else (handler.types,)
    symbols = {project.names.dotted(unit.module, one) for one in types if one is not None}
    return any(map(catches_all, types)) or not symbols.isdisjoint(BASES)
