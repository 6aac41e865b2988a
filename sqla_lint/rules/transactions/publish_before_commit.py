"""Something is sent to others before the commit that makes its rows visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...facts.schema import OWN_NAME
from ...knowledge import Verb
from ...knowledge.senders import MAIL, MESSAGE, TASK
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.dependents import provided_by
from ...project.layers import OUTSIDE
from ...project.listeners import OF_MAPPERS
from ...project.questions.lending import committing
from ...project.questions.steps import PASSED, SENT
from ...project.summary import Key, Sequel, Step
from ...project.traces import short
from ..named import is_named
from ..reaching import DEEPEST, Reached, below, handed_on, reached
from ..registry import Listener, Provider, option, rule

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


@rule("SQA211", on=(Sequel, Listener, Provider), options=Options)
def publish_before_commit(
    unit: Unit, answer: Sequel | Listener | Provider, project: Project, options: Options
) -> Iterator[Claim]:
    """Yields a claim for a task, message or mail that is sent between a write and the commit of its session."""
    if isinstance(answer, Sequel):
        first, then = answer
        if first.what in (SENT, PASSED) and project.layers.of(unit).layer not in OUTSIDE:
            if then.via and (first.at, first.via) == (then.at, then.via):
                yield from _sent_within(unit, first, then, project, options)
                return
            committer, (end, way) = then.text, _committed(unit, then, project)
            if then.at == OWN_NAME:
                way = [_after(unit, then, project)]
            elif then.at == first.at:  # a decorator of what is called there commits
                committer, way = end, way[-1:]
            yield from _sent_before(unit, first, way, committer, then.sure, project, options)
    elif isinstance(answer, Provider):
        yield from _sent_by_handlers(unit, project, options)
    elif not _IN_FLUSH.isdisjoint(answer.events) and project.layers.of(unit).layer not in OUTSIDE:
        event = next(event for event in answer.events if event in _IN_FLUSH)
        yield from _sent_in(unit, event, project, options)


def _committed(unit: Unit, then: Step, project: Project) -> tuple[str, list[Hop]]:
    """The text of the commit itself, and the way to it."""
    end = reached(project, unit, then) or Reached(project, (), unit, then.at, then.text)
    return end.text, [*end.steps, Hop(end.unit.spot(end.at), "commits only here", end.unit.symbol)]


def _after(unit: Unit, then: Step, project: Project) -> Hop:
    """Where a decorator commits what a function leaves to it."""
    injection = project.injected(unit).get(then.path.key)
    what = f"commits when `{short(unit)}` has ended"
    for frame in committing(injection.frames)[:1] if injection is not None else ():
        where = project.names.units[frame.where]
        return Hop(where.spot(frame.at), what, where.symbol)
    return Hop(unit.spot(OWN_NAME, Extent.NAME), what, unit.symbol)


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


def _sent_by_handlers(unit: Unit, project: Project, options: Options) -> Iterator[Claim]:
    """What handlers send that leave the commit to the provider of their session."""
    frames = committing(project.summary(unit).yield_frames)
    if not frames or project.layers.of(unit).layer in OUTSIDE:
        return
    frame = next((one for one in frames if one.where == unit.key), frames[0])
    spot = unit.spot(frame.at) if frame.where == unit.key else unit.spot(OWN_NAME, Extent.NAME)
    sure = Confidence.POSSIBLE if frame.guard else Confidence.LIKELY
    for handler in project.dependents.handlers(unit):
        if not committing(project.dependents.frames(unit, handler)):
            continue
        for step in project.summary(handler).sent:
            if step.path.root == "injected" and provided_by(step.path.key) == unit.symbol:
                last = Hop(spot, f"`{short(unit)}` commits when `{short(handler)}` has ended", unit.symbol)
                yield from _sent_before(handler, step, [last], frame.text, sure, project, options)


def _sent_before(
    unit: Unit, first: Step, last: Sequence[Hop], committer: str, sure: Confidence, project: Project, options: Options
) -> Iterator[Claim]:
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
    yield Claim(
        spot=own.spot,
        symbol=holder.symbol,
        message=f"`{sent.text}` sends a {what} before `{committer}` commits what was written",
        confidence=min(first.sure, sure, sent.sure, Confidence.LIKELY),
        label=f"the {what} leaves before its rows do",
        why=_WHY[what],
        help="send it after the commit, or store it in the same transaction (an outbox) and send it from there",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own, *onward, *last),
        legs=(unit.symbol,),
    )


def _sent_within(unit: Unit, first: Step, then: Step, project: Project, options: Options) -> Iterator[Claim]:
    """What a function sends before it commits what its callers have written."""
    steps: list[Hop] = []
    holder, sent, ended = unit, first, then
    while sent.via and (sent.at, sent.via) == (ended.at, ended.via):
        if sent.inner is None or ended.inner is None or len(steps) == DEEPEST:
            return
        callee = project.names.units[sent.via]
        steps.append(Hop(holder.spot(sent.at), f"`{short(holder)}` calls `{short(callee)}`", holder.symbol))
        holder, sent, ended = callee, _below(project, callee, sent.inner), _below(project, callee, ended.inner)
    end = reached(project, holder, sent)
    if end is None or first.inner is None or sent.at < 0 or _is_buffered(end, steps, options):
        return
    what = str(first.inner.path.key)
    own = Hop(holder.spot(sent.at), f"sends a {what}", holder.symbol)
    onward = (*end.steps[1:], Hop(end.unit.spot(end.at), "leaves the process", end.unit.symbol)) if end.calls else ()
    yield Claim(
        spot=own.spot,
        symbol=holder.symbol,
        message=f"a {what} is sent before `{short(holder)}` commits what `{short(unit)}` has written",
        confidence=min(first.sure, then.sure, sent.sure, Confidence.LIKELY),
        label=f"the {what} leaves before its rows do",
        why=_WHY[what],
        help="send it after the commit, or store it in the same transaction (an outbox) and send it from there",
        entry=project.layers.of(unit).entry,
        trace=(*steps, own, *onward, *_committed(holder, ended, project)[1]),
        legs=(unit.symbol,),
    )


def _below(project: Project, unit: Unit, key: Key) -> Step:
    """The best way in which a function has an effect, as a step."""
    summary = project.summary(unit)
    rank = summary.effects.get(key)
    if rank is None:
        return Step(key.verb, key.path, -1, "", "", None, key.guard, Confidence.POSSIBLE)
    inner = next(
        (
            carried.inner
            for edge in summary.edges
            if (edge.at, edge.callee) == (rank.at, rank.via)
            for carried in edge.carried
            if carried.outer == key
        ),
        None,
    )
    return Step(key.verb, key.path, rank.at, "", rank.via, inner, key.guard, rank.sure)


def _is_buffered(end: Reached, steps: Sequence[Hop], options: Options) -> bool:
    """Whether a function on the way keeps back what it is given."""
    around = (*(hop.symbol for hop in steps), *(caller.symbol for caller, _ in end.calls), end.unit.symbol)
    return any(is_named(symbol, options.buffered) for symbol in around)
