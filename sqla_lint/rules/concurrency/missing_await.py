"""A coroutine of an AsyncSession that nobody awaits, or a transaction that nobody enters."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Do, With
from ...model import Change, Claim, Confidence, Hop, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.questions.mixing import AWAITED
from ...project.summary import Mixup
from ...project.traces import short
from ..registry import rule

_MESSAGES = {
    "unawaited": "`{}` is never awaited, so it is never run",
    "unentered": "`{}` begins nothing, because nobody awaits or enters what it returns",
    "entered": "`{}` is entered by `with`, which takes `async with`",
    "handed": "`{}` hands an AsyncSession to a function that takes a Session and cannot await",
}
_WHYS = {
    "unawaited": "it makes a coroutine and throws it away: what it should write is lost with no more than a "
    "RuntimeWarning, what it should read is an object without rows that is always true",
    "unentered": "no transaction and no savepoint is opened, and nothing warns of that: a rollback takes back more "
    "than was meant",
    "entered": "it raises TypeError or AttributeError each time it is run",
    "handed": "what it calls there makes coroutines that nobody awaits: nothing is flushed or committed, with no more "
    "than a RuntimeWarning",
}
_HELPS = {
    "unawaited": "write `await {}`",
    "unentered": "write `async with {}:` around what belongs to it",
    "entered": "write `async with {}:`",
    "handed": "call it by `await session.run_sync(...)`, which hands it the Session inside",
}
_LABELS = {"entered": "needs `async with`", "handed": "the AsyncSession is handed over here"}


@rule("SQA303", on=Mixup)
def missing_await(unit: Unit, mixup: Mixup, project: Project) -> Iterator[Claim]:
    """Yields a claim for what only has an effect when it is awaited or entered, and is not."""
    if mixup.how not in _MESSAGES or project.layers.of(unit).layer == TEST:
        return
    helped = _HELPS[mixup.how].format(mixup.text)
    yield Claim(
        spot=unit.spot(mixup.at),
        symbol=unit.symbol,
        message=_MESSAGES[mixup.how].format(mixup.text),
        confidence=mixup.sure,
        label=_LABELS.get(mixup.how, "not awaited"),
        why=_WHYS[mixup.how],
        help=helped if unit.definition.is_async or mixup.how == "handed" else f"{helped}, in an `async def`",
        entry=project.layers.of(unit).entry,
        trace=tuple(_hops(unit, mixup, project)) if mixup.how == "handed" else (),
        legs=(unit.symbol,),
        fix=_fix(unit, mixup),
    )


def _hops(unit: Unit, mixup: Mixup, project: Project) -> Iterator[Hop]:
    """The calls down to what nobody awaits."""
    for edge in project.summary(unit).edges:
        if edge.at != mixup.at or edge.callee != mixup.name:
            continue
        keys = [one.inner for one in edge.carried if one.inner.verb in AWAITED and one.inner.path.root == "param"]
        found = project.traces.down(project.names.units[edge.callee], keys[0]) if keys else None
        if found is not None:
            calls, last, key = found
            callee = calls[0][0] if calls else last
            yield Hop(unit.spot(mixup.at), f"`{short(unit)}` hands it to `{short(callee)}`", unit.symbol)
            yield from (
                Hop(caller.spot(one.at), f"`{short(caller)}` hands it on", caller.symbol) for caller, one in calls
            )
            rank = project.summary(last).effects[key]
            yield Hop(last.spot(rank.at), f"`{short(last)}` does not await this", last.symbol)


def _fix(unit: Unit, mixup: Mixup) -> Recipe | None:
    """What is missing, put there: safely where the call is a statement of its own, or the only item of its block."""
    if not unit.definition.is_async or mixup.how in ("unentered", "handed"):
        return None
    certain = mixup.sure is Confidence.CERTAIN
    if mixup.how == "entered":
        blocks = [part for part in parts(unit.body) if isinstance(part, With) and len(part.items) == 1]
        alone = any(
            isinstance(block.items[0].context, Call) and block.items[0].context.at == mixup.at for block in blocks
        )
        return Recipe(Change.ENTER_ASYNC, certain) if alone else None
    stands = any(
        isinstance(part, Do) and isinstance(part.expr, Call) and part.expr.at == mixup.at for part in parts(unit.body)
    )
    return Recipe(Change.ADD_AWAIT, certain and stands)
