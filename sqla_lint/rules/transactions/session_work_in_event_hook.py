"""A transaction ended, or the database asked, inside the event of a session or mapper that forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Arg, Call, Lit, Name
from ...knowledge import Verb
from ...knowledge.sqlalchemy import LISTEN, LISTENS_FOR
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.summary import Event
from ..registry import rule

_ENDS = frozenset({Verb.COMMIT, Verb.ROLLBACK})
_OF_MAPPERS = frozenset(f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete"))
_FORBIDS: dict[str, frozenset[Verb]] = {
    **dict.fromkeys((*_OF_MAPPERS, "before_flush", "after_flush"), _ENDS | {Verb.FLUSH}),
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
    heard = next((name for name in _heard(unit, project) if event.verb in _FORBIDS.get(name, ())), "")
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
    if heard in _OF_MAPPERS:
        return path.root == "global" or (path.root == "param" and path.attrs[-1:] == ("object_session()",))
    return path.root == "global" or (path.root == "param" and path.key == 0 and not path.attrs)


def _heard(unit: Unit, project: Project) -> Iterator[str]:
    """The events that a function listens to, by its decorators or by a call in its module."""
    module = unit.module
    for decorator in unit.definition.decorators:
        if isinstance(decorator, Call) and project.names.dotted(module, decorator.func) in LISTENS_FOR:
            yield from _named(decorator.args)
    for part in parts(project.names.units_in(module.name)[0].body):
        if (
            isinstance(part, Call)
            and len(part.args) > 2
            and part.args[2].value == Name(unit.definition.name)
            and project.names.dotted(module, part.func) in LISTEN
        ):
            yield from _named(part.args)


def _named(args: tuple[Arg, ...]) -> Iterator[str]:
    match args:
        case (_, Arg(value=Lit(str() as name)), *_):
            yield name
