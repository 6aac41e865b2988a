"""The parts of a piece of code, as facts have it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from ..facts import schema
from ..facts.schema import (
    Attr,
    Await,
    Bind,
    Body,
    Branch,
    Call,
    Choice,
    Do,
    Expr,
    Items,
    Leave,
    Lit,
    Name,
    Repeat,
    Stmt,
    Test,
    Try,
    With,
)
from .modules import last_name

_INNER: dict[type[object], tuple[str, ...]] = {
    kind: tuple(field.name for field in reversed(structs.fields(kind)) if field.type not in (str, int, bool))
    for kind in vars(schema).values()
    if isinstance(kind, type) and issubclass(kind, Struct)
}
"""The fields of each kind of node that may have nodes in them, the last one first."""
_ABSENT = re.compile(r"(?:NotFound|NoResultFound|DoesNotExist|NoSuch\w+)(?:Error|Exception)?$")


def parts(node: object) -> Iterator[object]:
    """A node of facts and all that it is made of, in the order of the code, nested definitions apart."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
            continue
        names = _INNER.get(type(node))
        if names is not None:
            yield node
            for name in names:
                waiting.append(getattr(node, name))


def blocks(stmt: Stmt) -> tuple[Body, ...]:
    """The blocks of a statement that has some."""
    match stmt:
        case Branch(arms, orelse):
            return (*(arm.body for arm in arms), orelse)
        case Try(body, handlers, orelse, final):
            return (body, *(handler.body for handler in handlers), orelse, final)
        case Repeat(body=body, orelse=orelse):
            return body, orelse
        case With(body=body):
            return (body,)
    return ()


def reads(node: object, names: frozenset[str]) -> bool:
    """Whether an expression reads one of these names."""
    return any(isinstance(part, Name) and part.id in names for part in parts(node))


def calls(node: object, name: str) -> bool:
    """Whether a piece of code calls something of this name, whatever it is a part of."""
    return any(isinstance(part, Call) and last_name(part) == name for part in parts(node))


def catches_all(types: Expr | None) -> bool:
    """Whether what an `except` says catches whatever is raised."""
    return types is None or (isinstance(types, Name) and types.id in ("Exception", "BaseException"))


def says_absent(types: Expr | None) -> bool:
    """Whether what an `except` says catches only that something looked for is not there."""
    named = types.of if isinstance(types, Items) else (types,)
    return all(one is not None and _ABSENT.search(last_name(one)) is not None for one in named)


def mentions(node: object, words: frozenset[str]) -> bool:
    """Whether an expression has an attribute, or a text, of one of these words."""
    return any(
        (isinstance(part, Attr) and part.name in words)
        or (isinstance(part, Lit) and isinstance(part.value, str) and part.value in words)
        for part in parts(node)
    )


def returned_at(body: object, at: int) -> bool:
    """Whether what the call at `at` gives, or awaiting it, is what a function returns, with a status or without."""
    made = {
        target.id
        for bind in parts(body)
        if isinstance(bind, Bind) and _is_call(bind.value, at)
        for target in bind.targets
        if isinstance(target, Name)
    }
    returns = (part.value for part in parts(body) if isinstance(part, Leave) and part.kind == "return")
    ends = (end for value in returns for end in _alternatives(value))
    return any(_is_call(end, at) or (isinstance(end, Name) and end.id in made) for end in ends)


def is_statement(body: Body, at: int) -> bool:
    """Whether the call at `at`, or awaiting it, is a statement of a body itself, and stands in no block of it."""
    return any(isinstance(stmt, Do) and _is_call(stmt.expr, at) for stmt in body)


def _alternatives(expr: Expr | None) -> tuple[Expr | None, ...]:
    """What an expression hands on as it is: itself, one of several, or each of a tuple."""
    match expr:
        case Choice(of=of) | Items("tuple", of):
            return tuple(one for part in of for one in _alternatives(part))
    return (expr,)


def only_compared(body: object, at: int, ends: frozenset[str]) -> bool:
    """Whether what the call at `at` begins to build has a name, and all that a body does with that is to compare it:
    then it is a part of what is compared. A chain of calls that has one of the `ends` is more than building."""
    binds = [part for part in parts(body) if isinstance(part, Bind)]
    built = next((bind for bind in binds if bind.value is not None and _begins(bind.value, at, ends)), None)
    match built:
        case Bind(targets=(Name(name),)):
            named = sum(Name(name) in bind.targets for bind in binds)
            compared = [one for part in parts(body) if isinstance(part, Test) for one in _compared(part)]
            uses = sum(part == Name(name) for part in parts(body)) - named
            return 0 < uses == compared.count(Name(name))
    return False


def _compared(test: Test) -> tuple[Expr, ...]:
    return test.of if test.op in ("==", "!=", "<", "<=", ">", ">=") else ()


def _begins(expr: Expr, at: int, ends: frozenset[str]) -> bool:
    """Whether an expression is a chain of calls that begins with the one at `at` and has none of the `ends`."""
    while isinstance(expr, Call):
        if expr.at == at:
            return True
        if not isinstance(expr.func, Attr) or expr.func.name in ends:
            return False
        expr = expr.func.of
    return False


def _is_call(expr: object, at: int) -> bool:
    expr = expr.of if isinstance(expr, Await) else expr
    return isinstance(expr, Call) and expr.at == at
