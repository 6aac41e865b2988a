"""What a loop goes through: rows one by one, batches of them, attempts at one thing, or no end of turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ...facts.schema import (
    Arg,
    Attr,
    Await,
    Bind,
    Body,
    Branch,
    Call,
    Choice,
    Expr,
    Index,
    Items,
    Lit,
    Loop,
    Name,
    Repeat,
    Stmt,
    Test,
)
from ...knowledge.python import BATCHES, COUNTERS
from ..parts import parts
from ..questions import planning, streams
from ..text import render
from ..values import NOTHING, Path, Values
from .state import Done

if TYPE_CHECKING:
    from .reading import Reading

_BATCH = re.compile(r"(?:^|_)(?:batch|chunk|partition|slice)(?:es|s|ed)?(?:_|$)")
_COMPARES = frozenset({"<", "<=", ">", ">=", "=="})
_OF_DICTS = frozenset({"items", "keys", "values"})
_ORDERS = frozenset({"builtins.enumerate", "builtins.list", "builtins.reversed", "builtins.sorted", "builtins.tuple"})
_NO_COUNT = frozenset({Lit(0), Lit(1)})
_TAKES_MANY = frozenset({"add_all", "in_", "not_in", "notin_", "extend", "executemany"})


class Round:
    """One loop while it is read; what it is about is asked only when its turns commit. `level` is how deep it stands,
    `tries` and `tests` how many `try` statements and tests had been met before it."""

    def __init__(
        self, r: Reading, head: Expr, target: Expr | None, body: tuple[Stmt, ...], values: Values, is_async: bool
    ) -> None:
        self._r = r
        self._head, self._target, self._body = head, target, body
        self._values, self._is_async = values, is_async
        self._outer = tuple(r.rounds)
        self.level = r.loop
        self.number = r.rounds_begun
        self.tries = r.trying.number
        self.tests = len(r.tests)
        self.plans = r.plans
        """What was loaded before it."""
        self.again = False
        """Whether this is not its first turn."""
        self._entered: set[Path] = set()
        self.commits: dict[Done, bool] = {}
        """Those among its statements, and whether each may be one a row."""
        self.attempts: dict[Done, tuple[int, ...]] = {}
        """The `try` statements around each."""
        self.caught: set[Done] = set()
        self._repeated: set[Done] = set()
        self._mended: set[Path] = set()

    @property
    def takes(self) -> bool:
        """Whether each of its turns takes one of something."""
        return self._target is not None

    @cached_property
    def endless(self) -> bool:
        return self._target is None and not _works_off(self._head)

    @cached_property
    def over(self) -> str:
        """What its turns are about, one row each, and "" when they are not."""
        known = any(value.type.kind in ("many", "instance") for value in self._values) or not self._is_async
        if self._target is None or not known or any(one.endless for one in self._outer):
            return ""
        if _is_one(self._r.body, self._head, self._body):
            return ""
        return render(self._head) if _over_rows(self._r, self._head, self._target, self._body) else ""

    @cached_property
    def _streamed(self) -> frozenset[Path]:
        """The sessions whose cursors its rows come from, part by part."""
        found = set()
        for value in self._values:
            plan = planning.plan_of(self._r, value.path)
            if plan is not None and value.path.attrs in ((), ("*",)) and streams.is_unfinished(plan.ways):
                found.add(plan.session)
        return frozenset(found)

    @cached_property
    def _rows(self) -> tuple[Path, ...]:
        elements = self._r.element(self._values)
        return tuple(value.path for value in elements if value.path.root not in ("unknown", "const"))

    @cached_property
    def _counted(self) -> frozenset[str]:
        return frozenset(_counted(self._body))

    def enter(self, path: Path) -> None:
        """A `with` block in the loop begins with this object: what it holds is made anew in each turn."""
        self._entered.add(path)

    def may_repeat(self, path: Path) -> bool:
        """Whether a commit of this session that stands here is one for each row."""
        if not self.over:
            return False
        r, own = self._r, (*self._rows, *self._entered)
        return (
            r.born.get(Path(path.root, path.key), 0) < self.level
            and not any(path[:2] == one[:2] and path.attrs[: len(one.attrs)] == one.attrs for one in own)
            and not any(counts(test, self._counted) for test in r.tests[self.tests :])
        )

    def goes_on(self) -> None:
        """A turn ends here and another may follow."""
        self._repeated |= self._r.done & self.commits.keys()
        failed = [one for one in self._r.failed if one.attempt > self.tries]
        for one in failed:
            self._mended |= one.mended
        caught = {one.attempt for one in failed if not one.absent}
        for key, attempts in self.attempts.items() if caught else ():
            if not caught.isdisjoint(attempts):
                self.caught.add(key)

    def repeated(self) -> Iterator[Done]:
        """The commits that each turn does anew, unless a row that fails is rolled back alone."""
        doubted = {key[0] for key, may in self.commits.items() if not may}
        for key in sorted(self._repeated, key=repr):
            if key[0] not in doubted and key[2] not in self._mended:
                yield key

    def cuts(self) -> Iterator[Done]:
        """The commits that end the cursor its rows come from, before it goes on: not those of a session that works in
        the transaction of its connection."""
        for key in sorted(self._repeated, key=repr):
            if key[2] in self._streamed and key[2] not in self._r.lost.joined:
                yield key

    @property
    def head(self) -> str:
        """What it goes through, as text."""
        return render(self._head)


def begin(r: Reading, head: Expr, target: Expr | None, body: tuple[Stmt, ...], values: Values, is_async: bool) -> Round:
    """The loop that is entered now."""
    r.rounds_begun += 1
    r.rounds.append(Round(r, head, target, body, values, is_async))
    return r.rounds[-1]


def end(r: Reading) -> None:
    """The loop that was entered last is left."""
    over = r.rounds.pop()
    for key in over.repeated():
        if not r.commits.found[key].over:
            caught = key in over.caught and bool(r.commits.found[key].via)
            r.commits.found[key] = r.commits.found[key]._replace(over=over.over, loop=over.number, caught=caught)
    for key in over.cuts():
        r.commits.found[key] = r.commits.found[key]._replace(streams=over.head)


def counts(test: Expr, counted: frozenset[str]) -> bool:
    """Whether a test counts: a remainder, or how many there are, compared with something."""
    for part in parts(test):
        if isinstance(part, Test):
            if part.op == "%":
                return True
            if (
                _NO_COUNT.isdisjoint(part.of)
                and part.op in _COMPARES
                and any(
                    (isinstance(side, Name) and side.id in counted)
                    or (isinstance(side, Call) and side.func == Name("len"))
                    for side in part.of
                )
            ):
                return True
    return False


def _works_off(head: Expr) -> bool:
    """Whether a `while` ends when something here is used up: it works off a collection."""
    return isinstance(head, Name) or any(isinstance(part, Call) and part.func == Name("len") for part in parts(head))


def refilled(r: Reading, stmt: Repeat) -> None:
    """A loop that puts something else in the place of each member of a list: what they were is gone."""
    match stmt.head, stmt.target:
        case Call(Name("enumerate"), (Arg(value=Name(name)), *_)), Items(of=(Name() as index, _)):
            pass
        case Call(Name("range"), (Arg(value=Call(Name("len"), (Arg(value=Name(name)),))),)), Name() as index:
            pass
        case _:
            return
    if any(isinstance(one, Bind) and Index(Name(name), index) in one.targets for one in stmt.body):
        r.env[name] = tuple(of._replace(type=of.type._replace(args=())) for of in r.env.get(name, NOTHING))


def _over_rows(r: Reading, head: Expr, target: Expr, body: tuple[Stmt, ...]) -> bool:
    while isinstance(head, Await):
        head = head.of
    if isinstance(head, (Items, Lit)) or _is_constant(r, head):
        return False
    if isinstance(head, Call):
        symbol = _symbol(r, head.func)
        if symbol in BATCHES or (symbol in COUNTERS and not _counts_members(head)):
            return False
    names = {part.id for part in parts((target, head)) if isinstance(part, Name)}
    names |= {part.name for part in parts(head) if isinstance(part, Attr)}
    if any(_BATCH.search(name.lower()) for name in names):
        return False
    return not (isinstance(target, Name) and _is_collection(target, body))


def _is_one(body: Body, head: Expr, inner: Body) -> bool:
    """Whether a loop has one turn at most: a test around says how many there are, or a local list is given but one."""
    match head:
        case Call(Attr(of, name), ()) if name in _OF_DICTS:
            head = of
    for branch in parts(body):
        for arm in branch.arms if isinstance(branch, Branch) else ():
            if _says_one(arm.test, head) and any(isinstance(one, Repeat) and one.body == inner for one in parts(arm)):
                return True
    return isinstance(head, Name) and _gets_one(body, head)


def _says_one(test: Expr, what: Expr) -> bool:
    """`len(what) == 1`."""
    match test:
        case Choice("and", of):
            return any(_says_one(one, what) for one in of)
        case Test("==" | "<=", (Call(Name("len"), (Arg(value=of),)), Lit(1))):
            return of == what
        case Test("<", (Call(Name("len"), (Arg(value=of),)), Lit(2))):
            return of == what
    return False


def _gets_one(body: Body, name: Name) -> bool:
    """Whether a local is a list that begins empty, and one `append` that no loop repeats is all that is done to it."""
    binds: list[Bind] = []
    appends: list[Call] = []
    for part in parts(body):
        match part:
            case Bind(targets, value) if name in targets or value == name:
                binds.append(part)
            case Bind(targets) if any(name in parts(target) for target in targets):
                return False
            case Repeat(target=target) if target is not None and name in parts(target):
                return False
            case Call(Attr(of, "append"), (_,)) if of == name:
                appends.append(part)
            case Call(Attr(of)) if of == name:
                return False
            case Call(func, args) if func != Name("len") and any(arg.value == name for arg in args):
                return False
    match binds, appends:
        case [Bind((_,), Items("list", ()), _, "") as first], [append]:
            return not any(
                isinstance(part, (Repeat, Loop)) and _is_in(append, part) and not _is_in(first, part)
                for part in parts(body)
            )
    return False


def _is_in(node: object, of: object) -> bool:
    return any(part is node for part in parts(of))


def _is_constant(r: Reading, head: Expr) -> bool:
    """Whether a loop goes through a list, tuple or dict that its module, or another, spells out once, in any order."""
    if isinstance(head, Call) and head.args and _symbol(r, head.func) in _ORDERS:
        head = head.args[0].value
    if isinstance(head, Call) and isinstance(head.func, Attr) and not head.args and head.func.name in _OF_DICTS:
        head = head.func.of
    if not isinstance(head, (Name, Attr)) or (isinstance(head, Name) and head.id in r.env):
        return False
    known = r.names.variable(r.names.dotted(r.module, head))
    value = known[1][0].value if known is not None and len(known[1]) == 1 else None
    return isinstance(value, Items) and bool(value.of)


def _symbol(r: Reading, func: Expr) -> str:
    symbol = r.names.dotted(r.module, func)
    return symbol or (f"builtins.{func.id}" if isinstance(func, Name) and func.id not in r.env else "")


def _counts_members(call: Call) -> bool:
    """`range(len(rows))` goes through the rows; `range(0, len(rows), 500)` does not."""
    match call.args:
        case (only,):
            return any(isinstance(part, Call) and part.func == Name("len") for part in parts(only.value))
    return False


def _is_collection(target: Name, body: tuple[Stmt, ...]) -> bool:
    """Whether the loop's variable is gone through itself, or passed where many are taken: its turns are batches."""
    for part in parts(body):
        match part:
            case Repeat(head=head) if _goes_through(head, target):
                return True
            case Loop(sources=sources) if any(_goes_through(source.iter, target) for source in sources):
                return True
            case Call(Name("len"), (arg,)) if arg.value == target:
                return True
            case Call(Attr(_, name), args) if name in _TAKES_MANY and any(arg.value == target for arg in args):
                return True
            case Call(Attr(_, str() as name), (_, second, *_)) if name == "execute" and second.value == target:
                return True
    return False


def _goes_through(head: Expr, target: Name) -> bool:
    return head == target or (isinstance(head, Call) and any(arg.value == target for arg in head.args))


def _counted(body: tuple[Stmt, ...]) -> Iterator[str]:
    """The names that a loop counts with: `count += 1`."""
    for part in parts(body):
        if isinstance(part, Bind) and part.augmented:
            yield from (target.id for target in part.targets if isinstance(target, Name))
