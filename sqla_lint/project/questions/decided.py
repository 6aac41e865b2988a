"""What Python decides that was meant for the database: `is`, `not`, `and`, `or` and `in` about columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Arg, Attr, Bind, Body, Call, Choice, Expr, Index, Items, Leave, Lit, Loop, Name, Named, Test
from ...knowledge import canonical
from ...knowledge.queries import BUILDS, COLUMN, PACKAGES, SQL, TABLE_COLUMNS
from ...knowledge.sqlalchemy import COLUMNS
from ...knowledge.sqlmodel import SQLMODEL
from ...model import Confidence
from ..mapping import mapped
from ..modules import last_name
from ..summary import Decided
from ..text import render
from ..values import Value, Values

if TYPE_CHECKING:
    from ..classes import Classes
    from ..reading.reading import Reading

_ASKED = frozenset({"is", "is not", "in", "not in"})
_BINDING = frozenset({"&", "|"})
_NOT_SQL = _ASKED | {"not", "assert"}
_FILLS = frozenset({"append", "extend", "add", "insert"})
_CLASS_VARIABLE = frozenset({"ClassVar", "Relationship"})
_OF_COLLECTIONS = frozenset({"keys", "values", "items", "get"})
_LONGEST = 60

# What is known of the truth of an operand when Python asks for it.
_TRUTHS = {
    "column": "true",
    "relationship": "true",
    "equal": "false",
    "unequal": "true",
    "core": "raises",
    "sql": "raises",
}


def met(r: Reading, expr: Test | Choice) -> None:
    """An expression that Python works out: remember it, if it is about columns."""
    if expr.at in r.decided:
        return
    found = _choice(r, expr) if isinstance(expr, Choice) else _test(r, expr)
    if found is not None:
        r.decided[expr.at] = found


def _choice(r: Reading, expr: Choice) -> Decided | None:
    kinds = [_kind(r, part) for part in expr.of]
    if expr.op == "if" or not any(kind for kind, _ in kinds[:-1]):
        return None
    fits = all(_fits(r, kind, part) for (kind, _), part in zip(kinds, expr.of, strict=True))
    for (kind, _), part in zip(kinds, expr.of, strict=True):
        truth = _truth(r, kind, part)
        if truth == "raises" and part is not expr.of[-1]:
            return _found(r, expr, kinds, "raises", "", truth, fits)
        if part is expr.of[-1] or (truth and (truth == "true") == (expr.op == "or")):
            return _found(r, expr, kinds, "keeps", shown(part), truth, fits)
        if not truth:
            break
    return _found(r, expr, kinds, "", "", "", fits)


def _test(r: Reading, expr: Test) -> Decided | None:
    operators = expr.op.split(" ") if expr.op not in ("is not", "not in") else [expr.op]
    bound = next((part for part in expr.of if isinstance(part, Test) and part.op in _BINDING), None)
    if bound is not None and operators != ["not"]:
        kinds = [_kind(r, part) for part in bound.of]
        loose = any(kind in ("column", "core") for kind, _ in kinds)
        return _found(r, expr, kinds, "binds", bound.op, "", False) if loose else None
    kinds = [_kind(r, part) for part in expr.of]
    if not any(kind for kind, _ in kinds):
        return None
    first = kinds[0][0]
    if expr.op == "not":
        opposite = {"true": "false", "false": "true"}
        truth = _truth(r, first, expr.of[0])
        fits = _fits(r, first, expr.of[0])
        comes = opposite.get(truth, truth)
        return _found(r, expr, kinds, comes, "", comes, fits)
    if len(expr.of) > 2:
        return _chained(r, expr, operators, kinds)
    if expr.op in ("is", "is not"):
        fits = first in ("column", "core", "sql") and not isinstance(expr.of[1], Call)
        comes = "false" if expr.op == "is" else "true"
        return _found(r, expr, kinds, comes, "", comes, fits)
    if expr.op in ("in", "not in"):
        if kinds[1][0]:
            refuses = kinds[1][0] in ("column", "core")
            return _found(r, expr, kinds, "raises", "", "raises", False) if refuses else None
        if isinstance(expr.of[1], Items) and any(_kind(r, part)[0] for part in expr.of[1].of):
            return None
        comes = "false" if expr.op == "in" else "true"
        return _found(r, expr, kinds, comes, "", comes, first in ("column", "core"))
    return None


def _chained(r: Reading, expr: Test, operators: list[str], kinds: list[tuple[str, Confidence]]) -> Decided | None:
    """`a == b == c` is `a == b and b == c`."""
    if not set(operators) <= {"==", "!=", "<", ">", "<=", ">="} or not (kinds[0][0] or kinds[1][0]):
        return None
    if operators[0] not in ("==", "!="):
        return _found(r, expr, kinds, "raises", "", "raises", False)
    kept = expr.of[:2] if operators[0] == "==" else expr.of[1:3]
    operator = operators[0] if operators[0] == "==" else operators[1]
    return _found(r, expr, kinds, "keeps", f" {operator} ".join(map(shown, kept)), "", False)


def _fits(r: Reading, kind: str, part: Expr) -> bool:
    """Whether an operand is a condition, or becomes one when it is said in SQL."""
    if kind == "meant" and isinstance(part, (Test, Choice)):
        return r.decided[part.at].fits
    return kind in ("equal", "unequal", "sql") or (kind in ("column", "core") and _is_boolean(r, part))


def _found(
    r: Reading,
    expr: Test | Choice,
    kinds: list[tuple[str, Confidence]],
    comes: str,
    kept: str,
    truth: str,
    fits: bool,
) -> Decided:
    sure = min((sure for kind, sure in kinds if kind), default=Confidence.CERTAIN)
    constant = expr.of[-1] in (Lit(None), Lit(True), Lit(False))
    return Decided(expr.at, expr.op, shown(expr), "", comes, kept, truth, kinds[0][0], constant, fits, sure)


def _truth(r: Reading, kind: str, part: Expr) -> str:
    """What Python finds when it asks whether an operand is true: "true", "false" or "raises"; "" if nobody knows."""
    if kind == "meant" and isinstance(part, (Test, Choice)):
        return r.decided[part.at].truth
    return _TRUTHS.get(kind, "")


def _kind(r: Reading, expr: Expr) -> tuple[str, Confidence]:
    """What an operand is that the database should see: a column or relationship of a mapped class, a column of a table
    ("core"), something that is equal or unequal, other SQL, or what is meant as such and decided by Python; "" if it is
    none, and how sure that is."""
    match expr:
        case Attr():
            return _attribute(r, expr)
        case Test(op, of):
            if expr.at in r.decided:
                return "meant", r.decided[expr.at].sure
            if op in _NOT_SQL or (len(of) > 2 and " " in op):
                return "", Confidence.CERTAIN
            known = [sure for kind, sure in (_kind(r, part) for part in of) if kind]
            kind = {"==": "equal", "!=": "unequal"}.get(op, "sql")
            return (kind, min(known)) if known else ("", Confidence.CERTAIN)
        case Choice():
            return ("meant", r.decided[expr.at].sure) if expr.at in r.decided else ("", Confidence.CERTAIN)
        case Call(func=Attr(of=of)) if (known_kind := _kind(r, of))[0] not in ("", "meant"):
            return "sql", known_kind[1]
        case Call(func=func, args=args):
            symbol = _symbol(r, func)
            if symbol == COLUMN and args:
                return _kind(r, args[0].value)
            if symbol in BUILDS or symbol.startswith("sqlalchemy.func."):
                return "sql", Confidence.CERTAIN
    return "", Confidence.CERTAIN


def _symbol(r: Reading, expr: Expr) -> str:
    """The library's function that is called; "" where it is none."""
    name = expr
    while isinstance(name, Attr):
        name = name.of
    if not isinstance(name, Name) or name.id in r.env:
        return ""
    imported = r.imports.get(name.id)
    if imported is None:
        return canonical(r.names.dotted(r.module, expr))
    symbol = r.names.target(r.module, imported)
    while expr is not name and isinstance(expr, Attr):
        symbol, expr = f"{symbol}.{expr.name}", expr.of
    return canonical(symbol)


def _attribute(r: Reading, expr: Attr) -> tuple[str, Confidence]:
    of = expr.of
    if not isinstance(of, (Name, Attr)):
        return "", Confidence.CERTAIN
    values = _owner(r, of)
    found = [_of_value(r.classes, value, expr.name) for value in values]
    kinds = {kind for kind, _ in found}
    if len(kinds) != 1 or "" in kinds:
        return "", Confidence.CERTAIN
    return kinds.pop(), min(sure for _, sure in found)


def _owner(r: Reading, of: Expr) -> Values:
    """What an attribute is read of; nothing for what hangs on an entity, whose attributes are values."""
    root = of
    while isinstance(root, Attr):
        root = root.of
    values = r.value(root) if isinstance(root, Name) else ()
    if not values or any(one.type.kind == "instance" and r.classes.is_entity(str(one.type.name)) for one in values):
        return ()
    return values if of is root else r.value(of)


def _of_value(classes: Classes, value: Value, name: str) -> tuple[str, Confidence]:
    """What an attribute of a value is: of a class that is mapped, or has a table and a base that nobody knows."""
    kind, sure = value.type, value.sure
    if kind.kind == "instance" and kind.name in (COLUMNS, TABLE_COLUMNS):
        return ("core" if name not in _OF_COLLECTIONS else ""), sure
    if kind.kind != "class" or not kind.name:
        return "", sure
    symbol = str(kind.name)
    if not classes.is_entity(symbol):
        line = [ancestor.symbol for ancestor in classes.line(symbol)]
        if not any("__tablename__" in classes.body(one) for one in line):
            return "", sure
        sure = min(sure, Confidence.LIKELY)
    elif not any(map(classes.is_mapped, (symbol, *classes.below(symbol)))):
        return "", sure
    found = mapped(classes, symbol, name)
    if found is not None:
        return found.kind, sure
    return ("column" if _is_field(classes, symbol, name) else ""), sure


def _is_field(classes: Classes, symbol: str, name: str) -> bool:
    """Whether a SQLModel class has a column of this name that says no more than its type."""
    line = [ancestor.symbol for ancestor in classes.line(symbol)]
    binds = [bind for one in line for bind in classes.body(one).get(name, ())]
    return SQLMODEL in line and bool(binds) and _is_plain(binds[0])


def _is_plain(bind: Bind) -> bool:
    said = bind.annotation
    outer = said.of if isinstance(said, Index) else said
    return (
        outer is not None
        and last_name(outer) not in _CLASS_VARIABLE
        and not (isinstance(bind.value, Call) and last_name(bind.value) in _CLASS_VARIABLE)
    )


def _is_boolean(r: Reading, expr: Expr) -> bool:
    """Whether a column holds a truth value."""
    if not isinstance(expr, Attr):
        return False
    for value in _owner(r, expr.of):
        line = r.classes.line(str(value.type.name)) if value.type.kind == "class" else ()
        binds = [bind for one in line for bind in r.classes.body(one.symbol).get(expr.name, ())]
        if not binds or not _says_bool(binds[0]):
            return False
    return True


def _says_bool(bind: Bind) -> bool:
    said = bind.annotation
    if isinstance(said, Index):
        said = said.key
    if isinstance(said, Name) and said.id == "bool":
        return True
    given = bind.value.args if isinstance(bind.value, Call) else ()
    return any(last_name(arg.value) in ("Boolean", "BOOLEAN") for arg in given)


def found(r: Reading, body: Body) -> tuple[Decided, ...]:
    """Those that are meant for a statement, the outermost of them, each with the name of the call that gets it; ""
    where it is kept, handed out or put with others first."""
    if not r.decided:
        return ()
    said = {
        one.at: one._replace(call=call, sure=one.sure if call else min(one.sure, Confidence.LIKELY))
        for one, call in _meant(r, body, None)
    }
    return tuple(said.values())


def _meant(r: Reading, node: object, call: str | None) -> Iterator[tuple[Decided, str]]:
    """What is decided in a piece of code: `call` is the name of the call that it is an argument of, "" where it is a
    value to be used later, None where Python itself asks for it."""
    match node:
        case tuple():
            for part in node:
                yield from _meant(r, part, call)
        case Test(of=of) | Choice(of=of) if node.at in r.decided and call is not None:
            yield r.decided[node.at], call
            yield from _meant(r, of, None)
        case Test(op, of):
            yield from _meant(r, of, None if op == "assert" else call)
        case Choice(of=of, test=test):
            yield from _meant(r, of, call)
            yield from _meant(r, test, call or None)
        case Items(kind, of):
            yield from _meant(r, of, call if kind != "dict" else call or None)
        case Loop(elements=elements, sources=sources, guards=guards):
            yield from _meant(r, elements, call)
            yield from _meant(r, (sources, guards), None)
        case Named(value=value):
            yield from _meant(r, value, call)
        case Bind(value=value) | Leave(kind="return", value=value):
            yield from _meant(r, value, "")
        case Call(func, args):
            yield from _meant(r, func, call)
            yield from _meant(r, tuple(arg.value for arg in args), _taken_by(r, func))
        case Attr(of=of):
            yield from _meant(r, of, call)
        case _ if hasattr(node, "__struct_fields__"):
            for name in node.__struct_fields__:
                yield from _meant(r, getattr(node, name), None)


def _taken_by(r: Reading, func: Expr) -> str | None:
    """The name of a call whose arguments become SQL; "" where they become members of something."""
    name = last_name(func)
    if isinstance(func, Attr) and name in SQL:
        return name
    if isinstance(func, Attr) and name in _FILLS:
        return ""
    return name if name and _symbol(r, func).partition(".")[0] in PACKAGES else None


def shown(expr: Expr) -> str:
    """The expression as people would write it, operators too."""
    text = _shown(expr)
    return text if len(text) <= _LONGEST else render(expr) if not isinstance(expr, (Test, Choice)) else _shortened(expr)


def _shown(expr: Expr) -> str:
    match expr:
        case Test("not" | "~" as op, (of,)):
            return f"{op}{' ' if op == 'not' else ''}{_within(of)}"
        case Test(op, of) if len(of) > 1:
            return _joined(op, [_within(part) for part in of])
        case Choice("and" | "or" as op, of):
            return _joined(op, [_within(part) if isinstance(part, Choice) else _shown(part) for part in of])
        case Items("list" | "tuple" as kind, of):
            inner = ", ".join(map(_shown, of))
            return f"[{inner}]" if kind == "list" else f"({inner}{',' * (len(of) == 1)})"
        case Call(func, args):
            return f"{_shown(func)}({', '.join(map(_argument, args))})"
        case Attr(of, name):
            return f"{_shown(of)}.{name}"
    return render(expr)


def _argument(arg: Arg) -> str:
    sign = arg.name if arg.name in ("*", "**") else f"{arg.name}=" if arg.name else ""
    return sign + _shown(arg.value)


def _within(expr: Expr) -> str:
    text = _shown(expr)
    return f"({text})" if isinstance(expr, (Test, Choice)) else text


def _joined(op: str, parts: list[str]) -> str:
    operators = [op] * (len(parts) - 1) if " " not in op or op in _ASKED else op.split(" ")
    return parts[0] + "".join(f" {sign} {part}" for sign, part in zip(operators, parts[1:], strict=False))


def _shortened(expr: Test | Choice) -> str:
    """An expression that is too long: its first operand, or as little of each as there is room for."""
    first, *rest = expr.of
    parts = (first, *(Name("...") for _ in rest))
    if len(_shown(first)) > _LONGEST:
        parts = tuple(Name("...") if len(_shown(part)) > _LONGEST // 2 else part for part in expr.of)
    return _shown(Choice(expr.op, parts, None) if isinstance(expr, Choice) else Test(expr.op, parts))
