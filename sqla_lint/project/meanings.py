"""What an annotation says: a type, and the dependency that provides the value."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import Attr, Call, Expr, Index, Items, Lit, Name, Other, Test
from ..knowledge.containers import BY_TYPE, WIRED
from ..knowledge.starlette import DEPENDS
from .modules import Module
from .values import ANY, NONE, OTHER, Type, instance, of_positions

if TYPE_CHECKING:
    from .project import Project

_MANY = {
    "list",
    "List",
    "Sequence",
    "MutableSequence",
    "Iterable",
    "Collection",
    "set",
    "Set",
    "frozenset",
    "FrozenSet",
    "tuple",
    "Tuple",
    "deque",
    "Container",
    "WriteOnlyMapped",
    "DynamicMapped",
}
_TUPLES = frozenset({"tuple", "Tuple"})
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"}
_YIELDING = {
    "Generator",
    "AsyncGenerator",
    "Iterator",
    "AsyncIterator",
    "AsyncIterable",
    "ContextManager",
    "AsyncContextManager",
    "AbstractContextManager",
    "AbstractAsyncContextManager",
    "_GeneratorContextManager",
}
_AWAITED = {"Awaitable", "Coroutine", "Task", "Future"}
_THROUGH = {"Optional", "Annotated", "Mapped", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Union"}


class Meaning(NamedTuple):
    """`types` is empty when nothing is known; `provider` is the argument of `Depends(...)`, to be read in the module
    `where`; `bare` is a `Depends()`."""

    types: tuple[Type, ...] = ()
    provider: Expr | None = None
    where: Module | None = None
    bare: bool = False
    cached: bool = True
    by_type: bool = False
    """The value comes from a provider of its type."""
    marker: str = ""
    """The symbol of what marks the dependency, and until when it says that the provider lives."""
    scope: str = ""


NOTHING_SAID = Meaning()
PLAIN = Meaning((OTHER,))
_SCALARS = frozenset({"str", "int", "float", "bool", "bytes", "complex", "bytearray", "memoryview", "range"})


def meaning(project: Project, module: Module, expr: Expr | None, depth: int = 0) -> Meaning:
    """What an annotation expression means, read in this module. Never raises; unknown parts mean nothing.

    Answers that rest on nothing unfinished are kept for the expression: facts live as long as the project.
    """
    if expr is None or depth > 12:
        return NOTHING_SAID
    if depth:
        return _meaning(project, module, expr, depth)
    return project.meanings.get((module, expr), lambda key: _meaning(project, key[0], key[1], 0))


def _meaning(project: Project, module: Module, expr: Expr, depth: int) -> Meaning:
    match expr:
        case Lit(str() as text):
            return meaning(project, module, parse(text), depth + 1)
        case Lit(None):
            return Meaning((NONE,))
        case Name() | Attr():
            return _named(project, module, project.names.dotted(module, expr), expr, depth)
        case Index(of, key):
            return _generic(project, module, of, key, depth)
        case Test("|", of):
            return _union([meaning(project, module, part, depth + 1) for part in of])
        case Call() if dependency(project, module, expr) is not None:
            return dependency(project, module, expr) or NOTHING_SAID
    return NOTHING_SAID


def _union(parts: list[Meaning]) -> Meaning:
    types = tuple(dict.fromkeys(kind for part in parts for kind in part.types))
    given = next((part for part in parts if part.provider is not None or part.bare), NOTHING_SAID)
    return given._replace(types=types)


def _named(project: Project, module: Module, symbol: str, expr: Expr, depth: int) -> Meaning:
    if not symbol:
        if isinstance(expr, Name) and (expr.id in _MANY or expr.id in _MAPPINGS):
            return Meaning((Type("many"),))
        return PLAIN if isinstance(expr, Name) and expr.id in _SCALARS else NOTHING_SAID
    unit = project.names.by_symbol.get(symbol)
    if unit is not None:
        return Meaning((instance(symbol),)) if unit.kind == "class" else NOTHING_SAID
    variable = project.names.variable(symbol)
    if variable is not None:
        owner, binds = variable
        for bind in binds:
            if bind.value is None:
                continue
            if isinstance(bind.value, Call) and _last(bind.value.func) in ("TypeVar", "NewType", "ParamSpec"):
                return _type_variable(project, owner, symbol, bind.value, depth)
            if isinstance(bind.value, (Name, Attr, Index, Test, Lit)):
                found = meaning(project, owner, bind.value, depth + 1)
                if found != NOTHING_SAID:
                    return found
            if isinstance(bind.value, Call):
                kinds = tuple(
                    instance(value.type.name, *value.type.args)
                    for value in project.variable_values(symbol)
                    if value.type.kind == "class"
                )
                if kinds:
                    return Meaning(kinds)
        return NOTHING_SAID
    last = symbol.rpartition(".")[2]
    if symbol.startswith(("typing.", "typing_extensions.", "collections.", "types.")):
        if last == "Any":
            return Meaning((ANY,))
        return Meaning((Type("many"),)) if last in _MANY or last in _MAPPINGS else NOTHING_SAID
    if symbol in project.names.modules:
        return NOTHING_SAID
    return Meaning((instance(symbol),)) if "." in symbol else NOTHING_SAID


def _type_variable(project: Project, module: Module, symbol: str, call: Call, depth: int) -> Meaning:
    if _last(call.func) == "NewType":
        return NOTHING_SAID
    bound = next((arg.value for arg in call.args if arg.name == "bound"), None)
    bounds = meaning(project, module, bound, depth + 1).types if bound is not None else ()
    return Meaning((Type("variable", symbol, bounds[:1]),))


def _generic(project: Project, module: Module, of: Expr, key: Expr, depth: int) -> Meaning:
    last = _last(of)
    keys = key.of if isinstance(key, Items) and key.kind == "tuple" else (key,)
    if last == "Literal" or not keys:
        return NOTHING_SAID
    if last == "Annotated":
        first = meaning(project, module, keys[0], depth + 1)
        for extra in keys[1:]:
            found = dependency(project, module, extra)
            if found is not None:
                return found._replace(types=first.types)
        return first
    if last in _THROUGH:
        return _union([meaning(project, module, part, depth + 1) for part in keys])
    if last in ("type", "Type"):
        inner = meaning(project, module, keys[0], depth + 1).types
        return Meaning(tuple(_as_class(kind) for kind in inner))
    if last in _TUPLES and len(keys) > 1 and not isinstance(keys[1], Other):
        parts = [meaning(project, module, part, depth + 1).types or (OTHER,) for part in keys]
        return Meaning((of_positions(parts),))
    if last in _MANY or last in _MAPPINGS:
        part = keys[-1] if last in _MAPPINGS else keys[0]
        inner = meaning(project, module, part, depth + 1).types
        return Meaning(tuple(Type("many", "", (kind,)) for kind in inner or (OTHER,)))
    if last in _YIELDING:
        return Meaning(
            tuple(Type("generator", "", (kind,)) for kind in meaning(project, module, keys[0], depth + 1).types)
        )
    if last in _AWAITED:
        part = keys[-1] if last == "Coroutine" else keys[0]
        return Meaning(
            tuple(Type("coroutine", -1, (kind,)) for kind in meaning(project, module, part, depth + 1).types)
        )
    if last == "Callable":
        returned = meaning(project, module, keys[-1], depth + 1).types
        return Meaning(tuple(Type("callable", "", (kind,)) for kind in returned))
    if last == "FromDishka" and project.names.dotted(module, of) in BY_TYPE:
        return meaning(project, module, keys[0], depth + 1)._replace(by_type=True)
    outer = meaning(project, module, of, depth + 1)
    args = tuple((meaning(project, module, part, depth + 1).types or (ANY,))[0] for part in keys)
    return outer._replace(
        types=tuple(Type(kind.kind, kind.name, args) if kind.kind == "instance" else kind for kind in outer.types)
    )


def _as_class(kind: Type) -> Type:
    if kind.kind == "instance":
        return Type("class", kind.name, kind.args)
    return Type("class", "", (kind,)) if kind.kind == "variable" else ANY


def dependency(project: Project, module: Module, expr: Expr) -> Meaning | None:
    """The meaning of `Depends(...)`, or None when the expression is not one."""
    if isinstance(expr, Index) and project.names.dotted(module, expr.of) in WIRED:
        return Meaning((), expr, module)
    if not isinstance(expr, Call) or (marker := project.names.dotted(module, expr.func)) not in DEPENDS:
        return None
    given = next((arg.value for arg in expr.args if arg.name in ("", "dependency")), None)
    cached = not any(arg.name == "use_cache" and arg.value == Lit(False) for arg in expr.args)
    scope = next((arg.value for arg in expr.args if arg.name == "scope"), None)
    told = str(scope.value) if isinstance(scope, Lit) else "?" if scope is not None else ""
    return Meaning((), given, module, given is None, cached, marker=marker, scope=told)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr | None:
    """A string annotation as an expression; None when it is none."""
    try:
        return _convert(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _convert(node: ast.expr) -> Expr:
    match node:
        case ast.Name(id):
            return Name(id)
        case ast.Attribute(value, attr):
            return Attr(_convert(value), attr)
        case ast.Subscript(value, index):
            return Index(_convert(value), _convert(index))
        case ast.Tuple(elements):
            return Items("tuple", tuple(_convert(element) for element in elements))
        case ast.BinOp(left, ast.BitOr(), right):
            return Test("|", (_convert(left), _convert(right)))
        case ast.Constant(value) if value is None or isinstance(value, str):
            return Lit(value)
    return Other(())


def _last(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    return expr.name if isinstance(expr, Attr) else ""
