"""An entity that the process keeps for longer than the session it was loaded with."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim
from ...project import Project, Unit
from ...project.layers import COMMAND, OUTSIDE
from ...project.summary import Kept
from ...project.traces import short
from ..registry import rule


@rule("SQA112", on=Kept)
def entity_in_process_cache(unit: Unit, kept: Kept, project: Project) -> Iterator[Claim]:
    """Yields a claim for an entity in a cache, a module variable or a class, which all requests read."""
    if project.layers.of(unit).layer in OUTSIDE | {COMMAND}:
        return
    if kept.holder == "cache" and _is_of_one_request(unit, project):
        return
    entity = kept.entity.rpartition(".")[2]
    if kept.holder == "cache":
        message = f"`{kept.name}` keeps the `{entity}` that `{short(unit)}` returns for every later caller"
    else:
        where = "class" if kept.holder == "class" else "module"
        message = f"a `{entity}` is kept in `{kept.name.rpartition('.')[2]}`, which the whole {where} shares"
    yield Claim(
        spot=unit.spot(kept.at),
        symbol=unit.symbol,
        message=message,
        confidence=kept.sure,
        label="outlives its session",
        why=(
            "its session is closed when the next request reads it: what is not loaded yet raises "
            "DetachedInstanceError, and what is loaded stays as it was"
        ),
        help="keep plain values or a frozen dataclass made from it, or its id",
        entry=project.layers.of(unit).entry,
        legs=(unit.symbol,),
    )


def _is_of_one_request(unit: Unit, project: Project) -> bool:
    """Whether the key has `self` in it, and that is a view which each request has of its own."""
    klass = unit.klass
    if klass is None or unit.is_static or unit.is_classmethod:
        return False
    return project.layers.is_view(klass.symbol)
