"""What rules about loading have in common: where an entity came from, and what made it expire."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Confidence, Hop
from ..project import Project
from ..project.summary import Ask, Plan, Stale
from ..project.traces import short


def hops(project: Project, plan: Plan, stale: Stale | None, by: Ask | None = None) -> Iterator[Hop]:
    """Where an entity was fetched or made, what made it expire, and where a callee reads of it."""
    origin = project.names.units.get(plan.where)
    if origin is not None and plan.at >= 0:
        how = "makes" if plan.how in ("stored", "saved") and not plan.again else "fetches"
        yield Hop(origin.spot(plan.at), f"`{short(origin)}` {how} it", origin.symbol)
    ender = project.names.units.get(stale.where) if stale is not None else None
    if stale is not None and ender is not None and stale.at >= 0:
        yield Hop(ender.spot(stale.at), f"`{stale.text}` makes it expire{_when(stale)}", ender.symbol)
    reader = project.names.units.get(by.where) if by is not None else None
    if by is not None and reader is not None:
        what = f"reads `{by.name}`" if by.name else f"makes `{by.schema.rpartition('.')[2]}` of it"
        yield Hop(reader.spot(by.at), f"`{short(reader)}` {what}", reader.symbol)


def _when(stale: Stale) -> str:
    return {"failure": " when it fails", "undone": " before it raises"}.get(stale.how, "")


def doubts(plan: Plan, stale: Stale | None) -> tuple[str, ...]:
    """Which of this is less than certain."""
    found = []
    if plan.how == "received":
        found.append("the entity is a parameter: taken for one of the session beside it")
    if stale is not None and stale.sure < Confidence.CERTAIN:
        called = stale.how == "commit" and stale.sure is Confidence.LIKELY
        if stale.how in ("failure", "undone"):
            found.append("it has expired when this is what raised")
        else:
            found.append(
                "the function that is called may not always commit"
                if called
                else "it has expired on some ways here only"
            )
    return tuple(found)


def sureness(plan: Plan, stale: Stale | None) -> Confidence:
    """How sure it is that something is not there."""
    return min(plan.sure, stale.sure) if stale is not None else plan.sure
