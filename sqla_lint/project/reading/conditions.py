"""What a test says about parameters and locals where it holds."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from ...facts.schema import Arg, Attr, Call, Choice, Expr, Lit, Name, Test
from ...knowledge.sqlalchemy import ASKS, PENDING
from ...knowledge.web import REQUESTS
from ...model import Confidence
from .. import meanings
from ..parts import mentions, parts
from ..summary import Guard, Literal, Summary
from ..text import render
from ..values import ANY, NOTHING, UNKNOWN, Constant, Path, Type, Value, Values, constant

if TYPE_CHECKING:
    from ..modules import Unit
    from .reading import Reading

_NONE = Lit(None)
_OF_REQUEST = PENDING | {
    "method",
    "url",
    "path",
    "endpoint",
    "headers",
    "query_params",
    "get",
    "startswith",
    "endswith",
}
"""What tells what a request asks for, or what a session has to write."""


CERTAIN = Confidence.CERTAIN


Narrowed = dict[str, Values]


@dataclass(slots=True)
class Ledger:
    """What one function's tests ask its parameters."""

    optional: dict[Path, Constant] = field(default_factory=dict)
    """Entries of `**kwargs` that are asked for, with their defaults."""
    popped: set[Path] = field(default_factory=set)
    """Those that are taken out."""
    proven: dict[int, tuple[Type, ...]] | None = None
    """The classes that a parameter has on all ways out; None before the first."""


def narrow(r: Reading, test: Expr) -> tuple[Narrowed, Narrowed]:
    """What `isinstance(x, C)`, or `issubclass(x.__class__, C)`, says about locals where it holds, and where not. A part
    of a local, `self.db`, is told of by its text."""
    match test:
        case Test("not", (inner,)):
            return narrow(r, inner)[::-1]
        case (
            Call(Name("isinstance"), (Arg(value=(Name() | Attr(Name())) as of), Arg(value=classes)))
            | Call(Name("issubclass"), (Arg(value=Attr(Name() as of, "__class__")), Arg(value=classes)))
            | Call(Name("issubclass"), (Arg(value=Call(Name("type"), (Arg(value=Name() as of),))), Arg(value=classes)))
        ):
            own = _own_class(r, classes)
            kinds = own or meanings.meaning(r.project, r.module, classes).types
            name = render(of)
            values = r.env.get(name, NOTHING) if isinstance(of, Name) else r.value(of)
            if own:
                values = tuple(value for value in values if may_be(r, value.type, own[0])) or values
            if kinds and name in r.env and _is_unknown(values):
                return {name: _known_as(r, values, kinds)}, {}
            symbols = frozenset(str(kind.name) for kind in kinds)
            fitting = tuple(value for value in values if r.classes.is_a(str(value.type.name), symbols))
            rest = tuple(value for value in values if value not in fitting)
            if isinstance(of, Attr):
                r.narrowed = r.narrowed or bool(values)
                known = fitting or _known_as(r, values, kinds) or values
                return ({name: known}, {name: rest}) if values else ({}, {})
            if fitting:
                return {name: fitting}, {name: rest}
            known = _known_as(r, values, kinds) if kinds and values and not fitting else NOTHING
            if known:
                return {name: known}, {}
    return {}, {}


def _own_class(r: Reading, expr: Expr) -> tuple[Type, ...]:
    """What an instance of `cls` is, in a class method."""
    values = r.env.get(expr.id, NOTHING) if isinstance(expr, Name) and r.unit.is_classmethod else NOTHING
    return tuple(value.type._replace(kind="instance") for value in values if value.path == Path("param", 0))[:1]


def _is_unknown(values: Values) -> bool:
    return not values or values[0].type == ANY


def _known_as(r: Reading, values: Values, kinds: tuple[Type, ...]) -> Values:
    """What is of one of these classes, as is known now; nothing where it cannot be."""
    if _is_unknown(values):
        return tuple(Value(values[0].path if values else UNKNOWN, kind, CERTAIN) for kind in kinds)
    if all(may_be(r, value.type, kind) for value in values for kind in kinds):
        return tuple(Value(value.path, kind, value.sure) for value in values for kind in kinds)
    return NOTHING


def may_be(r: Reading, kind: Type, other: Type) -> bool:
    """Whether what is of one class may be of another one, see `Classes.may_be`."""
    return kind.kind == other.kind == "instance" and r.classes.may_be(str(kind.name), str(other.name))


def checked(r: Reading) -> None:
    """The function returns: what it knows of its parameters now its caller knows too, if it is so on all ways out."""
    found = {}
    for index, param in enumerate(r.unit.definition.params):
        values = r.env.get(param.name, NOTHING)
        first = r.taken.get(param.name, NOTHING)
        if values is not first and all(value.path == Path("param", index) for value in values):
            kinds = tuple(value.type for value in values if value.type.kind == "instance")
            before = {value.type for value in first}
            if len(kinds) == len(values) and (before > set(kinds) or before.isdisjoint(kinds)):
                found[index] = kinds
    known = r.conditions.proven
    r.conditions.proven = (
        found if known is None else {at: kinds for at, kinds in known.items() if found.get(at) == kinds}
    )


def take_over(r: Reading, unit: Unit, summary: Summary, source: Call | str) -> None:
    """A callee has returned: the locals that it was given are of the classes that it has checked."""
    args = source.args if isinstance(source, Call) else ()
    names = [arg.value.id if isinstance(arg.value, Name) else "" for arg in takewhile(lambda arg: not arg.name, args)]
    first = int(unit.klass is not None and not unit.is_static)
    for index, kinds in summary.proves:
        name = names[index - first] if first <= index < first + len(names) else ""
        if name in r.env:
            r.env[name] = _known_as(r, r.env[name], kinds) or r.env[name]


def conditions(r: Reading, test: Expr) -> list[Literal]:
    """All conditions on parameters that hold where the test does."""
    parts = test.of if isinstance(test, Choice) and test.op == "and" else (test,)
    return [literal for part in parts if (literal := condition(r, part)) is not None]


def condition(r: Reading, test: Expr) -> Literal | None:
    """The test as a condition on a parameter, or None."""
    if isinstance(test, Name) and test.id in r.flags:
        return r.flags[test.id]
    if isinstance(test, (Name, Call)):
        return _on_parameter(r, test, "true", True)
    if isinstance(test, Test):
        if test.op == "not":
            inner = condition(r, test.of[0])
            return inner._replace(holds=not inner.holds) if inner is not None else None
        if len(test.of) == 2 and test.of[1] == _NONE and test.op in ("is", "is not", "==", "!="):
            return _on_parameter(r, test.of[0], "none", test.op in ("is", "=="))
        match test:
            case Test("in" | "not in", (Lit(str() as key), Name(name))):
                return _of_key(r, key, r.env.get(name, NOTHING), test.op == "not in")
    return None


def _of_key(r: Reading, key: str, values: Values, is_missing: bool) -> Literal | None:
    """Whether `**kwargs` has a keyword."""
    params = r.unit.definition.params
    if len(values) == 1 and values[0].path.root == "param" and not values[0].path.attrs:
        index = values[0].path.key
        return Literal(index, "missing", is_missing, key) if params[index].kind == "kwargs" else None
    return None


def _on_parameter(r: Reading, expr: Expr, test: str, holds: bool) -> Literal | None:
    """A test of a parameter that a name still stands for, unchanged, or of what is taken out of `**kwargs`."""
    match expr:
        case Name(name):
            values = r.env.get(name, NOTHING)
            for index, param in enumerate(r.unit.definition.params):
                if param.name == name:
                    here = Path("param", index)
                    return Literal(index, test, holds) if any(value.path == here for value in values) else None
            return of_keyword(r, values[0].path, test, holds) if len(values) == 1 else None
        case Call(Attr(Name(name), "get" | "pop"), (Arg(value=Lit(key)), *_)):
            values = r.env.get(name, NOTHING)
            return of_keyword(r, values[0].path.attr(f"[{key}]"), test, holds) if len(values) == 1 else None
    return None


def taken(r: Reading, path: Path, name: str, given: Sequence[Values]) -> None:
    """`**kwargs` is asked for a keyword, by `get` or `pop`: what there is in its place is remembered."""
    params = r.unit.definition.params
    if path.root == "param" and len(path.attrs) == 1 and params[path.key].kind == "kwargs":
        known, default = constant(given[1]) if len(given) > 1 else (name == "get", None)
        if known:
            r.conditions.optional.setdefault(path, default)
        if name == "pop":
            r.conditions.popped.add(path)


def of_keyword(r: Reading, path: Path, test: str, holds: bool) -> Literal | None:
    """A test of what was taken out of `**kwargs`."""
    if path not in r.conditions.optional:
        return None
    return Literal(path.key, test, holds, path.attrs[0][1:-1], r.conditions.optional[path])


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


def asks(r: Reading, but: Set[Expr] = frozenset()) -> str:
    """What decides whether what stands here happens: "state" a test for a transaction, "test" another one that is not
    about a parameter, "request" only one about what was asked for, or what is to be written, "" nothing else `but`
    these."""
    found = ""
    for test in r.tests:
        if test in but:
            continue
        if mentions(test, ASKS):
            return "state"
        if condition(r, test) is None:
            found = "request" if found != "test" and _is_of_request(r, test) else "test"
    return found


def _is_of_request(r: Reading, test: Expr) -> bool:
    """Whether a test asks for nothing but what a request is, or what a session holds."""
    names = [part for part in parts(test) if isinstance(part, Name)]
    attributes = {part.name for part in parts(test) if isinstance(part, Attr)}
    return bool(names) and attributes <= _OF_REQUEST and all(_is_request(r, name) for name in names)


def _is_request(r: Reading, name: Name) -> bool:
    kinds = [value.type for value in r.value(name)]
    return bool(kinds) and all(kind.name in REQUESTS or r.classes.session_kind(kind) for kind in kinds)


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
