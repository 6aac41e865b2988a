"""What a `with` block closes when it is left, and what is done after that with its sessions and their results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Await, Body, Call, Do, Expr, Name, Named
from ...knowledge import Method, Verb
from ...knowledge.sqlalchemy import QUERY, RESULTS, SESSION, SESSIONS
from ...model import Confidence
from ..questions.past import renewed_by
from ..questions.steps import FINISHED, OVER, remember
from ..summary import Sequel, Step, Use
from ..text import render, written
from ..values import UNKNOWN, Path, Type, Value, Values
from .state import Past

if TYPE_CHECKING:
    from .reading import Reading

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY
_DEEPEST = 3


@dataclass(slots=True)
class Ledger:
    """The `with` blocks of one function."""

    closing: list[list[Step]] = field(default_factory=list)
    """What the blocks around close."""
    within: set[Path] = field(default_factory=set)
    """Sessions that they close."""
    results: dict[Path, Path] = field(default_factory=dict)
    """The sessions of queries and results that are not fetched yet."""
    generated: dict[Path, tuple[Use, ...]] = field(default_factory=dict)
    """The sessions that a generator made here will use."""


def closing(r: Reading, contexts: Values, entered: Values, context: Expr) -> list[Step]:
    """What the end of a block will close, now that it is entered: nothing for sure where it hands out one that it was
    given, or else one of its own."""
    sessions = {value.path for value in entered if r.classes.session_kind(value.type) in SESSIONS}
    if len(sessions) > 1 or any(_leaves_open(r, value) for value in contexts):
        return []
    found = [path for path in sessions if path.root == "fresh" and path not in r.blocks.within]
    for value in contexts:
        found += _managed(r, value)
        found += _lent(r, value, entered)
    steps = []
    for path in found:
        renewed_by(r, path)
        at = _anchor(context, path)
        steps.append(Step(Verb.CLOSE, path, at, render(context), "", None, r.guard, CERTAIN))
    return steps


def _leaves_open(r: Reading, value: Value) -> bool:
    """Whether it is a generator that does not close the session it has handed out."""
    if value.type.kind != "generator":
        return False
    unit = r.names.units.get(str(value.type.name))
    opened = r.project.summary(unit).opened if unit is not None else ()
    return any(one.how == "lent" and one.exit == "normal" for one in opened)


def closed(r: Reading, steps: list[Step]) -> None:
    """The block is left."""
    for step in steps:
        remember(r, step, OVER, step.text)


def finished(r: Reading, final: Body) -> None:
    """A `finally` has closed a session that was opened in the same round of a loop, and nobody closes it again."""
    for of, at in closes(final):
        values = r.env.get(of.id, ())
        path = values[0].path if len(values) == 1 else UNKNOWN
        if path.root != "fresh" or r.born.get(path) != r.loop or r.loop:
            continue
        called = (part.func for part in r.pieces if isinstance(part, Call))
        if r.classes.session_kind(values[0].type) in SESSIONS and list(called).count(Attr(of, "close")) == 1:
            step = Step(Verb.CLOSE, path, at, f"{of.id}.close()", "", None, r.guard, values[0].sure)
            remember(r, step, FINISHED, step.text)


def closes(final: Body) -> Iterator[tuple[Name, int]]:
    """What a `finally` closes in any case, by the name that it has there, and the call that does it."""
    for stmt in final:
        match stmt:
            case Do(Call(Attr(Name() as of, "close"), (), at) | Await(Call(Attr(Name() as of, "close"), (), at))):
                yield of, at


def _managed(r: Reading, value: Value) -> Iterator[Path]:
    """The sessions that an object of the project closes at the end of its block: a unit of work."""
    if value.type.kind != "instance" or value.path.root != "fresh":
        return
    name = str(value.type.name)
    unit = r.classes.method(name, "__aexit__") or r.classes.method(name, "__exit__")
    for key in r.project.summary(unit).effects if unit is not None else ():
        if key.verb is Verb.CLOSE and key.path[:2] == ("param", 0) and not key.guard:
            path = value.path
            for attr in key.path.attrs:
                path = path.attr(attr)
            for held in r.heap.get(path, ()):
                if held.path.root == "fresh" and r.classes.session_kind(held.type) in SESSIONS:
                    yield held.path


def _lent(r: Reading, value: Value, entered: Values) -> Iterator[Path]:
    """The sessions that a generator has opened, closes at its end, and hands out in an object."""
    unit = r.names.units.get(str(value.type.name)) if value.type.kind == "generator" else None
    if unit is None or any(one.exit == "normal" for one in r.project.summary(unit).opened):
        return
    for held, depth in _reached(r, entered):
        key = held.path.key
        own = held.path.root == "fresh" and isinstance(key, tuple) and key[0] == value.path.key
        if depth and own and held.path not in r.blocks.within and r.classes.session_kind(held.type) in SESSIONS:
            yield held.path


def _anchor(context: Expr, path: Path) -> int:
    """The call that opens the block's session: in its head, or before it."""
    while isinstance(context, (Await, Named)):
        context = context.of if isinstance(context, Await) else context.value
    at = context.at if isinstance(context, Call) else path.key
    while isinstance(at, tuple):
        at = at[0]
    return at if isinstance(at, int) else -1


# -- results --


def made(r: Reading, call: Call, receiver: Value, method: Method, sessions: Values, found: Values) -> None:
    """A method of a library has run: a query runs when it is read, and the result of a Session makes its entities when
    they are fetched, both with that session. The result of an AsyncSession has made them all."""
    source = r.blocks.results.get(receiver.path)
    if source is not None:
        if receiver.type.name != QUERY or method.waits:
            _fetched(r, receiver, call.at, call)
        paths = [source]
    else:
        paths = [value.path.owner() for value in sessions if r.classes.session_kind(value.type) == SESSION]
    for value in found:
        kind = value.type
        lazy = kind.name == QUERY or (kind.name in RESULTS and any(_has_entity(r, arg) for arg in kind.args))
        if lazy and value.path != receiver.path:
            r.blocks.results.update((value.path, path) for path in paths if path.root == "fresh")


def gone_through(r: Reading, values: Values, head: Expr) -> None:
    """A loop goes through these. A loop has no place of its own: the call that made the result stands for it."""
    for value in values if r.past else ():
        at = value.path.key if isinstance(value.path.key, int) else -1
        if value.path in r.blocks.results and at >= 0:
            _fetched(r, value, at, f"a loop over `{render(head)}`")
        generated(r, value, at, f"a loop over `{render(head)}`")


def generated(r: Reading, value: Value, at: int, source: Call | str) -> None:
    """A generator runs: it uses its sessions."""
    for use in r.blocks.generated.get(value.path, ()) if value.type.kind == "generator" and at >= 0 else ():
        _after(r, use.path, "generator", at, source)


def _fetched(r: Reading, result: Value, at: int, source: Call | str) -> None:
    _after(r, r.blocks.results[result.path], "query" if result.type.name == QUERY else "result", at, source)


def _after(r: Reading, session: Path, what: str, at: int, source: Call | str) -> None:
    for key in sorted(r.past, key=repr):
        if key.what == OVER and key.path == session:
            step = Step(Verb.LOAD, session, at, written(source), "", None, r.guard, CERTAIN, what)
            r.happened.sequels.setdefault(Past(OVER, session, key.at, what), Sequel(r.happened.steps[key][0], step))


def _has_entity(r: Reading, kind: Type) -> bool:
    if kind.kind == "instance" and r.classes.is_entity(str(kind.name)):
        return True
    return any(_has_entity(r, arg) for arg in kind.args)


# -- out of the block --


def returned(r: Reading, at: int, values: Values) -> None:
    """A value is returned out of the blocks around: a session in it is closed by the time the caller has it."""
    if not r.blocks.closing or r.unit.definition.is_generator:
        return
    ends = {step.path: step for steps in r.blocks.closing for step in steps}
    for value, depth in _reached(r, values):
        end = ends.get(r.blocks.results.get(value.path, value.path.owner()))
        if end is None and value.type.kind == "generator":
            end = next((ends[use.path] for use in r.blocks.generated.get(value.path, ()) if use.path in ends), None)
        if end is None or end.at < 0:
            continue
        kind = value.type
        if value.path in r.blocks.results:
            what = "returned query" if kind.name == QUERY else "returned result"
        elif kind.kind == "generator":
            what = "returned generator"
        elif value.path == end.path and r.classes.session_kind(kind) in SESSIONS:
            what = "returned"
        else:
            continue
        sure = LIKELY if depth else value.sure
        step = Step(Verb.USE, end.path, at, "", "", None, r.guard, sure, what)
        r.happened.sequels.setdefault(Past(OVER, end.path, at, what), Sequel(end._replace(what=OVER), step))


def _reached(r: Reading, values: Values) -> Iterator[tuple[Value, int]]:
    """These values, and what the objects among them that were made here hold; what they were only given is not."""
    queue = [(value, 0) for value in values]
    seen: set[Path] = set()
    for value, depth in queue:
        if value.path in seen:
            continue
        seen.add(value.path)
        yield value, depth
        if depth < _DEEPEST and value.path.root == "fresh" and value.type.kind in ("instance", "many"):
            queue.extend(
                (inner, depth + 1)
                for path, held in r.heap.items()
                if path[:2] == value.path[:2] and path != value.path
                if path.attrs[: len(value.path.attrs)] == value.path.attrs and not path.attrs[-1].startswith("@")
                for inner in held
            )
