"""What a function answers whenever it has committed a session, or has left it failed: who looks at the answer knows
whether it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Await, Call, Choice, Expr, Items, Name
from ...knowledge.web import RESPONSES
from ..reading.excluding import called, grows
from ..reading.state import Found, Past
from ..summary import Answer, Summary, Told
from ..values import NONE, Path, Values, constant
from .steps import COMMIT, FAILED, FAILURE, LEFT

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading

_OF_CALLERS = frozenset({"param", "free", "injected", "global"})
_MOST = 8


@dataclass(slots=True)
class Ledger:
    """What one function answers, and what it is answered."""

    told: dict[tuple[str, Path], set[Told | None]] = field(default_factory=dict)
    """The answers after a commit or a failure; None for one of which nothing is known."""
    answered: dict[Past, Told] = field(default_factory=dict)
    """What a callee has answered where this has happened in it."""
    vague: bool = False
    """Whether the function may answer what nobody knows."""


def committed(r: Reading, path: Path) -> None:
    """A commit happens; where it may be one of several, or be followed by an exception that is caught, no way out of
    the function tells of it."""
    if r.loop or r.trying.attempts:
        r.answers.told.setdefault((COMMIT, path), set()).add(None)


def returned(r: Reading, value: Expr | None, values: Values) -> None:
    """The function is left with a value, or None at its end."""
    told = _told(r, value, values)
    r.answers.vague |= value is not None and not values
    for _, _, path in r.done:
        r.answers.told.setdefault((COMMIT, path), set()).add(told)
    for key in r.past:
        if key.what in FAILED:
            r.answers.told.setdefault((key.what, key.path), set()).add(_known(r, key, value) or told)


def _told(r: Reading, value: Expr | None, values: Values) -> Told | None:
    """What an answer is, as it stands there: a constant, a display of nothing, which is not true, or a response, which
    is."""
    if isinstance(value, Items) and not value.of:
        return Told(frozenset(), False)
    if values and all(kind.kind == "instance" and r.classes.is_a(str(kind.name), RESPONSES) for _, kind, _ in values):
        return Told(frozenset(), True)
    known, answer = constant(values) if value is not None else (True, None)
    return Told(frozenset({answer}), True) if known else None


def _known(r: Reading, key: Past, value: Expr | None) -> Told | None:
    """What a local, or the answer of a callee in which something has failed, is there for sure."""
    if key in r.answers.answered and value is not None and key.at in _asked(value):
        return r.answers.answered[key]
    name = value.id if isinstance(value, Name) else ""
    for one in r.under.get(key, ()) if name else ():
        if (one.text, one.age, one.holds) == (name, r.excluding.ages.get(name, 0), True) and len(one.constants) == 1:
            return Told(one.constants, True)
    return None


def left(r: Reading) -> tuple[Answer, ...]:
    """What callers can tell by the answer, if there is another one. Of failures that is the function's own, rather than
    one that a callee has left."""
    if not r.answers.told or (
        not r.answers.vague and (constant(r.returns)[0] or all(value.type == NONE for value in r.returns))
    ):
        return ()
    found = [
        Answer(LEFT if what == FAILURE else what, path, answer)
        for (what, path), told in r.answers.told.items()
        for answer in told
        if answer is not None and len(told) == 1 and path.root in _OF_CALLERS
        if what != LEFT or (FAILURE, path) not in r.answers.told
    ]
    return tuple(sorted(found, key=repr)[:_MOST])


def take_over(r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """What a callee has done here is told by what it has answered."""
    name = called(site.at)
    grows(r, name)
    for one in summary.answers:
        for value in applied.path(one.path):
            key = Past(one.what, value.path.owner(), site.at, unit.key)
            if key in r.past:
                r.answers.answered[key] = one.answer
                _tells(r, key, name)


def assigned(r: Reading, name: str, value: Expr | None) -> None:
    """A local holds the answer of a call."""
    asked = set(_asked(value)) if r.answers.answered and value is not None else set()
    for key in r.past if asked else ():
        if key in r.answers.answered and key.at in asked:
            _tells(r, key, name)


def _asked(value: Expr) -> Iterator[int]:
    """The calls whose answer this is when they are made: `f()`, or `f() if test else None`."""
    match value:
        case Call(at=at):
            yield at
        case Await(of):
            yield from _asked(of)
        case Choice("if", of):
            for one in of:
                yield from _asked(one)


def _tells(r: Reading, key: Past, name: str) -> None:
    """A local, or a call, is this where something has happened."""
    known = Found(name, r.excluding.ages[name], *r.answers.answered[key])
    r.under = {**r.under, key: r.under.get(key, frozenset()) | {known}}
