"""What a turn of a loop leaves to its commit: one row, or a batch of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Await, Bind, Branch, Call, Expr, Index, Items, Name, Repeat, With
from ..knowledge import DIRTIES, Verb
from .modules import Unit, last_name
from .once import once
from .parts import parts, reads
from .summary import Commit, Edge, Summary
from .text import render

if TYPE_CHECKING:
    from .project import Project

_STORES_MANY = frozenset({"add_all", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"})


def before(unit: Unit, summary: Summary, at: int) -> bool:
    """Whether all that a function leaves to its commit at a place is written in loops that end before it, and that do
    not go through what a row has that it is given: an order has its lines."""
    written = writes(summary).intersection(takewhile(lambda place: place != at, places(unit.body)))
    loops = (loop for loop in _loops(unit.body, at) if not _is_of_parameter(unit, loop.head))
    return bool(written) and written <= {one for loop in loops for one in places(loop)}


def _is_of_parameter(unit: Unit, expr: Expr) -> bool:
    own = 0 if unit.klass is None or unit.is_static else 1
    return isinstance(expr, Attr) and any(expr.of == Name(param.name) for param in unit.definition.params[own:])


def are_lines(project: Project, unit: Unit, commit: Commit) -> bool:
    """Whether a loop goes through what a row has that the function is given."""
    turn = turn_of(project, unit, commit)
    return turn is not None and _is_of_parameter(unit, turn.head)


def of_turn(project: Project, unit: Unit, commit: Commit) -> Iterator[Expr]:
    """What the batch of each turn is made of, loop by loop and call by call; nothing where a turn writes a row too."""
    turn, summary = turn_of(project, unit, commit), project.summary(unit)
    written = writes(summary).intersection(places(turn.body)) if turn is not None else set()
    if turn is None or any(edge.at == commit.at and _verbs(edge) & DIRTIES for edge in summary.edges):
        return
    loops = [loop for loop in _loops(turn.body, commit.at) if not isinstance(loop.head, Items)]
    calls = [part for part in parts(turn.body) if isinstance(part, Call) and _stores_many(part)]
    covered = {one for loop in loops for one in places(loop.body)} | {call.at for call in calls}
    if written and written <= covered:
        yield from (loop.head for loop in loops if not written.isdisjoint(places(loop.body)))
        yield from (call.args[0].value for call in calls if call.at in written)


def is_rest(unit: Unit, summary: Summary, first: int, last: int) -> bool:
    """Whether a commit is only that of what is left of batches: the first is made now and then in a loop, and nothing
    is written between that loop and the last, nor by what does the last."""
    order = places(unit.body)
    if any(edge.at == last and _verbs(edge) & DIRTIES for edge in summary.edges):
        return False
    for loop in _loops(unit.body, last):
        inside = places(loop.body)
        arms = (arm for part in parts(loop.body) if isinstance(part, Branch) for arm in part.arms)
        if first in inside and last in order and any(first in places(arm.body) for arm in arms):
            between = order[order.index(inside[-1]) + 1 : order.index(last)]
            return writes(summary).isdisjoint(between)
    return False


@once
def turn_of(project: Project, unit: Unit, commit: Commit) -> Repeat | None:
    """The loop that does a commit for each of its rows."""
    loops = (
        part
        for part in parts(unit.body)
        if isinstance(part, Repeat) and part.target is not None and render(part.head) == commit.over
    )
    return next((loop for loop in loops if commit.at in places(loop.body)), None)


def is_limited(unit: Unit, at: int) -> bool:
    """Whether a place stands in a `while` loop whose turns fetch no more than so many rows each."""
    loops = (part for part in parts(unit.body) if isinstance(part, Repeat) and part.target is None)
    return any(
        at in places(loop.body)
        and any(isinstance(part, Call) and last_name(part.func) == "limit" for part in parts(loop.body))
        for loop in loops
    )


def is_taken_from(part: Expr, turn: Repeat) -> bool:
    """Whether a batch is what the loop hands out, or lies in it by a key, or is what a function makes of it. The
    attribute of an object is not enough: an order has its lines."""
    names = {one.id for one in parts(turn.target) if isinstance(one, Name)}
    for node in parts(turn.body):
        match node:
            case Bind(targets=(Name(name),), value=value) if value is not None and _comes_from(value, names):
                names.add(name)
            case With(items=items):
                names |= {
                    item.target.id
                    for item in items
                    if isinstance(item.target, Name) and _comes_from(item.context, names)
                }
    return _comes_from(part, names)


def _comes_from(expr: Expr, names: set[str]) -> bool:
    match expr:
        case Name(name):
            return name in names
        case Await(of) | Index(of, _):
            return _comes_from(of, names)
        case Call(func, args):
            from_key = last_name(func) == "get" and reads(func, frozenset(names))
            return from_key or any(_comes_from(arg.value, names) for arg in args)
        case _ if hasattr(expr, "sources"):
            return any(_comes_from(source.iter, names) for source in expr.sources)
    return False


def _stores_many(call: Call) -> bool:
    return last_name(call.func) in _STORES_MANY and bool(call.args) and not isinstance(call.args[-1].value, Items)


def writes(summary: Summary) -> set[int]:
    """The places where something is written that a commit elsewhere stores."""
    found = {event.at for event in summary.events if event.verb in DIRTIES}
    found |= {edge.at for edge in summary.edges if _verbs(edge) & DIRTIES and Verb.COMMIT not in _verbs(edge)}
    return found


def _verbs(edge: Edge) -> set[Verb]:
    return {one.outer.verb for one in edge.carried}


def _loops(body: object, at: int) -> Iterator[Repeat]:
    """The loops over something in a piece of code that are done with before a place of it."""
    for part in parts(body):
        if isinstance(part, Repeat) and part.target is not None and at not in places(part.body):
            yield part


def places(node: object) -> list[int]:
    return [part.at for part in parts(node) if isinstance(part, (Call, Bind)) and part.at >= 0]
