"""Which functions SQLAlchemy calls, and at which of its events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Arg, Attr, Call, Closure, Expr, Items, Lit, Name, Repeat
from ..knowledge.sqlalchemy import LISTEN, LISTENS_FOR, SESSIONS
from .asking import Memo
from .modules import Module, Unit, last_name
from .parts import parts
from .values import Path

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


_API = "event"
_Heard = tuple[str, str]
"""An event, and of what."""


class Listeners:
    """The events that functions of one project listen to, by their decorators or by a call; each with the class, or
    whatever else it is, that is listened to."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._called: Memo[Module, dict[str, list[_Heard]]] = Memo(project.asking)
        self._elsewhere: dict[str, list[str]] | None = None

    def target(self, unit: Unit) -> str:
        """The class of whose rows a function hears, as its own module says; or ""."""
        decorated, called = self._by_itself(unit)
        return next((symbol for _, symbol in (*decorated, *reversed(called))), "")

    def of(self, unit: Unit) -> tuple[str, ...]:
        """The names of the events, such as `before_flush`, that a function is called at, as its own module says."""
        decorated, called = self._by_itself(unit)
        return tuple(event for event, _ in (*decorated, *called) if event)

    def heard(self, unit: Unit) -> tuple[str, ...]:
        """The names of the events that a function is called at, whichever module says so. For rules: what a reading
        asks is for its own module to say."""
        if self._elsewhere is None:
            self._elsewhere = {}
            for module in self._project.names.modules.values():
                if self._project.mentions_library(module):
                    for symbol, heard in self._called.get(module, self._calls).items():
                        self._elsewhere.setdefault(symbol, []).extend(event for event, _ in heard)
        return tuple(dict.fromkeys((*self.of(unit), *self._elsewhere.get(_called(unit), ()))))

    def keep(self, path: Path) -> bool:
        """Whether a path is a session that a module keeps for its listeners: they alone use it, and no other module
        imports it. For rules."""
        names, symbol = self._project.names, str(path.key)
        home = names.home(symbol) if path.root == "global" and not path.attrs else None
        kinds = {self._project.classes.session_kind(one.type) for one in self._project.variable_values(symbol)}
        if home is None or not kinds or not kinds <= SESSIONS:
            return False
        units = names.units_in(home.name)
        users = (unit for unit in units if any(key.path == path for key in self._project.summary(unit).effects))
        return all(self.heard(unit) for unit in users) and not any(
            names.target(module, one) == symbol
            for module in names.modules.values()
            for one in module.facts.header.imports
        )

    def _by_itself(self, unit: Unit) -> tuple[list[_Heard], list[_Heard]]:
        """What a function hears by its decorators, and by calls of its module."""
        if not self._project.mentions_library(unit.module):
            return [], []
        dotted = self._project.names.dotted
        decorated = [
            (_event(one.args), dotted(unit.module, one.args[0].value))
            for one in unit.definition.decorators
            if isinstance(one, Call) and one.args and dotted(unit.module, one.func) in LISTENS_FOR
        ]
        return decorated, self._called.get(unit.module, self._calls).get(_called(unit), [])

    def _calls(self, module: Module) -> dict[str, list[_Heard]]:
        found: dict[str, list[_Heard]] = {}
        for unit, call in self._told(module):
            target = self._project.names.dotted(module, call.args[0].value)
            heard = [(event, target) for event in self._events(unit, call.args[1].value)]
            found.setdefault(self._listener(unit, call.args[2].value), []).extend(heard)
        return found

    def _told(self, module: Module) -> Iterator[tuple[Unit, Call]]:
        """The calls of a module that tell functions to listen."""
        names = self._project.names
        for unit in names.units_in(module.name) if _may_listen(module) else ():
            calls = (part for part in parts(unit.body) if isinstance(part, Call) and last_name(part.func) == "listen")
            for call in calls:
                if len(call.args) > 2 and names.dotted(module, call.func) in LISTEN:
                    yield unit, call

    def _listener(self, unit: Unit, expr: Expr) -> str:
        """The function that shall listen, as a unit calls it: one that stands in it or around it, a method, a lambda,
        or whatever its module knows by that name."""
        names = self._project.names
        match expr:
            case Closure(index):
                return _called(names.units_in(unit.module.name)[index])
            case Attr(Name("self" | "cls"), name) if unit.klass is not None:
                method = self._project.classes.method(unit.klass.symbol, name)
                return method.symbol if method is not None else ""
            case Name(name):
                scope: Unit | None = unit
                while scope is not None and scope.kind != "module":
                    inner = names.child(scope, name) if scope.kind == "function" else None
                    if inner is not None:
                        return inner.symbol
                    scope = scope.owner
        symbol = names.dotted(unit.module, expr)
        variable = names.variable(symbol) if symbol else None
        for bind in variable[1] if variable is not None else ():
            if isinstance(bind.value, Closure):
                return _called(names.units_in(variable[0].name)[bind.value.index]) if variable is not None else ""
        return symbol

    def _events(self, unit: Unit, expr: Expr) -> list[str]:
        """The names that an event goes by where a function is told to listen: one that stands there, is a variable of
        the module, or each that a loop goes through."""
        if isinstance(expr, Lit):
            return [expr.value] if isinstance(expr.value, str) else []
        for part in parts(unit.body):
            match part:
                case Repeat(target, Items(_, of)) if target == expr:
                    return [one.value for one in of if isinstance(one, Lit) and isinstance(one.value, str)]
        symbol = self._project.names.dotted(unit.module, expr)
        variable = self._project.names.variable(symbol) if symbol else None
        binds = variable[1] if variable is not None else []
        return [one.value.value for one in binds if isinstance(one.value, Lit) and isinstance(one.value.value, str)][:1]


def _called(unit: Unit) -> str:
    """What a listener is called here: lambdas have no name that is theirs alone."""
    return unit.key if unit.kind == "lambda" else unit.symbol


def first(unit: Unit) -> int:
    """The parameter by which a listener gets what comes first: a method has one for its object or class before it."""
    return 1 if unit.klass is not None and "staticmethod" not in unit.decorators else 0


def _may_listen(module: Module) -> bool:
    """Whether a module has the name by which functions are told to listen."""
    imports = module.facts.header.imports
    whole = any(one.module == "sqlalchemy" and not one.name for one in imports)
    return whole or any(_API in (one.name, *one.module.split(".")) for one in imports)


def _event(args: tuple[Arg, ...]) -> str:
    match args:
        case (_, Arg(value=Lit(str() as name)), *_):
            return name
    return ""
