"""A transaction that is ended inside the block that owns it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Breach
from ...project.traces import short
from ..reaching import reached
from ..registry import rule

_MORE = "the next statement on the session raises InvalidRequestError, and what came before is already decided"
_LAST = "nothing follows on the session today, so it only says twice what the block does; the next line added fails"


@rule("SQA205", on=Breach)
def commit_inside_begin(unit: Unit, breach: Breach, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit, rollback or close that is reached inside a `begin()` block of its session."""
    if project.layers.of(unit).layer == TEST or (breach.raises and breach.verb is not Verb.COMMIT):
        return
    holder = project.names.units[breach.frame.where]
    opens = f"`{breach.frame.text}` opens the transaction"
    steps = [Hop(holder.spot(breach.frame.at), opens, holder.symbol)] if breach.frame.at >= 0 else []
    for through, entered in breach.frame.through:
        if entered >= 0:
            user = project.names.units[through]
            does = "hands it on" if project.summary(user).held else "enters it"
            steps.append(Hop(user.spot(entered), f"`{short(user)}` {does}", user.symbol))
    end = reached(project, unit, breach)
    if end is None:
        return
    harmless = breach.last and (breach.verb is Verb.COMMIT or breach.failed)
    verb = {Verb.COMMIT: "commits", Verb.ROLLBACK: "rolls back", Verb.CLOSE: "closes"}[breach.verb]
    own = Hop(end.unit.spot(end.at), verb, end.unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=end.unit.symbol,
        message=f"`{end.text}` inside the `{breach.frame.text}` block that owns the transaction",
        confidence=breach.sure,
        severity=Severity.INFO if harmless else Severity.ERROR,
        label=f"{verb} what the block would",
        why=_LAST if harmless else _MORE,
        help="flush instead and let the block commit, or drop the block and own the commit here",
        entry=project.layers.of(unit).entry,
        because=("reached through a call that is not certain",) if breach.sure < Confidence.CERTAIN else (),
        trace=(*steps, *end.steps, own),
        legs=(unit.symbol,),
    )
