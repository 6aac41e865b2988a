"""What a test says about parameters and locals where it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import (
    Arg,
    Call,
    Choice,
    Expr,
    Lit,
    Name,
    Test,
)
from ..knowledge.sqlalchemy import ASKS
from ..model import Confidence
from . import meanings
from .parts import mentions
from .summary import Guard, Literal
from .text import render
from .values import (
    ANY,
    NOTHING,
    Path,
    Value,
    Values,
)

if TYPE_CHECKING:
    from .reading import Reading

_NONE = Lit(None)


CERTAIN = Confidence.CERTAIN


Narrowed = dict[str, Values]


def narrow(r: Reading, test: Expr) -> tuple[Narrowed, Narrowed]:
    """What `isinstance(x, C)` says about locals where it holds, and where it does not."""
    match test:
        case Test("not", (inner,)):
            return narrow(r, inner)[::-1]
        case Call(Name("isinstance"), (Arg(value=Name(name)), Arg(value=classes))):
            kinds = meanings.meaning(r.project, r.module, classes).types
            values = r.env.get(name, NOTHING)
            if kinds and values and values[0].type == ANY:
                return {name: tuple(Value(values[0].path, kind, CERTAIN) for kind in kinds)}, {}
            symbols = frozenset(str(kind.name) for kind in kinds)
            fitting = tuple(value for value in values if r.classes.is_a(str(value.type.name), symbols))
            rest = tuple(value for value in values if value not in fitting)
            if fitting and rest:
                return {name: fitting}, {name: rest}
    return {}, {}


def conditions(r: Reading, test: Expr) -> list[Literal]:
    """All conditions on parameters that hold where the test does."""
    parts = test.of if isinstance(test, Choice) and test.op == "and" else (test,)
    return [literal for part in parts if (literal := condition(r, part)) is not None]


def condition(r: Reading, test: Expr) -> Literal | None:
    """The test as a condition on a parameter, or None."""
    if isinstance(test, Name):
        if test.id in r.flags:
            return r.flags[test.id]
        index = _plain_parameter(r, test)
        return Literal(index, "true", True) if index is not None else None
    if isinstance(test, Test):
        if test.op == "not":
            inner = condition(r, test.of[0])
            return inner._replace(holds=not inner.holds) if inner is not None else None
        if len(test.of) == 2 and test.of[1] == _NONE and test.op in ("is", "is not", "==", "!="):
            index = _plain_parameter(r, test.of[0])
            if index is not None:
                return Literal(index, "none", test.op in ("is", "=="))
    return None


def _plain_parameter(r: Reading, expr: Expr) -> int | None:
    """The index of the parameter that a name still stands for, unchanged."""
    if not isinstance(expr, Name):
        return None
    for index, param in enumerate(r.unit.definition.params):
        if param.name == expr.id:
            here = Path("param", index)
            return index if any(value.path == here for value in r.env.get(expr.id, NOTHING)) else None
    return None


def holds_nothing(test: Expr) -> tuple[frozenset[str], frozenset[str]]:
    """The locals that hold nothing where the test does, and where it does not."""
    none: frozenset[str] = frozenset()
    match test:
        case Name(name):
            return none, frozenset({name})
        case Test("not", (inner,)):
            return holds_nothing(inner)[::-1]
        case Test("is" | "==", (Name(name), Lit(None))):
            return frozenset({name}), none
        case Test("is not" | "!=", (Name(name), Lit(None))):
            return none, frozenset({name})
    return none, none


def asks(r: Reading) -> str:
    """What decides whether what stands here happens: "state" a test for a transaction, "test" another one that is not
    about a parameter, "" nothing else."""
    found = ""
    for test in r.tests:
        if mentions(test, ASKS):
            return "state"
        if condition(r, test) is None:
            found = "test"
    return found


def excluded(one: Guard, other: Guard) -> bool:
    """Whether two conditions cannot both hold."""
    return any(literal._replace(holds=not literal.holds) in other for literal in one)


def asked_for(test: Expr) -> tuple[tuple[str, str], ...]:
    """The attribute that `hasattr(x, "name")` asks for: where one must ask, there is another way too."""
    match test:
        case Choice("and", parts):
            return tuple(found for part in parts for found in asked_for(part))
        case Call(Name("hasattr"), (Arg(value=of), Arg(value=Lit(str() as name)))):
            return ((render(of), name),)
    return ()
