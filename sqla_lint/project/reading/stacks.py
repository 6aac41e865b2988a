"""The blocks that an `ExitStack` enters: from there on to the end of its own block they are blocks around all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Arg, Attr, Await, Bind, Body, Call, Do, Expr, Name, Stmt, With, WithItem
from ...knowledge.python import ENTERS, STACKS
from ..parts import parts

if TYPE_CHECKING:
    from .reading import Reading


def unstacked(r: Reading, stmt: With) -> With:
    """A `with` of a stack, as the blocks in one another that it stands for; the same where the stack does more."""
    for item in stmt.items:
        match item:
            case WithItem(Call(func), Name() as stack) if r.symbol(func) in STACKS and _only_enters(stmt.body, stack):
                return With(stmt.items, _nested(stmt.body, stack), stmt.is_async, stmt.at)
    return stmt


def _only_enters(body: Body, stack: Name) -> bool:
    """Whether nothing else is done to a stack: what it has entered can be taken out of it, and live on."""
    used = sum(part == stack for part in parts(body))
    return used == sum(isinstance(part, Attr) and part.of == stack and part.name in ENTERS for part in parts(body))


def _nested(body: Body, stack: Name) -> Body:
    for number, stmt in enumerate(body):
        block = _entered(stmt, stack)
        if block is not None:
            return (*body[:number], With(block.items, _nested(body[number + 1 :], stack), block.is_async, block.at))
    return body


def _entered(stmt: Stmt, stack: Name) -> With | None:
    """The block that a statement enters, without its body."""
    match stmt:
        case Bind(targets=(target,), value=value, augmented="") if value is not None:
            return _block(value, target, stack)
        case Do(value):
            return _block(value, None, stack)
    return None


def _block(value: Expr, target: Expr | None, stack: Name) -> With | None:
    is_async = isinstance(value, Await)
    call = value.of if isinstance(value, Await) else value
    match call:
        case Call(Attr(of, name), (Arg("", context),), at) if of == stack and name in ENTERS:
            return With((WithItem(context, target),), (), is_async, at)
    return None
