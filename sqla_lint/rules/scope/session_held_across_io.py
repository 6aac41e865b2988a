"""A wait for something else than the database while a transaction is open."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Hold
from ...project.traces import short
from ..registry import rule

_UNHURRIED = OUTSIDE | {COMMAND}
"""Code that has the database's connections to itself."""


@rule("SQA113", on=Hold, default=False)
def session_held_across_io(unit: Unit, hold: Hold, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first wait while a transaction is open that the function itself has begun."""
    wait, step = hold.wait, hold.step
    layer = project.layers.of(unit)
    if layer.layer in _UNHURRIED:
        return
    user, waiter = (project.names.units.get(key) for key in (step.via, wait.via))
    uses = "uses the session" if user is None else f"`{short(user)}` uses the session"
    rests = wait.what if waiter is None else f"`{short(waiter)}` {wait.what}"
    first = Hop(unit.spot(step.at), f"{uses}, which takes a connection", unit.symbol)
    own = Hop(unit.spot(wait.at), f"{rests}, with the transaction open", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{wait.text}` {wait.what} while the transaction that `{step.text}` needs is open",
        confidence=hold.sure,
        label=f"{wait.what} with a connection in hand",
        why=(
            "the connection and all locks are held for as long as the other side takes: when it is slow, the pool is "
            "empty and requests that have nothing to do with it fail"
        ),
        help="do it before the session is used, or after `commit()`, `rollback()` or the end of its block",
        entry=layer.entry,
        trace=(first, own),
        legs=(unit.symbol,),
    )
