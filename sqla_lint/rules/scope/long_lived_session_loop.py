"""An endless loop that keeps one session, and with it one transaction, from turn to turn."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import MIGRATION, TEST
from ...project.questions.pools import only_autocommit
from ...project.summary import Linger
from ...project.traces import short
from ..registry import rule


@rule("SQA115", on=Linger)
def long_lived_session_loop(unit: Unit, linger: Linger, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that a loop without an end uses and in no turn gives back."""
    wait = linger.wait
    if wait is None or project.layers.of(unit).layer in (MIGRATION, TEST):
        return
    own = Hop(unit.spot(linger.at), "uses the same session in every turn", unit.symbol)
    at_once = only_autocommit(project)
    via = project.names.units.get(wait.via)
    rests = wait.what if via is None else f"`{short(via)}` {wait.what}"
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{linger.text}` uses one session in every turn of an endless loop, and no turn ends its transaction",
        confidence=min(linger.sure, Confidence.POSSIBLE) if at_once else linger.sure,
        label=own.text,
        why=(
            "the transaction stays open while the loop waits: entities keep the values they were first read with, the "
            "connection never returns to the pool, and migrations wait for its locks"
        ),
        help="open the session inside the loop, or end each turn with `commit()` or `rollback()`",
        entry=project.layers.of(unit).entry,
        because=("in all engines each statement commits by itself",) if at_once else (),
        trace=(own, Hop(unit.spot(wait.at), f"{rests}, with the transaction open", unit.symbol)),
        legs=(unit.symbol,),
    )
