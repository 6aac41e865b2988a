"""A handler that writes in the session of a provider, and nobody commits it."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...knowledge import Verb
from ...model import Claim, Confidence, Extent, Hop, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Key
from ...project.traces import short
from ..reaching import below
from ..registry import Provider, rule

_KEEPS = frozenset({Verb.COMMIT, Verb.BEGIN})
_WRITES = (Verb.WRITE, Verb.CHANGE, Verb.FLUSH)
"""What nobody keeps, what says so most plainly first."""


@rule("SQA223", on=Provider, severity=Severity.WARNING, default=False, preview=True)
def uncommitted_use_case(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first write of each handler whose session neither it nor its provider commits."""
    summary = project.summary(unit)
    verbs = {event.verb for event in summary.events}
    verbs |= {one.outer.verb for edge in summary.edges for one in edge.carried}
    if not unit.definition.is_generator or summary.yield_frames or verbs & _KEEPS:
        return
    if project.requests.committed(unit) is not None:
        return
    for handler, keys in project.dependents.handlers(unit).items():
        if project.layers.of(handler).layer in OUTSIDE or {key.verb for key in keys} & _KEEPS:
            continue
        if any(path.root == "injected" for path in project.summary(handler).lets_go):
            continue
        written = min(
            (key for key in keys if key.verb in _WRITES), key=lambda key: _WRITES.index(key.verb), default=None
        )
        if written is not None:
            yield from _lost(unit, handler, written, project)


def _lost(unit: Unit, handler: Unit, key: Key, project: Project) -> Iterator[Claim]:
    end = below(project, handler, key)
    if end is None or not end.text:
        return
    rank = project.summary(handler).effects[key]
    provides = Hop(unit.spot(OWN_NAME, Extent.NAME), "provides the session, and only closes it", unit.symbol)
    own = Hop(end.unit.spot(end.at), "writes", end.unit.symbol)
    entry = project.layers.of(handler).entry
    shows = key.verb is Verb.CHANGE and entry.startswith("GET")
    yield Claim(
        spot=end.steps[0].spot if end.steps else own.spot,
        symbol=handler.symbol,
        message=f"what `{end.text}` writes is committed neither by `{short(handler)}` nor by `{short(unit)}`",
        confidence=min(rank.sure, Confidence.POSSIBLE if shows or key.guard else Confidence.LIKELY),
        label="written here, and rolled back when the request is over",
        why="the client is told that it is done, and no row is stored: the session is closed without a commit",
        help=f"commit at the end of `{short(handler)}`, which is the use case",
        entry=entry,
        trace=(provides, *end.steps, own),
        legs=(handler.symbol,),
    )
