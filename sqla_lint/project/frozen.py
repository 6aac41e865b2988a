"""Whether an expression is worked out once where each use needs a value of its own."""

from __future__ import annotations

import sys
from typing import NamedTuple

from ..facts.schema import Attr, Bind, Call, Closure, Expr, Items, Leave, Lit, Loop, Name
from ..knowledge.python import CHANGING, CLOCKS, CONTAINERS
from ..knowledge.sqlalchemy import LIBRARIES
from ..model import Confidence
from .modules import Module, Unit
from .parts import parts
from .project import Project

_DEEPEST = 3
_KEEPS_ONE = ("list", "dict", "set")
_OF_SQL = frozenset({"func", "functions"})
_BARE = frozenset({"staticmethod", "classmethod"})


class Changing(NamedTuple):
    """A call that gives another value each time; `known` says that a library's function does, `sure` that the value
    of the whole follows from it."""

    call: Call
    known: bool
    sure: Confidence


def changing(project: Project, module: Module, expr: Expr) -> Changing | None:
    """The call because of which an expression would have another value if it was worked out later. What a lambda
    does is not part of it, nor are arguments of what makes SQL or another function."""
    return _changing(project, module, expr, 0)


def _changing(project: Project, module: Module, expr: object, depth: int) -> Changing | None:
    if isinstance(expr, Call):
        return _called(project, module, expr, depth)
    inner = expr if isinstance(expr, tuple) else tuple(getattr(expr, name) for name in _fields(expr))
    found = (_changing(project, module, one, depth) for one in inner if isinstance(one, tuple) or _fields(one))
    return next((one for one in found if one is not None), None)


def _fields(node: object) -> tuple[str, ...]:
    return getattr(node, "__struct_fields__", ())


def _called(project: Project, module: Module, call: Call, depth: int) -> Changing | None:
    symbol = project.names.dotted(module, call.func)
    if _changes(project, symbol):
        return Changing(call, True, Confidence.CERTAIN)
    if symbol.partition(".")[0] in LIBRARIES or symbol == "functools.partial":
        return None
    if _sounds_so(project, symbol):
        return Changing(call, False, Confidence.POSSIBLE)
    unit = project.names.by_symbol.get(symbol) if symbol else None
    if unit is not None and unit.kind == "function":
        sure = _returns_another(project, unit, depth)
        return Changing(call, False, sure) if sure is not None else None
    inner = _changing(project, module, call.func, depth) or _changing(project, module, call.args, depth)
    if inner is None or not symbol or symbol.partition(".")[0] in sys.stdlib_module_names:
        return inner
    return inner._replace(sure=min(inner.sure, Confidence.LIKELY))


def _sounds_so(project: Project, symbol: str) -> bool:
    """Whether nothing is known of a function, which is none that makes SQL, but a name that all give to clocks."""
    owner, _, name = symbol.rpartition(".")
    if name not in CLOCKS or not owner or not _OF_SQL.isdisjoint(owner.split(".")):
        return False
    return project.names.home(symbol) is None


def _changes(project: Project, symbol: str, depth: int = 0) -> bool:
    """Whether what is called by this name gives another value each time, also through a variable that stands for it."""
    if symbol in CHANGING:
        return True
    found = project.names.variable(symbol) if symbol else None
    if found is None or len(found[1]) > 1 or depth > _DEEPEST:
        return False
    module, value = found[0], found[1][0].value
    match value:
        case Name() | Attr():
            return _changes(project, project.names.dotted(module, value), depth + 1)
        case Call(func, args) if args and project.names.dotted(module, func) == "functools.partial":
            return _changes(project, project.names.dotted(module, args[0].value), depth + 1)
        case Closure(index):
            return _returns_another(project, project.names.units_in(module.name)[index], depth) is not None
    return False


def _returns_another(project: Project, unit: Unit, depth: int) -> Confidence | None:
    """How sure it is that a function returns another value each time; None when nothing says so."""
    definition = unit.definition
    if depth > _DEEPEST or definition.is_async or definition.is_generator or unit.decorators - _BARE:
        return None
    tainted: set[str] = set()
    certain: list[Confidence] = []
    for part in parts(unit.body):
        if isinstance(part, Bind) and part.value is not None:
            if _taint(project, unit.module, part.value, tainted, depth):
                tainted |= {target.id for target in part.targets if isinstance(target, Name)}
        elif isinstance(part, Leave) and part.kind == "return" and part.value is not None:
            sure = _taint(project, unit.module, part.value, tainted, depth)
            if sure is None:
                return None
            certain.append(sure)
    return min(certain, default=None)


def _taint(project: Project, module: Module, value: Expr, tainted: set[str], depth: int) -> Confidence | None:
    found = _changing(project, module, value, depth + 1)
    if found is not None:
        return found.sure
    return Confidence.LIKELY if _reads(project, module, value, tainted) else None


def _reads(project: Project, module: Module, value: object, names: set[str]) -> bool:
    """Whether a value is made of one of these names, as the value of a call is of its arguments."""
    if isinstance(value, Name):
        return value.id in names
    if isinstance(value, Call):
        symbol = project.names.dotted(module, value.func)
        if symbol.partition(".")[0] in LIBRARIES or symbol == "functools.partial":
            return False
    inner = value if isinstance(value, tuple) else tuple(getattr(value, name) for name in _fields(value))
    return any(_reads(project, module, one, names) for one in inner if isinstance(one, tuple) or _fields(one))


class Container(NamedTuple):
    """A list, dict or set that all who get it share. `how` is literal, call (a call without arguments makes it, so
    that what is called can make more of it), or name (a variable holds it); `flat` says that nothing in it can
    change either, `known` that no function of the project makes it."""

    how: str
    flat: bool
    sure: Confidence = Confidence.CERTAIN
    known: bool = True


def container(project: Project, unit: Unit, expr: Expr, depth: int = 0) -> Container | None:
    """The container that an expression makes, or the one that it names; None when it is none, or not plainly one."""
    match expr:
        case Items(kind, of) if kind in _KEEPS_ONE:
            return Container("literal", _is_flat(of))
        case Loop(kind=kind) if kind in _KEEPS_ONE:
            return Container("literal", False)
        case Name() | Attr() if depth < _DEEPEST:
            return _held(project, unit, expr, depth)
        case Call(func, args):
            return _makes(project, unit, func, bool(args), depth)
    return None


def _is_flat(of: tuple[Expr, ...]) -> bool:
    return all(isinstance(one, (Lit, Name, Attr)) for one in of)


def _held(project: Project, unit: Unit, expr: Name | Attr, depth: int) -> Container | None:
    symbol = project.names.dotted(unit.module, expr)
    owner, _, name = symbol.rpartition(".")
    binds: list[Bind] = []
    module = unit.module
    if isinstance(expr, Name) and unit.kind == "class" and expr.id in project.classes.body(unit.symbol):
        binds = project.classes.body(unit.symbol)[expr.id]
    elif (variable := project.names.variable(symbol) if symbol else None) is not None:
        module, binds = variable
    elif (klass := project.classes.unit(owner) if owner else None) is not None:
        module, binds = klass.module, project.classes.body(owner).get(name, [])
    values = [bind.value for bind in binds if bind.value is not None and not bind.augmented]
    if len(values) != 1:
        return None
    top = project.names.units_in(module.name)[0]
    found = container(project, top, values[0], depth + 1)
    return found._replace(how="name") if found is not None else None


def _makes(project: Project, unit: Unit, func: Expr, given: bool, depth: int) -> Container | None:
    symbol = project.names.dotted(unit.module, func)
    if (f"builtins.{func.id}" if not symbol and isinstance(func, Name) else symbol) in CONTAINERS:
        return Container("literal" if given else "call", not given)
    made = project.names.by_symbol.get(symbol) if symbol else None
    if made is None or made.kind != "function" or made.decorators or depth >= _DEEPEST:
        return None
    if made.definition.is_async or made.definition.is_generator:
        return None
    returned = [part.value for part in parts(made.body) if isinstance(part, Leave) and part.kind == "return"]
    found = [container(project, made, value, depth + 1) if value is not None else None for value in returned]
    if not found or any(one is None or one.how == "name" for one in found):
        return None
    return Container("literal" if given else "call", False, known=False)
