"""Two sessions on one engine that a use case has in use at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.questions.twins import one_pool, provided
from ...project.summary import Key, Own, Step, Twin
from ...project.traces import Leg, short
from ...project.values import Path
from ..registry import rule


@rule("SQA111", on=Twin, severity=Severity.WARNING, default=False)
def two_sessions_in_one_use_case(unit: Unit, twin: Twin, project: Project) -> Iterator[Claim]:
    """Yields a claim for a session that is used while another one on the same engine has an open transaction."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    for first, of_first in _makers(project, unit, twin.first, twin.of_first):
        for then, of_then in _makers(project, unit, twin.then, twin.of_then):
            if one_pool(project, of_first, of_then):
                yield _claim(project, unit, twin, first, then)
                return


def _claim(project: Project, unit: Unit, twin: Twin, first: Leg | None, then: Leg | None) -> Claim:
    callee = project.names.units.get(twin.then.via)
    user = project.names.units.get(twin.first.via)
    uses = "uses one session" if user is None else f"`{short(user)}` uses one session"
    below = callee is not None and twin.then.inner is None
    own = Hop(unit.spot(twin.at), "another session comes in, with that transaction open", unit.symbol)
    leg = first or then
    down = list(_down(project, twin.then.via, twin)) if below else []
    return Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=(
            f"`{twin.text}` {'uses' if below else 'is'} a second session on the same engine, while the transaction "
            f"that `{twin.first.text}` needs is open"
        ),
        confidence=min((twin.sure, *(leg.sure for leg in (first, then) if leg is not None))),
        label="a second session",
        why=(
            "the two commit separately, so what one has written stays when the other fails; and each call waits for a "
            "second connection with one in hand: when all of them do, none goes on until the pool times out"
        ),
        help="pass the first session on, or end its transaction before the second one is used",
        entry=project.layers.of(leg.entry if leg is not None else unit).entry,
        trace=(
            *(project.traces.hops(leg) if leg is not None else ()),
            Hop(unit.spot(twin.first.at), f"{uses}, which takes a connection", unit.symbol),
            own,
            *down,
        ),
        legs=(unit.symbol,),
    )


def _down(project: Project, via: str, twin: Twin) -> Iterator[Hop]:
    """The calls from a callee down to the one that opens the session itself."""
    seen: set[str] = set()
    while via and via not in seen:
        seen.add(via)
        callee = project.names.units[via]
        owned = project.summary(callee).owned
        own: Own | None = next((one for one in owned if one.maker == twin.of_then), owned[0] if owned else None)
        if own is None:
            return
        via = own.via
        text = f"`{short(callee)}` calls `{short(project.names.units[via])}`" if via else "opens a session of its own"
        yield Hop(callee.spot(own.at), text, callee.symbol)


def _makers(project: Project, unit: Unit, step: Step, maker: Path) -> Iterator[tuple[Leg | None, Path]]:
    """What has made a session, as far as that is known, and by which calls it comes here when it is a parameter."""
    if step.path.root != "param":
        yield None, provided(project, step.path) if step.path.root == "injected" else maker
        return
    for leg in project.traces.legs(unit, Key(step.verb, step.path, step.guard)):
        if not leg.links or leg.sure < Confidence.LIKELY or project.layers.of(leg.entry).layer in OUTSIDE:
            continue
        if leg.path.root == "injected":
            yield leg, provided(project, leg.path)
        elif leg.path.root == "fresh":
            maker = dict(project.summary(leg.entry).makers).get(leg.path, maker)
            if maker.root == "global":
                yield leg, maker
