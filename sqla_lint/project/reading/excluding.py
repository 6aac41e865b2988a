"""What a way through a function has found out about its locals, and what cannot have happened on it: `if kind == A` and
`if kind == B` are not both gone into, and what a failing statement would have bound is as it was before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Arg, Attr, Await, Bind, Body, Call, Choice, Expr, Items, Lit, Name, Stmt, Test, Text
from ..parts import parts
from ..text import render
from ..values import Constant
from .state import Found, Literals, Open, Past, State, Truth, Under

if TYPE_CHECKING:
    from ..questions.failing import Level
    from .reading import Reading

_SAME = frozenset({"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "capitalize"})
"""Methods of texts that give the same each time."""
_OPERATORS = {"==": True, "is": True, "in": True, "!=": False, "is not": False, "not in": False}


Told = dict[Past, Literals]
"""What is known of locals where something has happened."""


@dataclass(slots=True)
class Ledger:
    """What one function's tests say of its locals."""

    ages: dict[str, int] = field(default_factory=dict)
    """How many values each local has had."""
    given: list[str] = field(default_factory=list)
    """The locals in the order in which they have got another."""
    errors: set[str] = field(default_factory=set)
    """What exceptions that have been caught are called."""


def told(r: Reading, test: Expr, holds: bool) -> tuple[Found, ...]:
    """What a test says where it holds, or where it does not."""
    match test:
        case Choice("and" | "or" as op, of):
            return tuple(one for part in of for one in told(r, part, holds)) if (op == "and") == holds else ()
        case Test("not", (inner,)):
            return told(r, inner, not holds)
        case Test("==" | "!=" | ">" as op, (Call(Name("len"), (Arg(value=inner),)), Lit(0))):
            return told(r, inner, (op != "==") == holds)
        case Test(op, (left, right)) if op in _OPERATORS:
            name, known = _local(r, left), _constants(r, right, several=op.endswith("in"))
            if name and known:
                return (Found(render(left), r.excluding.ages.get(name, 0), known, _OPERATORS[op] == holds),)
        case Test(">" | ">=" | "<" | "<=", (left, right)) if _constants(r, right, several=False):
            name = _local(r, left)
            return (Found(render(test), r.excluding.ages.get(name, 0), frozenset(), holds),) if name else ()
        case Await(Call(at=at)) | Call(at=at) if called(at) in r.excluding.ages:
            return (Found(called(at), r.excluding.ages[called(at)], frozenset(), holds),)
        case Name(name) if name in r.env and all(value.type.kind != "many" for value in r.env[name]):
            return (Found(name, r.excluding.ages.get(name, 0), frozenset(), holds),)
    return ()


def called(at: int) -> str:
    """What the answer of a call is called."""
    return f"@{at}"


def grows(r: Reading, name: str) -> None:
    """What goes by this name is another value from here on."""
    r.excluding.ages[name] = r.excluding.ages.get(name, 0) + 1
    r.excluding.given.append(name)


def assigned(r: Reading, name: str, value: Expr | None) -> None:
    """A local is given a value."""
    grows(r, name)
    if isinstance(value, Lit):
        r.literals = {**r.literals, name: value.value}
    elif value is not None and _says_something(r, value):
        r.literals = {**r.literals, name: Truth.SOME}
    elif name in r.literals:
        r.literals = {one: known for one, known in r.literals.items() if one != name}


def _says_something(r: Reading, value: Expr) -> bool:
    """Whether this is an exception, or a text that is not empty: what one says, or one with words of its own."""
    match value:
        case Name(name) | Call(Name("str" | "repr"), (Arg(value=Name(name)),)):
            return name in r.excluding.errors
        case Text(template):
            return bool(template.replace("{}", ""))
    return False


def _local(r: Reading, expr: Expr) -> str:
    """The local that an expression is about, which is the same as long as that is."""
    match expr:
        case Name(name) if name in r.env:
            return name
        case Call(Attr(of, method), ()) if method in _SAME:
            return _local(r, of)
    return ""


def _constants(r: Reading, expr: Expr, *, several: bool) -> frozenset[Constant]:
    """The constants that an expression stands for; none when one of them is not known."""
    if several and not (isinstance(expr, Items) and expr.kind in ("tuple", "list", "set")):
        return frozenset()
    known = [_constant(r, part) for part in (expr.of if isinstance(expr, Items) else (expr,))]
    return frozenset(one.value for one in known if one is not None) if None not in known else frozenset()


def _constant(r: Reading, expr: Expr) -> Lit | None:
    """The literal that an expression stands for, itself or as a variable or an attribute of a class bound but once."""
    if isinstance(expr, Lit):
        return expr
    if isinstance(expr, Name) and expr.id in r.env:
        known = r.literals.get(expr.id, Truth.SOME)
        return Lit(known) if not isinstance(known, Truth) else None
    symbol = r.symbol(expr) if isinstance(expr, (Name, Attr)) else ""
    owner, _, name = symbol.rpartition(".")
    variable = r.names.variable(symbol) if symbol else None
    binds = variable[1] if variable is not None else r.classes.body(owner).get(name, ()) if owner else ()
    value = binds[0].value if len(binds) == 1 else None
    return value if isinstance(value, Lit) else None


def excludes(one: Found, other: Found) -> bool:
    """Whether the two cannot both be so."""
    if (one.text, one.age) != (other.text, other.age):
        return False
    if not one.constants and not other.constants:
        return one.holds != other.holds
    if not one.constants:
        return excludes(other, one)
    if not other.constants:
        return one.holds and all(bool(value) != other.holds for value in one.constants)
    if one.holds and other.holds:
        return one.constants.isdisjoint(other.constants)
    if one.holds != other.holds:
        smaller, larger = (one, other) if one.holds else (other, one)
        return smaller.constants <= larger.constants
    return False


def goes(r: Reading, test: Expr, holds: bool) -> frozenset[Past]:
    """Go on where a test holds, or does not; what has not happened on the way there is forgotten, and returned."""
    found = told(r, test, holds)
    r.told += found
    if r.open and found:
        known = _literals(r, r.literals)
        r.open = {
            path: session
            for path, session in r.open.items()
            if not any(excludes(one, other) for one in session.where | known for other in found)
        }
    hidden = frozenset(
        key for key in r.past if contradict(r.under.get(key, ()), (*found, *_within(r, test, holds, key.at)))
    )
    r.past -= hidden
    return hidden


def _within(r: Reading, test: Expr, holds: bool, at: int) -> tuple[Found, ...]:
    """What a test says beyond that where the last of its parts was asked for, which makes a call: it has decided."""
    match test:
        case Choice("and" | "or" as op, of) if (op == "and") != holds and _calls(of[-1], at):
            return told(r, of[-1], holds)
    return ()


def _literals(r: Reading, literals: Mapping[str, Constant | Truth]) -> frozenset[Found]:
    return frozenset(
        Found(
            name,
            r.excluding.ages.get(name, 0),
            frozenset() if isinstance(value, Truth) else frozenset({value}),
            True,
        )
        for name, value in literals.items()
    )


def open_where(r: Reading, sessions: Open, literals: Mapping[str, Constant | Truth]) -> Open:
    """These sessions, open where locals are these constants."""
    if not sessions or not literals:
        return sessions
    known = _literals(r, literals)
    return {path: session._replace(where=session.where | known) for path, session in sessions.items()}


def told_apart(r: Reading, states: Sequence[State]) -> list[State]:
    """States that are about to be joined, whose sessions, and what has happened to them, know what constants their
    locals are; what is known of the value that a local has in one of them is known of the one that it has after all."""
    states = [_of_age(r, state) for state in states]
    first = states[0]
    if any(state.past != first.past for state in states) and any(state.literals != first.literals for state in states):
        states = [state._replace(under=_under_literals(r, state)) for state in states]
    if all(state.open is first.open for state in states):
        return list(states)
    return [state._replace(open=open_where(r, state.open, state.literals)) for state in states]


def _of_age(r: Reading, state: State) -> State:
    since = Counter(r.excluding.given[state.given :]) if state.under else None
    if not since:
        return state
    ages = r.excluding.ages

    def renewed(one: Found) -> Found:
        is_of_last = one.text in since and one.age == ages[one.text] - since[one.text]
        return one._replace(age=ages[one.text]) if is_of_last else one

    return state._replace(under={key: frozenset(map(renewed, known)) for key, known in state.under.items()})


def told_by(states: Sequence[State], told: Sequence[frozenset[Found]]) -> list[State]:
    """The states after the arms of an `if`: what has happened where only some of them have been gone through, each
    with what its tests have told."""
    everywhere = frozenset.intersection(*(state.past for state in states))
    if all(state.past == everywhere for state in states):
        return list(states)
    return [
        state._replace(
            under={
                key: state.under.get(key, frozenset()) | (frozenset() if key in everywhere else known)
                for key in state.past
            }
        )
        for state, known in zip(states, told, strict=True)
    ]


def _under_literals(r: Reading, state: State) -> Under:
    known = _literals(r, state.literals)
    return {key: state.under.get(key, frozenset()) | known for key in state.past} if known else state.under


def remembered(r: Reading, key: Past, found: Iterable[Found], *, again: bool) -> None:
    """Something has happened where this is known; what happens `again` is known by what is always so."""
    known = frozenset(found)
    r.under = {**r.under, key: known & r.under.get(key, frozenset()) if again else known}


def contradict(some: Iterable[Found], others: Iterable[Found]) -> bool:
    """Whether what is known at one place cannot be so at the other."""
    return any(excludes(one, other) for one in some for other in others)


def turned(r: Reading, keys: Set[Past], states: Sequence[State]) -> None:
    """The next turn of a loop finds what has happened to be so as any turn has left it."""
    for key in keys:
        for state in states:
            if key in state.past:
                r.under = {**r.under, key: r.under.get(key, frozenset()) & state.under.get(key, frozenset())}


def at_handler(r: Reading, level: Level, before: State) -> dict[Past, frozenset[Found]]:
    """What is known of locals where a handler begins, for each step of a `try` that may have failed."""
    bound = [frozenset(_bound(stmt)) for stmt in level.body]
    found: dict[Past, frozenset[Found]] = {}
    for key in level.failing:
        done = _bound_before(level.body, bound, key.at)
        kept = {name: value for name, value in before.literals.items() if name not in done}
        unbound = {name for names in bound for name in names} - done - before.env.keys() if not r.loop else set()
        found[key] = level.told.get(key, frozenset()) | _literals(r, kept) | _neither(r, unbound)
    return found


def _neither(r: Reading, names: Set[str]) -> frozenset[Found]:
    """Of locals that have no value yet, that no test of them has an answer: it raises. In a loop another turn may have
    given them one."""
    return frozenset(
        Found(name, r.excluding.ages.get(name, 0), frozenset({value}), True) for name in names for value in (None, True)
    )


def caught(r: Reading, body: Body, before: State, ages: Mapping[str, int], broken: Iterable[Past]) -> Told:
    """A handler has ended, which began when locals were of these ages: what they are where something has failed in the
    body of the `try`."""
    found: Told = {}
    keys = [key for key in broken if key in r.past]
    bound = [frozenset(_bound(stmt)) for stmt in body] if keys else []
    for key in keys:
        done = _bound_before(body, bound, key.at)
        same = {name for name in before.literals if name not in done and r.excluding.ages.get(name) == ages.get(name)}
        found[key] = {name: before.literals[name] for name in same} | r.literals
    return found


def tell(r: Reading, before: State, ways: Iterable[Told]) -> None:
    """After a `try`, what has failed in it tells what locals are."""
    found: dict[Past, frozenset[Found]] = {}
    for way in ways:
        for key, literals in way.items():
            known = _literals(r, literals)
            found[key] = found[key] & known if key in found else known
    new = {key: r.under.get(key, frozenset()) | known for key, known in found.items() if key not in before.past}
    r.under = {**r.under, **new}


def _bound_before(body: Body, bound: Sequence[frozenset[str]], at: int) -> frozenset[str]:
    """What may be bound by statements of a `try` before a call is made."""
    last = next((index for index, stmt in enumerate(body) if _calls(stmt, at)), len(body))
    binds = last < len(body) and isinstance(body[last], Bind)
    return frozenset[str]().union(*bound[: last if binds else last + 1])


def _bound(stmt: Stmt) -> Iterator[str]:
    for part in parts(stmt):
        for target in part.targets if isinstance(part, Bind) else ():
            yield from (one.id for one in parts(target) if isinstance(one, Name))


def _calls(stmt: Stmt | Expr, at: int) -> bool:
    return any(isinstance(part, Call) and part.at == at for part in parts(stmt))
