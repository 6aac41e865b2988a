"""What stands around code and takes an error of the database for done: decorators, and blocks of the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Arm, Body, Branch, Call, Expr, Handler, Items, Leave, Lit, Name, Other, Repeat, Try, Yield
from ..knowledge import Verb
from ..knowledge.python import RETRIED, RETRIES
from ..knowledge.sqlalchemy import BASES
from .batches import places
from .modules import Unit, last_name
from .parts import catches_all, parts

if TYPE_CHECKING:
    from .project import Project

WHATEVER = Name("BaseException")
_MENDS = frozenset({Verb.ROLLBACK, Verb.CLOSE})
_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
_HOOKS = frozenset({"before", "after", "before_sleep", "on_backoff", "retry_error_callback"})
"""Arguments of a decorator that calls again, by which something else is called before that."""


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
        leave = leave or project.classes.method(manager.symbol, "__aexit__")
        return leave is not None and not project.summary(leave).effects and _says_done(leave)
    if not manager.definition.is_generator or not manager.decorators <= _MANAGERS or project.summary(manager).effects:
        return False
    return any(isinstance(part, Yield) for one in _swallowing(project, manager) for part in parts(one.body))


def by_retry(project: Project, unit: Unit) -> Expr | None:
    """The exceptions, WHATEVER for all, after which a decorator calls a function again as if nothing were; None
    when there is none, or when it does something before that."""
    for decorator in unit.definition.decorators:
        call = decorator if isinstance(decorator, Call) else None
        symbol = project.names.dotted(unit.module, call.func if call is not None else decorator)
        name, position = RETRIES.get(symbol, ("", -1))
        if not name:
            continue
        args = call.args if call is not None else ()
        if any(arg.name in _HOOKS and not last_name(arg.value).endswith("_log") for arg in args):
            return None
        given = [arg.value for arg in args if not arg.name]
        told = [arg.value for arg in args if arg.name == name] or given[position : position + 1]
        said = told[0] if told else None
        if symbol != "tenacity.retry" or said is None:
            return said or WHATEVER
        of_types = isinstance(said, Call) and project.names.dotted(unit.module, said.func) == RETRIED
        return said.args[0].value if of_types and isinstance(said, Call) and said.args else None
    return None


def attempts(project: Project, unit: Unit, body: Body) -> Body:
    """The body of a function, in the loop that a decorator is which calls it again when it has raised something."""
    types = by_retry(project, unit)
    if types is None or unit.definition.is_generator:
        return body
    again = Branch((Arm(Other(()), (Leave("raise", None, -1),)),), ())
    attempt = Try((*body, Leave("break", None, -1)), (Handler(types, "", (again,)),), (), (), False)
    return (Repeat(None, Other(()), (attempt,), (), False),)


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
