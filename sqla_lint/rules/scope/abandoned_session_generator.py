"""A generator that hands out a session, and is not run to its end."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Await, Call
from ...knowledge import Verb
from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.parts import parts
from ...project.summary import Abandoned, Opened
from ...project.traces import short
from ..closing import is_closed_elsewhere
from ..registry import rule

_HELD = {"begun": Confidence.CERTAIN, "failing": Confidence.LIKELY}
_EXITS = {"return": "`return` leaves", "break": "`break` leaves", "raise": "`raise` leaves"}


@rule("SQA120", on=(Opened, Abandoned))
def abandoned_session_generator(unit: Unit, found: Opened | Abandoned, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that is taken out of its generator by `next`, or by a loop that is left early."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    if isinstance(found, Abandoned):
        if found.exit in _EXITS:
            yield _left(unit, found, project)
        elif found.exit == "next":
            yield _mistaken(unit, found, project)
        elif found.exit == "anext" and _is_used_later(unit, found, project):
            yield _closed_midway(unit, found, project)
    elif found.how == "next" and _is_held(unit, found, project) and not _is_closed_midway(unit, found, project):
        kept = found.exit == "kept"
        yield Claim(
            spot=unit.spot(found.at),
            symbol=unit.symbol,
            message=f"`{found.text}` drops the generator, and nobody closes the session that it handed out",
            confidence=min(found.sure, Confidence.LIKELY if kept else _HELD[found.state]),
            label="closed before its first use, never after it",
            why="the session opens itself anew and keeps its connection; what stands after the `yield` never runs",
            help="make the generator a context manager (`contextlib.contextmanager`) and use it in a `with` block",
            entry=project.layers.of(unit).entry,
            legs=(unit.symbol,),
        )


def _is_held(unit: Unit, opened: Opened, project: Project) -> bool:
    """Whether the session is left with a connection, and nobody else closes it."""
    if opened.exit == "kept":
        return not is_closed_elsewhere(unit, opened, project)
    return opened.state in _HELD


def _is_closed_midway(unit: Unit, opened: Opened, project: Project) -> bool:
    """Whether it is said already of what a generator has handed out that the event loop closes it."""
    return any(
        one.exit == "anext" and one.at == opened.at and _is_used_later(unit, one, project)
        for one in project.summary(unit).abandoned
    )


def _is_used_later(unit: Unit, abandoned: Abandoned, project: Project) -> bool:
    """Whether the event loop gets to close the session before it is used for the last time: whatever an AsyncSession
    does lets it, and of others each `await` in between."""
    if abandoned.kind in ASYNC:
        return True
    events = project.summary(unit).events
    uses = {one.at for one in events if one.kind == abandoned.kind and one.verb is not Verb.CLOSE}
    taken = waits = False
    for part in parts(unit.body):
        if isinstance(part, Await):
            waits = taken
        elif isinstance(part, Call):
            taken |= part.at == abandoned.at
            if waits and part.at in uses:
                return True
    return False


def _closed_midway(unit: Unit, abandoned: Abandoned, project: Project) -> Claim:
    inner = project.names.units[abandoned.callee]
    own = Hop(unit.spot(abandoned.at), "drops the generator", unit.symbol)
    return Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{abandoned.text}` drops the generator, which closes its session while it is in use",
        confidence=abandoned.sure,
        label="the event loop closes it at the next `await`",
        why="what was not committed by then is rolled back, and changes of what was loaded are not stored",
        help="make the generator a context manager and use it in an `async with` block",
        entry=project.layers.of(unit).entry,
        trace=(own, Hop(inner.spot(OWN_NAME, Extent.NAME), "closes the session when it is closed", inner.symbol)),
        legs=(unit.symbol,),
    )


def _left(unit: Unit, abandoned: Abandoned, project: Project) -> Claim:
    inner = project.names.units[abandoned.callee]
    own = Hop(unit.spot(abandoned.at), f"{_EXITS[abandoned.exit]} the loop over it", unit.symbol)
    skips = abandoned.skips
    return Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"{own.text[: -len(' over it')]} over `{abandoned.text}` before the generator has ended",
        confidence=abandoned.sure,
        label="what stands after its `yield` does not run",
        why="its commit is skipped: nothing is stored, and nothing raised"
        if skips
        else "its session stays open until the event loop finalizes the generator",
        help="make the generator a context manager and use it in a `with` block",
        entry=project.layers.of(unit).entry,
        trace=(own, Hop(inner.spot(OWN_NAME, Extent.NAME), "is left where it stands", inner.symbol)),
        legs=(unit.symbol,),
    )


def _mistaken(unit: Unit, abandoned: Abandoned, project: Project) -> Claim:
    inner = project.names.units[abandoned.callee]
    asynchronous = inner.definition.is_async
    sort, manager = ("an asynchronous", "async") if asynchronous else ("a plain", "")
    return Claim(
        spot=unit.spot(abandoned.at),
        symbol=unit.symbol,
        message=f"`{abandoned.text}` fails: `{short(inner)}` is {sort} generator",
        confidence=abandoned.sure,
        label="TypeError",
        why="no session comes out of it",
        help=f"make it a context manager with `contextlib.{manager}contextmanager` and use it in "
        f"{'an `async with`' if asynchronous else 'a `with`'} block",
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
    )
