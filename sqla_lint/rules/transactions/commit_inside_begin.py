"""A transaction that is ended inside the block that owns it."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Await, Call, Do, Expr, With
from ...knowledge import Verb
from ...model import Change, Claim, Confidence, Hop, Recipe, Severity
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.summary import Breach
from ...project.traces import short
from ..reaching import Reached, reached
from ..registry import rule
from .commit_in_repository import FLUSH

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
        fix=_fix(unit, breach, end, project),
    )


def _fix(unit: Unit, breach: Breach, end: Reached, project: Project) -> Recipe | None:
    """A commit that the block repeats goes; any other becomes a flush, if it is never done without the block."""
    if breach.verb is not Verb.COMMIT or breach.frame.kind != "begin" or breach.frame.guard:
        return None
    if end.unit is unit and breach.last and _ends_block(unit, breach):
        direct = breach.frame.where == unit.key and not breach.frame.through
        return Recipe(Change.DROP_STATEMENT, safe=direct and breach.sure is Confidence.CERTAIN)
    callees = [project.names.units[edge.callee] for _, edge in end.calls]
    return FLUSH if all(len(project.traces.callers(callee)) == 1 for callee in callees) else None


def _ends_block(unit: Unit, breach: Breach) -> bool:
    """Whether the commit is the last statement of the block itself, so that nothing happens between the two."""
    frame = breach.frame
    entered = {at for key, at in frame.through if key == unit.key} or {frame.at}
    for block in parts(unit.body):
        last = block.body[-1] if isinstance(block, With) and block.body else None
        if isinstance(block, With) and isinstance(last, Do) and _called(last.expr) == breach.at:
            return any(_called(item.context) in entered for item in block.items)
    return False


def _called(expr: Expr) -> int:
    expr = expr.of if isinstance(expr, Await) else expr
    return expr.at if isinstance(expr, Call) else -2
