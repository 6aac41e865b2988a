"""A handler that writes in the session of a provider, and nobody commits it."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from ...facts.schema import OWN_NAME
from ...knowledge import Verb
from ...model import Claim, Confidence, Extent, Hop, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.summary import Key
from ...project.traces import short
from ..reaching import Reached, below, done_at
from ..registry import Provider, rule

_KEEPS = frozenset({Verb.COMMIT, Verb.BEGIN})
_WRITES = (Verb.WRITE, Verb.CHANGE, Verb.FLUSH)
"""What nobody keeps, what says so most plainly first."""


@rule("SQA223", on=Provider, severity=Severity.WARNING, default=False, preview=True)
def uncommitted_use_case(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first write of each handler whose session neither it nor its provider commits, and for the
    first one below all that it commits."""
    summary = project.summary(unit)
    verbs = {event.verb for event in summary.events}
    verbs |= {one.outer.verb for edge in summary.edges for one in edge.carried}
    if not unit.definition.is_generator or summary.yield_frames or verbs & _KEEPS:
        return
    if project.requests.committed(unit) is not None:
        return
    for handler, keys in project.dependents.handlers(unit).items():
        if project.layers.of(handler).layer in OUTSIDE:
            continue
        if any(path.root == "injected" for path in project.summary(handler).lets_go):
            continue
        committed = bool({key.verb for key in keys} & _KEEPS)
        written = _last(handler, keys, project) if committed else _first(handler, keys, project)
        if written is not None and written[1].text:
            yield from _lost(unit, handler, *written, committed, project)


def _first(handler: Unit, keys: list[Key], project: Project) -> tuple[Key, Reached] | None:
    """What a handler writes that nothing ever commits, and where."""
    key = min((key for key in keys if key.verb in _WRITES), key=lambda key: _WRITES.index(key.verb), default=None)
    end = below(project, handler, key) if key is not None else None
    return (key, end) if key is not None and end is not None else None


def _last(handler: Unit, keys: list[Key], project: Project) -> tuple[Key, Reached] | None:
    """What a handler writes below all that it commits, and where; nothing where a block of its own commits."""
    summary = project.summary(handler)
    if any(event.verb is Verb.BEGIN for event in summary.events):
        return None
    done = [(event.at, Key(event.verb, event.path, event.guard)) for event in summary.events]
    done += [(edge.at, carried.outer) for edge in summary.edges for carried in edge.carried]
    places = sorted(((handler.spot(at).at, at, key) for at, key in done if key in keys), key=itemgetter(0))
    last = max((place for place, _, key in places if key.verb in _KEEPS), default=None)
    late = ((at, key) for place, at, key in places if last is not None and place > last and key.verb is Verb.WRITE)
    return next(((key, end) for at, key in late for end in done_at(project, handler, at, Verb.WRITE)), None)


def _lost(unit: Unit, handler: Unit, key: Key, end: Reached, committed: bool, project: Project) -> Iterator[Claim]:
    rank = project.summary(handler).effects[key]
    provides = Hop(unit.spot(OWN_NAME, Extent.NAME), "provides the session, and only closes it", unit.symbol)
    own = Hop(end.unit.spot(end.at), "writes", end.unit.symbol)
    entry = project.layers.of(handler).entry
    shows = key.verb is Verb.CHANGE and entry.startswith("GET")
    late = " after the last commit" if committed else ""
    yield Claim(
        spot=end.steps[0].spot if end.steps else own.spot,
        symbol=handler.symbol,
        message=f"what `{end.text}` writes{late} is committed neither by `{short(handler)}` nor by `{short(unit)}`",
        confidence=min(rank.sure, Confidence.POSSIBLE if shows or key.guard else Confidence.LIKELY),
        label="written here, and rolled back when the request is over",
        why="the client is told that it is done, and no row is stored: the session is closed without a commit",
        help=f"commit at the end of `{short(handler)}`, which is the use case",
        entry=entry,
        trace=(provides, *end.steps, own),
        legs=(handler.symbol,),
    )
