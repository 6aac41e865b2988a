"""A method that only the synchronous Session has."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Mixup
from ..registry import rule

_INSTEAD = {
    "query": "`await {}.execute(select(...))`",
    "bulk_save_objects": "`{}.add_all(...)`",
    "bulk_insert_mappings": "`await {}.execute(insert(...), rows)`",
    "bulk_update_mappings": "`await {}.execute(update(...), rows)`",
}


@rule("SQA311", on=Mixup)
def sync_api_on_async_session(unit: Unit, mixup: Mixup, project: Project) -> Iterator[Claim]:
    """Yields a claim for `query` and its like on an AsyncSession."""
    if mixup.how != "missing" or project.layers.of(unit).layer == TEST:
        return
    owner = mixup.kind.rpartition(".")[2]
    session = mixup.text.rpartition(f".{mixup.name}")[0] or "session"
    instead = _INSTEAD.get(mixup.name, "`await {}.run_sync(...)` with a function of the Session").format(session)
    yield Claim(
        spot=unit.spot(mixup.at),
        symbol=unit.symbol,
        message=f"`{mixup.text}` fails: {_article(owner)} {owner} has no `{mixup.name}`",
        confidence=mixup.sure,
        label="only a Session has this",
        why="it raises AttributeError each time it is run",
        help=f"use {instead}",
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
    )


def _article(noun: str) -> str:
    return "an" if noun[0].lower() in "aeiou" else "a"
