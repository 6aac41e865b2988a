"""What a generator hands out where it yields, and what becomes of it when control comes back, also by an exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ...facts.schema import (
    Attr,
    Body,
    Branch,
    Call,
    Choice,
    Expr,
    Handler,
    Items,
    Leave,
    Lit,
    Name,
    Repeat,
    Test,
    Try,
    With,
    Yield,
)
from ...knowledge import Verb
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Confidence
from ..modules import last_name
from ..parts import parts, reads
from ..summary import Abandoned, Asked, Frame, Invocation, Step, Swallow
from ..text import render
from ..values import Path, Value, Values
from . import commits
from .commits import MANAGERS
from .steps import LENT, remember

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.reading import Reading

COMMITS = "commit"
"""The kind of a frame at whose end a session is committed, when no exception leaves it."""
_ENDS = frozenset({"GeneratorExit", "StopIteration", "StopAsyncIteration"})


@dataclass(slots=True)
class Ledger:
    """What one function hands out, and how it ends that."""

    yielding: dict[int, Handout] = field(default_factory=dict)
    """The first `yield` in each `try`."""
    swallows: dict[int, Swallow] = field(default_factory=dict)
    """Exceptions of who was handed a session, which end here."""
    abandoned: dict[int, Abandoned] = field(default_factory=dict)
    """Generators that are left where they stand."""
    asked: tuple[Asked, ...] = ()
    """What is known here of what the generator was made with."""
    committed: dict[int, tuple[Asked, ...]] = field(default_factory=dict)
    """What was known of that at each commit."""
    invoked: dict[int, tuple[Expr, ...]] = field(default_factory=dict)
    """The calls of what only callers know, with the tests that hold there."""


class Handout(NamedTuple):
    """A `yield`, and the class of the session that it hands out, "" when none."""

    at: int
    kind: str


def sessions(r: Reading, values: Values) -> list[Value]:
    """The sessions among these values and in the fields of objects that were made here."""
    found: list[Value] = []
    seen: set[Path] = set()
    queue = [(value, 0) for value in values]
    for value, depth in queue:
        if value.path in seen:
            continue
        seen.add(value.path)
        if r.classes.session_kind(value.type):
            found.append(value)
        elif depth < 3 and value.path.root == "fresh":
            base = value.path[:2]
            for path, inner in list(r.heap.items()):
                if path[:2] == base and path != value.path:
                    queue.extend((one, depth + 1) for one in inner)
    return found


def lend(r: Reading, expr: Yield, values: Values) -> None:
    """These are handed out here: they are used elsewhere, and then control comes back."""
    lent = sessions(r, values)
    kept = {}
    for value in lent:
        path = value.path.owner()
        text = "yield ..." if expr.of is None else f"yield {render(expr.of)}"
        remember(r, Step(Verb.USE, path, expr.at, "", "", None, r.guard, value.sure), LENT, text)
        commits.tried(r, Verb.USE, path)
        if path in r.open and not r.loop and r.unit.kind == "function":
            kept[path] = r.open[path]._replace(state="begun", how="lent")
    r.let_go(values, to_caller=True)
    r.open = {**r.open, **kept}
    r.may_raise()
    kind = r.classes.session_kind(lent[0].type) if lent else ""
    for attempt in r.trying.attempts:
        if attempt not in r.trying.handling:
            r.lending.yielding.setdefault(attempt, Handout(expr.at, kind))


def frames(r: Reading) -> tuple[Frame, ...]:
    """The blocks that whoever is handed a session is in without knowing: at their end it is committed."""
    asked = r.lending.committed
    return tuple(
        Frame(COMMITS, first.path, r.unit.key, then.at, then.text, then.guard, asked=asked.get(then.at, ()))
        for first, then in r.happened.sequels.values()
        if first.what == LENT
    )


def invoked(r: Reading, invocation: Invocation) -> None:
    """Something that only the caller knows is called."""
    r.invokes[invocation.at] = invocation
    r.lending.invoked[invocation.at] = r.tests


def commits_after(r: Reading, path: Path, at: int, text: str) -> None:
    """This session is committed, which those that were called before under the same tests do not see."""
    for call, tests in r.lending.invoked.items():
        if tests == r.tests and not r.trying.handling:
            frame = Frame(COMMITS, path, r.unit.key, at, text)
            r.invokes[call] = r.invokes[call]._replace(commits=(*r.invokes[call].commits, frame))


def asked(r: Reading, test: Expr, holds: bool) -> tuple[Asked, ...]:
    """What a test of a generator asks that it, or its object, was made with."""
    if not r.unit.definition.is_generator:
        return ()
    match test:
        case Choice("and" | "or" as op, of):
            return tuple(one for part in of for one in asked(r, part, holds)) if (op == "and") == holds else ()
        case Test("not", (inner,)):
            return asked(r, inner, not holds)
        case Test("is" | "==" | "is not" | "!=" as op, (of, Lit(None))):
            return _asked(r, of, "none", (op in ("is", "==")) == holds)
    return _asked(r, test, "true", holds)


def _asked(r: Reading, of: Expr, test: str, holds: bool) -> tuple[Asked, ...]:
    values = r.value(of) if isinstance(of, Name) or (isinstance(of, Attr) and isinstance(of.of, Name)) else ()
    paths = [value.path for value in values]
    if len(paths) == 1 and (paths[0].root == "free" or (r.unit.klass is not None and len(paths[0].attrs) == 1)):
        return (Asked(paths[0], test, holds),) if paths[0].root == "free" or paths[0][:2] == ("param", 0) else ()
    return ()


def committing(around: Iterable[Frame]) -> list[Frame]:
    """Those of these blocks at whose end a session is committed."""
    return [frame for frame in around if frame.kind in ("begin", COMMITS)]


def swallowed(r: Reading, attempt: int, handout: Handout | None, handler: Handler) -> None:
    """A handler ends as if nothing were: what it caught may have come from a `yield`."""
    if handout is None or _may_raise(r, handler):
        return
    types = handler.types
    caught = types.of if isinstance(types, Items) else (types,)
    names = [last_name(one) if one is not None else "" for one in caught]
    if names and _ENDS.issuperset(names):
        return
    commits = (one.kind for one in r.events.values() if one.verb is Verb.COMMIT and attempt in one.attempts)
    kind = handout.kind or next(commits, "") if r.unit.decorators & MANAGERS else handout.kind
    if kind:
        text = f"except {names[0]}" if len(names) == 1 and names[0] else "except (...)" if names[0] else "except"
        sure = Confidence.CERTAIN if handout.kind else Confidence.LIKELY
        r.lending.swallows.setdefault(handout.at, Swallow(handout.at, text, kind, sure))


def _may_raise(r: Reading, handler: Handler) -> bool:
    """Whether a handler raises somewhere, or hands the exception to a function of the project that may do so."""
    for part in parts(handler.body):
        if isinstance(part, Leave) and part.kind == "raise":
            return True
        if isinstance(part, Call) and handler.name and reads(part.args, frozenset({handler.name})):
            plain = not any(isinstance(one, Call) for one in parts(part.func))
            if plain and any(value.type.kind in ("function", "method") for value in r.value(part.func)):
                return True
    return False


def take(r: Reading, made: Expr | None, generators: Values, at: int, text: str, is_async: bool) -> Values:
    """The first thing of a generator is taken. If nobody has the generator itself, it is closed at once, and what it
    handed out is in the hands of this function."""
    values = r.element(generators)
    if not isinstance(made, Call) or at < 0:
        return values
    for one in generators:
        unit = r.names.units.get(str(one.type.name)) if one.type.kind == "generator" else None
        kinds = [kind for kind in map(r.classes.session_kind, one.type.args) if kind]
        if unit is not None and unit.definition.is_async != is_async and kinds and not unit.decorators & MANAGERS:
            r.lending.abandoned[at] = Abandoned(at, text, unit.key, "next", kinds[0], False, one.sure)
            return values
        if unit is not None and is_async and kinds and _closes(r, unit):
            r.lending.abandoned[at] = Abandoned(at, text, unit.key, "anext", kinds[0], False, one.sure)
    for value in values:
        if value.path.root == "fresh" and r.classes.session_kind(value.type) in SESSIONS:
            r.opens(value.path, value.type, at, text, "", value.sure)
            r.open = {**r.open, value.path: r.open[value.path]._replace(how="next")}
    return values


def _closes(r: Reading, unit: Unit) -> bool:
    """Whether a generator closes what it has handed out, however it ends."""
    return not any(one.how == "lent" for one in r.project.summary(unit).opened)


def looped(r: Reading, head: Expr, generators: Values, body: Body, is_async: bool) -> None:
    """A loop goes through what a generator hands out: once, and to the end only if nothing leaves it."""
    if not isinstance(head, Call) or head.at < 0:
        return
    for value in generators:
        unit = r.names.units.get(str(value.type.name)) if value.type.kind == "generator" else None
        kinds = [kind for kind in map(r.classes.session_kind, value.type.args) if kind in SESSIONS]
        if unit is None or not unit.definition.is_generator or not kinds:
            continue
        skips = bool(committing(r.entered_frames.get(value.path, ())))
        yields = is_async and r.unit.definition.is_generator and any(isinstance(part, Yield) for part in parts(body))
        way = "yield" if yields else next(_exits(body), "")
        if way and (is_async or skips):
            r.lending.abandoned[head.at] = Abandoned(head.at, render(head), unit.key, way, kinds[0], skips, value.sure)


def _exits(body: Body, inner: bool = False) -> Iterator[str]:
    """How a loop with this body is left before its end; an exception may be caught in it."""
    for stmt in body:
        match stmt:
            case Leave("return"):
                yield "return"
            case Leave("break") if not inner:
                yield "break"
            case Leave("raise"):
                yield "raise"
            case Branch(arms, orelse):
                for arm in arms:
                    yield from _exits(arm.body, inner)
                yield from _exits(orelse, inner)
            case With(body=inside):
                yield from _exits(inside, inner)
            case Repeat(body=inside, orelse=orelse):
                yield from _exits(inside, True)
                yield from _exits(orelse, inner)
            case Try(inside, handlers, orelse, final):
                yield from (way for way in _exits(inside, inner) if way != "raise")
                for part in (*(handler.body for handler in handlers), orelse, final):
                    yield from _exits(part, inner)
