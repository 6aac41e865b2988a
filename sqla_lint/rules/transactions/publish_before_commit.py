"""Something is sent to others before the commit that makes its rows visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...knowledge import Verb
from ...knowledge.senders import MAIL, MESSAGE, TASK
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.listeners import OF_MAPPERS
from ...project.past import PASSED, SENT
from ...project.summary import Sequel
from ..named import is_named
from ..reaching import Reached, below, handed_on, reached
from ..registry import Listener, option, rule

_IN_FLUSH = OF_MAPPERS | {"before_flush", "after_flush", "after_flush_postexec", "before_commit"}
"""Events that come before the commit, whoever commits."""

_WHY = {
    TASK: "a worker that is faster finds no row or an old one, and the task stays when the commit fails",
    MESSAGE: "who gets it first finds no row or an old one, and it cannot be taken back when the commit fails",
    MAIL: "the mail is out when the commit fails, and tells of what is not stored",
}


@dataclass(frozen=True)
class Options:
    """What the project says of its own senders."""

    buffered: tuple[str, ...] = option((), "functions that keep what they are given until the commit")


@rule("SQA211", on=(Sequel, Listener), options=Options)
def publish_before_commit(unit: Unit, answer: Sequel | Listener, project: Project, options: Options) -> Iterator[Claim]:
    """Yields a claim for a task, message or mail that is sent between a write and the commit of its session."""
    if isinstance(answer, Sequel):
        yield from _sent_before(unit, answer, project, options)
    elif not _IN_FLUSH.isdisjoint(answer.events) and project.layers.of(unit).layer not in OUTSIDE:
        event = next(event for event in answer.events if event in _IN_FLUSH)
        yield from _sent_in(unit, event, project, options)


def _sent_in(unit: Unit, event: str, project: Project, options: Options) -> Iterator[Claim]:
    """What a listener sends while the session that it listens to flushes."""
    for key, rank in project.summary(unit).effects.items():
        end = below(project, unit, key) if key.verb is Verb.PUBLISH else None
        if end is None or _is_buffered(end, (), options):
            continue
        what = str(key.path.key)
        out = Hop(end.unit.spot(end.at), "leaves the process", end.unit.symbol)
        own = end.steps[0] if end.steps else out
        yield Claim(
            spot=own.spot,
            symbol=unit.symbol,
            message=f"a {what} is sent in the event `{event}`, before the session commits",
            confidence=min(rank.sure, Confidence.LIKELY),
            label=f"the {what} leaves before its rows do",
            why=_WHY[what],
            help="note in the session what is to be sent, and send it in `after_commit`",
            trace=(*end.steps, out) if end.steps else (),
            legs=(unit.symbol,),
        )


def _sent_before(unit: Unit, sequel: Sequel, project: Project, options: Options) -> Iterator[Claim]:
    first, then = sequel
    if first.what not in (SENT, PASSED) or project.layers.of(unit).layer in OUTSIDE:
        return
    found = next(handed_on(project, unit, first, PASSED, lambda summary: summary.sent), None)
    if found is None:
        return
    steps, holder, sent = found
    end = reached(project, holder, sent)
    if end is None or sent.inner is None or _is_buffered(end, steps, options):
        return
    what = str(sent.inner.path.key)
    own = Hop(holder.spot(sent.at), f"sends a {what}", holder.symbol)
    onward = (*end.steps[1:], Hop(end.unit.spot(end.at), "leaves the process", end.unit.symbol)) if end.calls else ()
    last = Hop(unit.spot(then.at), "commits only here", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=holder.symbol,
        message=f"`{sent.text}` sends a {what} before `{then.text}` commits what was written",
        confidence=min(first.sure, then.sure, sent.sure, Confidence.LIKELY),
        label=f"the {what} leaves before its rows do",
        why=_WHY[what],
        help="send it after the commit, or store it in the same transaction (an outbox) and send it from there",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own, *onward, last),
        legs=(unit.symbol,),
    )


def _is_buffered(end: Reached, steps: Sequence[Hop], options: Options) -> bool:
    """Whether a function on the way keeps back what it is given."""
    around = (*(hop.symbol for hop in steps), *(caller.symbol for caller, _ in end.calls), end.unit.symbol)
    return any(is_named(symbol, options.buffered) for symbol in around)
