"""A transaction ended, or the database asked, inside the event of a session or mapper that forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.listeners import OF_MAPPERS
from ...project.summary import Event
from ..registry import rule

_ENDS = frozenset({Verb.COMMIT, Verb.ROLLBACK})
_FORBIDS: dict[str, frozenset[Verb]] = {
    **dict.fromkeys((*OF_MAPPERS, "before_flush", "after_flush"), _ENDS | {Verb.FLUSH}),
    "before_commit": _ENDS,
    "after_commit": _ENDS | {Verb.USE, Verb.READ, Verb.LOAD},
}
"""What raises in an event, by the event's name: run on SQLAlchemy 2.0, see the proof."""
_WHY = {
    "before_commit": "IllegalStateChangeError: the commit is being prepared, and is rolled back",
    "after_commit": "InvalidRequestError: the session can send no SQL until the commit returns",
}
_FLUSHING = "the session is in the middle of a flush: it fails, and the whole transaction is rolled back"


@rule("SQA227", on=Event)
def session_work_in_event_hook(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for what a listener does to the session of the event, where that raises."""
    if project.layers.of(unit).layer == TEST or not any(event.verb in verbs for verbs in _FORBIDS.values()):
        return
    heard = next((name for name in project.listeners.of(unit) if event.verb in _FORBIDS.get(name, ())), "")
    if not heard or not _is_of(heard, event):
        return
    own = Hop(unit.spot(event.at), "in the middle of it", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` inside the `{heard}` event of its session raises",
        confidence=min(event.sure, Confidence.LIKELY if event.path.root == "global" else event.sure),
        label=f"{heard} does not allow it",
        why=_WHY.get(heard, _FLUSHING),
        help="use the event's `connection` for SQL, add to the session in `before_flush`, or do it after the commit",
    )


def _is_of(heard: str, event: Event) -> bool:
    """Whether it is done to the session that the event is about, not to one that the listener opens."""
    path = event.path
    if heard in OF_MAPPERS:
        return path.root == "global" or (path.root == "param" and path.attrs[-1:] == ("object_session()",))
    return path.root == "global" or (path.root == "param" and path.key == 0 and not path.attrs)
