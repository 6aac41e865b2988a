"""Sessions that have only read: nothing was written, and nothing was done of which nobody knows whether it writes.

What is unclear is kept as things (a session, an entity, an object or container that holds one), whatever part of them
is meant; which sessions that touches is worked out where somebody asks, at a commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Await, Call, Choice, Do, Expr, Index, Items, Leave, Lit, Name, Named, Other, Yield
from ...knowledge import CLASSES, READS, Verb
from ...knowledge.python import BUILTINS, HARMLESS
from ...knowledge.sqlalchemy import QUERY
from ..modules import Unit, last_name
from ..summary import Summary
from ..values import NOTHING, UNKNOWN, Key, Path, Value, Values
from . import flushing
from .belonging import base

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.arguments import Given
    from ..reading.reading import Reading

_LOCKS = "with_for_update"
_OF_QUERY = frozenset({"update", "delete"})
_LOOKS = HARMLESS - {"append", "extend", "add", "get"}
_SQL_FUNCTIONS = ("sqlalchemy.func.", "sqlalchemy.sql.func.", "sqlalchemy.sql.expression.func.")
_PURE = frozenset({"count", "max", "min", "sum", "avg", "coalesce", "lower", "upper", "length", "now", "distinct"})
_TRANSPARENT = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "contextmanager", "asynccontextmanager", "override"}
)
_PLAIN = frozenset({"other", "literal", "none", "class", "module", "external", "libfunction", "columns"})
_DOUBTED = frozenset({"any", "variable"})


@dataclass(slots=True)
class Ledger:
    """What is unclear in one function."""

    unclear: set[Path] = field(default_factory=set)
    """Things that went where nobody can follow."""
    stirred: set[Path] = field(default_factory=set)
    """Sessions to which something was done that is no read."""
    constructed: set[Path] = field(default_factory=set)
    """Objects made here, no entities, of which all arguments are known."""
    blind: bool = False
    """Whether something went there that may be of any session."""
    locking: bool = False
    """Whether rows are locked, which the end of a transaction lets go."""
    doubtful: bool = False
    """Whether a parameter gets a value of which nobody knows whether it only reads."""


# -- what is unclear --


def let_go(r: Reading, values: Values) -> None:
    """These go where nobody can follow."""
    for value in values:
        root, kind = value.path.root, value.type
        if root in ("const", "global") or kind.kind in _PLAIN:
            continue
        if root == "closure":
            _blind(r)
        elif root != "unknown":
            flushing.unclear(r)
            r.idling.unclear.add(base(value.path))
        if root in ("fresh", "unknown") and _may_be_loaded(r, value):
            _blind(r)


def _may_be_loaded(r: Reading, value: Value) -> bool:
    """Whether nobody knows which session a thing belongs to, if to any."""
    kind, thing = value.type, base(value.path)
    if (
        thing in r.belonging.instances
        or thing in r.idling.constructed
        or r.belonging.sources.get(thing, UNKNOWN) != UNKNOWN
    ):
        return False
    if kind.kind == "many":
        return thing.attr("*") not in r.heap
    return kind.kind in _DOUBTED or (kind.kind == "instance" and kind.name not in CLASSES)


def _blind(r: Reading) -> None:
    """Something is done to a thing that nobody knows: it may belong to each session that there is by now."""
    r.idling.blind = True
    flushing.unclear(r)
    for known in (r.kinds, r.open, r.blocks.within):
        r.idling.unclear.update(base(path) for path in known)


def built(r: Reading, call: Call, owner: str) -> None:
    """A method of a library: a statement that locks is given back by a commit, and a Query may change what it finds."""
    name = last_name(call.func)
    if name == _LOCKS or any(arg.name == _LOCKS for arg in call.args):
        r.idling.locking = True
    if owner == QUERY and name in _OF_QUERY:
        _blind(r)


def unknown(r: Reading, call: Call, given: Given, receiver: Values = NOTHING) -> bool:
    """A call that nobody can follow: all that it is made of is unclear; whether it only looks at that."""
    name = last_name(call.func)
    if name in _LOOKS or (isinstance(call.func, Name) and f"builtins.{name}" in BUILTINS and not receiver):
        return True
    if not receiver:
        waits(r)
    if isinstance(call.func, Attr):
        let_go(r, receiver) if receiver else _made_of(r, call.func.of)
    positional = list(given.positional)
    for arg in call.args:
        if not arg.name:
            values = positional.pop(0) if positional else NOTHING
        else:
            values = given.keywords.get(arg.name, NOTHING)
        if not values or isinstance(arg.value, Items):
            _made_of(r, arg.value)
    return False


def external(r: Reading, symbol: str) -> None:
    """A library's function that nobody describes is called: one of the database's may do anything there."""
    if symbol.startswith(_SQL_FUNCTIONS) and symbol.rpartition(".")[2] not in _PURE:
        r.idling.locking = True


def _made_of(r: Reading, expr: Expr | None) -> None:
    """The locals in an expression whose value nobody knows."""
    match expr:
        case Name(name):
            found = r.env.get(name, r.outer.get(name))
            if found:
                let_go(r, found)
            elif found is not None:
                _blind(r)
        case Attr(of) | Await(of) | Index(of) | Yield(of):
            _made_of(r, of)
        case Named(_, value):
            _made_of(r, value)
        case Items() | Choice() | Other():
            for part in expr.of:
                _made_of(r, part)
        case Call(func, args):
            _made_of(r, func)
            for arg in args:
                _made_of(r, arg.value)


def changed(r: Reading, target: Attr | Index, of: Values) -> None:
    """A part of a thing is set, or taken away."""
    if not of:
        _made_of(r, target.of)
    for value in of:
        kind = value.type
        made_here = value.path.root == "fresh" and not value.path.attrs and base(value.path) not in r.belonging.sources
        plain = kind.kind == "many" or kind.name in CLASSES or value.path in r.idling.constructed
        making = value.path == Path("param", 0) and r.unit.definition.name == "__init__"
        if not making and not (made_here and plain):
            let_go(r, (value,))


def deleted(r: Reading, targets: tuple[Expr, ...]) -> None:
    """`del` takes attributes and members away."""
    for target in targets:
        if isinstance(target, (Attr, Index)):
            _made_of(r, target.of)


def mutated(r: Reading, receiver: Value, name: str) -> None:
    """A method of a container is called: members that come and go are written when it is a relationship."""
    if name not in _LOOKS and name != "get" and (receiver.path.attrs or base(receiver.path) in r.belonging.sources):
        let_go(r, (receiver,))


# -- callees --


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, bound: Mapping[int, Values]) -> None:
    """What a callee does, and nobody knows what it is, is so here; and so is all that another function does that a
    decorator has put in its place."""
    for path in summary.unclear:
        if path == UNKNOWN:
            r.idling.locking = True
            continue
        values = applied.path(path)
        let_go(r, values)
        if not values and path.root == "param" and path.key in bound:
            _blind(r)
    replaced = unit.definition.decorators and not unit.decorators <= _TRANSPARENT
    if replaced or (unit.klass is not None and not summary.effects and not summary.edges and _says_nothing(r, unit)):
        for values in bound.values():
            let_go(r, values)


def _says_nothing(r: Reading, unit: Unit) -> bool:
    """Whether a method only stands for those of other classes."""
    return r.project.silent.get(unit, _is_silent)


def _is_silent(unit: Unit) -> bool:
    return all(
        isinstance(stmt.expr, Lit) if isinstance(stmt, Do) else isinstance(stmt, Leave) and stmt.kind == "raise"
        for stmt in unit.body
    )


# -- who asks --


def unclear(r: Reading) -> tuple[Path, ...]:
    """What callers know as something of which it is not clear that it was only read."""
    touched = _touched(r) if any(path.root == "fresh" for path in r.idling.unclear) else r.idling.unclear
    found = {path for path in touched if path.root in ("param", "free", "injected")}
    if r.idling.blind:
        found.update(Path("param", index) for index in range(len(r.unit.definition.params)))
    if r.idling.locking or r.idling.doubtful:
        found.add(UNKNOWN)
    return tuple(sorted(found, key=repr)) if len(found) > 1 else tuple(found)


def clear(r: Reading) -> bool:
    """Whether nothing is unclear, and nothing was done but reads."""
    return not (r.idling.unclear or r.idling.blind or r.idling.locking or r.idling.doubtful or r.idling.stirred)


def happen(r: Reading, verb: Verb, path: Path) -> None:
    """Something happens to a session."""
    if verb not in READS:
        r.idling.stirred.add(path)


def renewed(r: Reading, path: Path) -> None:
    """A session is made: what was done to the one that was made here before does not matter."""
    r.idling.stirred.discard(path)
    r.idling.unclear.discard(base(path))


def only(r: Reading, path: Path) -> bool:
    """Whether a session has been used up to here, and was only read, in a transaction that began here."""
    if path.root not in ("fresh", "param", "injected", "global") or path not in r.kinds or path in r.idling.stirred:
        return False
    if r.idling.locking or r.trying.handling or r.trying.finals:
        return False
    if r.loop > r.born.get(base(path), 0) or r.yields:
        return False
    if path.root != "fresh" and (r.idling.blind or r.idling.doubtful or r.project.wrappers(r.unit)):
        return False
    return base(path) not in _touched(r)


def is_unclear(r: Reading, path: Path) -> bool:
    """Whether something is done of which nobody knows whether it writes in a session."""
    return base(path) in _touched(r)


def agree(r: Reading, at: int) -> None:
    """Where one of several sessions is committed, all must have only read."""
    here = [key for key in r.commits.found if key[0] == at]
    if len(here) > 1 and not all(r.commits.found[key].idle for key in here):
        for key in here:
            r.commits.found[key] = r.commits.found[key]._replace(idle=False)


def _touched(r: Reading) -> set[Path]:
    """All that is unclear, what that holds, and the sessions that it was loaded with."""
    held: dict[tuple[str, Key], list[Value]] = {}
    for path, values in r.heap.items() if r.idling.unclear else ():
        held.setdefault(path[:2], []).extend(values)
    found = set(r.idling.unclear)
    waiting = list(found)
    for one in waiting:
        inner = {base(value.path) for value in held.get(one[:2], ())} - found
        found |= inner
        waiting += inner
    return found | {base(r.belonging.sources[one]) for one in found if one in r.belonging.sources}


def waits(r: Reading) -> None:
    """Something waits, or may wait, for long: what was committed before it gives its connection back meanwhile."""
    for key in r.done:
        if r.commits.found[key].idle:
            r.commits.found[key] = r.commits.found[key]._replace(idle=False)
