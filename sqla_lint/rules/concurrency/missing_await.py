"""A coroutine of an AsyncSession that nobody awaits, or a transaction that nobody enters."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Call, Do, With
from ...model import Change, Claim, Confidence, Recipe
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.parts import parts
from ...project.summary import Mixup
from ..registry import rule

_MESSAGES = {
    "unawaited": "`{}` is never awaited, so it is never run",
    "unentered": "`{}` begins nothing, because nobody awaits or enters what it returns",
    "entered": "`{}` is entered by `with`, which takes `async with`",
}
_WHYS = {
    "unawaited": "it makes a coroutine and throws it away: what it should write is lost with no more than a "
    "RuntimeWarning, what it should read is an object without rows that is always true",
    "unentered": "no transaction and no savepoint is opened, and nothing warns of that: a rollback takes back more "
    "than was meant",
    "entered": "it raises TypeError or AttributeError each time it is run",
}
_HELPS = {
    "unawaited": "write `await {}`",
    "unentered": "write `async with {}:` around what belongs to it",
    "entered": "write `async with {}:`",
}


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
        label="needs `async with`" if mixup.how == "entered" else "not awaited",
        why=_WHYS[mixup.how],
        help=helped if unit.definition.is_async else f"{helped}, in an `async def`",
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
        fix=_fix(unit, mixup),
    )


def _fix(unit: Unit, mixup: Mixup) -> Recipe | None:
    """What is missing, put there: safely where the call is a statement of its own, or the only item of its block."""
    if not unit.definition.is_async or mixup.how == "unentered":
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
