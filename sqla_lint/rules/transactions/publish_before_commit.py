"""Something is sent to others before the commit that makes its rows visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...knowledge.senders import MAIL, MESSAGE, TASK
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.past import PASSED, SENT
from ...project.summary import Sequel
from ..named import is_named
from ..reaching import handed_on, reached
from ..registry import option, rule

_WHY = {
    TASK: "a worker that is faster finds no row or an old one, and the task stays when the commit fails",
    MESSAGE: "who gets it first finds no row or an old one, and it cannot be taken back when the commit fails",
    MAIL: "the mail is out when the commit fails, and tells of what is not stored",
}


@dataclass(frozen=True)
class Options:
    """What the project says of its own senders."""

    buffered: tuple[str, ...] = option((), "functions that keep what they are given until the commit")


@rule("SQA211", on=Sequel, options=Options)
def publish_before_commit(unit: Unit, sequel: Sequel, project: Project, options: Options) -> Iterator[Claim]:
    """Yields a claim for a task, message or mail that is sent between a write and the commit of its session."""
    first, then = sequel
    if first.what not in (SENT, PASSED) or project.layers.of(unit).layer in OUTSIDE:
        return
    found = handed_on(project, unit, first, PASSED, lambda summary: summary.sent)
    if found is None:
        return
    steps, holder, sent = found
    end = reached(project, holder, sent)
    if end is None or sent.inner is None:
        return
    if any(is_named(one, options.buffered) for one in (end.unit, *(caller for caller, _ in end.calls))):
        return
    what = str(sent.inner.path.key)
    own = Hop(holder.spot(sent.at), f"sends a {what}", holder.symbol)
    below = (*end.steps[1:], Hop(end.unit.spot(end.at), "leaves the process", end.unit.symbol)) if end.calls else ()
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
        trace=(*steps, own, *below, last),
        legs=(unit.symbol,),
    )
