"""A transaction ended, or the database asked, inside the event of a session or mapper that forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.listeners import OF_MAPPERS, first
from ...project.summary import Event
from ...project.values import Path
from ..reaching import below
from ..registry import Listener, rule

_ENDS = frozenset({Verb.COMMIT, Verb.ROLLBACK})
_FORBIDS: dict[str, frozenset[Verb]] = {
    **dict.fromkeys((*OF_MAPPERS, "before_flush", "after_flush", "after_flush_postexec"), _ENDS | {Verb.FLUSH}),
    "before_commit": _ENDS,
    "after_commit": _ENDS | {Verb.USE, Verb.READ, Verb.LOAD},
}
"""What raises in an event, by the event's name: run on SQLAlchemy 2.0, see the proof."""
_WHY = {
    "before_commit": "IllegalStateChangeError: the commit is being prepared, and is rolled back",
    "after_commit": "InvalidRequestError: the session can send no SQL until the commit returns",
}
_FLUSHING = "the session is in the middle of a flush: it fails, and the whole transaction is rolled back"


@rule("SQA227", on=(Event, Listener))
def session_work_in_event_hook(unit: Unit, answer: Event | Listener, project: Project) -> Iterator[Claim]:
    """Yields a claim for what a listener does to the session of the event, where that raises."""
    if project.layers.of(unit).layer == TEST:
        return
    if isinstance(answer, Listener):
        yield from _by_callees(unit, answer, project)
        return
    if not any(answer.verb in verbs for verbs in _FORBIDS.values()):
        return
    heard = _forbidding(unit, project.listeners.heard(unit), answer.verb, answer.path)
    if heard and not project.listeners.keep(answer.path):
        own = Hop(unit.spot(answer.at), "in the middle of it", unit.symbol)
        yield _claim(unit, heard, answer.text, own, (), min(answer.sure, _most(answer.path)))


def _by_callees(unit: Unit, listener: Listener, project: Project) -> Iterator[Claim]:
    """Claims for what a listener's callees do, the first of them of each call."""
    told: set[int] = set()
    for key, rank in project.summary(unit).effects.items():
        heard = _forbidding(unit, listener.events, key.verb, key.path) if rank.via and rank.at not in told else ""
        is_meant = heard and not key.guard and not project.listeners.keep(key.path)
        end = below(project, unit, key) if is_meant else None
        if end is not None and end.steps:
            told.add(rank.at)
            last = Hop(end.unit.spot(end.at), "in the middle of it", end.unit.symbol)
            sure = min(rank.sure, _most(key.path))
            yield _claim(unit, heard, end.text or key.verb.value, end.steps[0], (*end.steps, last), sure)


def _claim(unit: Unit, heard: str, text: str, own: Hop, trace: tuple[Hop, ...], sure: Confidence) -> Claim:
    return Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{text}` inside the `{heard}` event of its session raises",
        confidence=sure,
        label=f"{heard} does not allow it",
        why=_WHY.get(heard, _FLUSHING),
        help="use the event's `connection` for SQL, add to the session in `before_flush`, or do it after the commit",
        trace=trace,
    )


def _forbidding(unit: Unit, events: tuple[str, ...], verb: Verb, path: Path) -> str:
    """The first of these events that forbids its listener to do this to this session."""
    return next((name for name in events if verb in _FORBIDS.get(name, ()) and _is_of(unit, name, path)), "")


def _most(path: Path) -> Confidence:
    return Confidence.LIKELY if path.root == "global" else Confidence.CERTAIN


def _is_of(unit: Unit, heard: str, path: Path) -> bool:
    """Whether it is done to the session that the event is about, not to one that the listener opens."""
    if heard in OF_MAPPERS:
        return path.root == "global" or (path.root == "param" and path.attrs[-1:] == ("object_session()",))
    return path.root == "global" or (path.root == "param" and path.key == first(unit) and not path.attrs)
