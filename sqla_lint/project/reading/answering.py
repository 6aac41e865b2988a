"""What a function that is called answers beside its result: a flag that says which of two ways it took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Bind, Body, Branch, Call, Choice, Expr, Items, Leave, Lit, Name, Test
from ..callers import given
from ..modules import Unit
from ..parts import parts
from ..summary import Literal
from . import conditions

if TYPE_CHECKING:
    from .reading import Reading

_NONE = Lit(None)


def flags(r: Reading, target: Items, call: Call) -> dict[str, Literal]:
    """The locals that stand for a test of a parameter, since what is called gives True for them where the test holds
    and False where not: `owned` in `db, owned = existing_or_new(session)`."""
    unit = r.names.by_symbol.get(r.symbol(call.func)) if isinstance(call.func, Name) else None
    if unit is None or unit.kind != "function" or unit.definition.is_generator or unit.definition.decorators:
        return {}
    found = {}
    for name, test, holds in _told(unit, target):
        passed = _passed(unit, call, test)
        literal = conditions.condition(r, passed) if passed is not None else None
        if literal is not None:
            found[name] = literal if holds else literal._replace(holds=not literal.holds)
    return found


def _told(unit: Unit, target: Items) -> Iterator[tuple[str, Expr, bool]]:
    """The names of a target that are True or False by a test of the function, and which of them where it holds."""
    match _ways(unit.body):
        case (test, Items("tuple", then), Items("tuple", other)) if len(then) == len(other) == len(target.of):
            for local, one, two in zip(target.of, then, other, strict=True):
                match (local, one, two):
                    case (Name(name), Lit(bool(holds)), Lit(bool(otherwise))) if holds != otherwise:
                        yield name, test, holds


def _ways(body: Body) -> tuple[Expr, Expr | None, Expr | None] | None:
    """The test by which a function chooses what it returns, and what that is where it holds and where not."""
    match body:
        case (*_, Leave("return", Choice("if", (then, other), test))) if test is not None and _is_plain(body[:-1]):
            return test, then, other
        case (*_, Branch((arm,), (Leave("return", other),))) if _is_plain(body[:-1]):
            return _of_arm(arm.test, arm.body, other)
        case (*_, Branch((arm,), ()), Leave("return", other)) if _is_plain(body[:-2]):
            return _of_arm(arm.test, arm.body, other)
    return None


def _of_arm(test: Expr, body: Body, other: Expr | None) -> tuple[Expr, Expr | None, Expr | None] | None:
    match body:
        case (*before, Leave("return", then)) if _is_plain(tuple(before)):
            return test, then, other
    return None


def _is_plain(body: Body) -> bool:
    """Whether nobody leaves in these statements."""
    return not any(isinstance(part, Leave) for part in parts(body))


def _passed(unit: Unit, call: Call, test: Expr) -> Expr | None:
    """The test of a parameter as a test of what the call gives it."""
    match test:
        case Test("not", (inner,)):
            passed = _passed(unit, call, inner)
            return Test("not", (passed,)) if passed is not None else None
        case Test("is" | "is not" | "==" | "!=" as op, (Name() as asked, Lit(None))):
            passed = _argument(unit, call, asked)
            return Test(op, (passed, _NONE)) if passed is not None else None
        case Name():
            return _argument(unit, call, test)
    return None


def _argument(unit: Unit, call: Call, asked: Name) -> Expr | None:
    """What a call gives for a parameter that the function leaves as it is."""
    names = [param.name for param in unit.definition.params if param.kind in ("positional", "normal", "keyword")]
    rebound = any(asked in part.targets for part in parts(unit.body) if isinstance(part, Bind))
    if asked.id not in names or rebound or any("*" in arg.name for arg in call.args):
        return None
    return given(unit, call, names.index(asked.id))
