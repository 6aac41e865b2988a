"""A session that a cache keeps, as what a function returned or as part of its key."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Cached
from ...project.traces import short
from ..registry import rule
from ..sharing import kept_from


@rule("SQA104", on=Cached)
def session_in_cached_function(unit: Unit, cached: Cached, project: Project) -> Iterator[Claim]:
    """Yields a claim for a cache that hands one session to everybody, or that a session never hits."""
    if cached.held.kind not in SESSIONS or project.layers.of(unit).layer in OUTSIDE:
        return
    by_call = cached.at != OWN_NAME
    subject = cached.text if by_call else short(unit)
    if cached.takes:
        message = f"`{subject}` is cached by its session `{cached.takes}`"
        why = "each session is another key: the cache never hits, and one in memory keeps every session alive"
        help_ = "cache by plain values and open the session inside, or leave the cache out"
    else:
        given = "a session" if cached.held.opened is None else "an object that keeps a session"
        message = f"`{subject}` returns {given}, and `{cached.by}` hands the same one to every caller"
        why = "all callers share one transaction: what one commits or rolls back includes what the others have pending"
        help_ = "cache the engine or the sessionmaker; open a session for each request or use case"
    own = Hop(unit.spot(cached.at, Extent.CALL if by_call else Extent.NAME), f"`{cached.by}` keeps it", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=message,
        confidence=Confidence.CERTAIN if cached.held.opened is None else Confidence.LIKELY,
        label=f"kept by `{cached.by}`",
        why=why,
        help=help_,
        trace=kept_from(project, own, cached.held.opened),
        legs=(unit.symbol,),
    )
