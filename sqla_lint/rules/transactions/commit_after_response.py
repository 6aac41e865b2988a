"""A dependency that commits when the response has been sent."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME
from ...knowledge import WRITES, Verb
from ...knowledge.starlette import EARLY_EXITS
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.questions.lending import committing
from ...project.summary import Key
from ...project.traces import short
from ...project.versions import allowed
from ..registry import Provider, rule


@rule("SQA220", on=Provider)
def commit_after_response(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit after the `yield` of a FastAPI dependency, where a handler relies on it."""
    frames = committing(project.summary(unit).yield_frames)
    late = {
        one.unit
        for one in provider.dependents
        if one.marker.startswith("fastapi.")
        and one.scope in ("", "request")
        and (not frames or committing(project.dependents.frames(unit, one.unit)))
    }
    if not frames or not late or not unit.definition.is_generator or project.layers.of(unit).layer in OUTSIDE:
        return
    version = _version(project)
    if version is None:
        return
    direct = {one.unit for one in provider.dependents}
    writers = [
        handler
        for handler, keys in project.dependents.handlers(unit).items()
        if _leaves_it(keys) and (handler in late or handler not in direct)
    ]
    frame = next((one for one in frames if one.where == unit.key), frames[0])
    spot = unit.spot(frame.at) if frame.where == unit.key else unit.spot(OWN_NAME, Extent.NAME)
    own = Hop(spot, "commits when the response has been sent", unit.symbol)
    sure, because = version
    notes = [because] if because else []
    if not writers:
        sure = Confidence.POSSIBLE
        notes.append("no handler is seen that writes and leaves the commit to it")
    if frame.guard:
        sure = min(sure, Confidence.LIKELY)
        notes.append("it commits under a condition")
    yield Claim(
        spot=spot,
        symbol=unit.symbol,
        message=f"`{short(unit)}` commits after the response has been sent (`{frame.text}`)",
        confidence=sure,
        label=own.text,
        why="when the commit fails, the client has been told that it succeeded",
        help=f'`Depends({unit.definition.name}, scope="function")` (from FastAPI 0.121), or a commit in the handler',
        entry=project.layers.of(writers[0]).entry if writers else "",
        because=tuple(notes),
        trace=tuple(_steps(writers, unit, own)),
        legs=tuple(one.symbol for one in writers) or (unit.symbol,),
    )


def _leaves_it(keys: list[Key]) -> bool:
    """Whether these effects of a handler write, and commit nothing."""
    verbs = {key.verb for key in keys}
    return bool(verbs & WRITES) and Verb.COMMIT not in verbs


def _steps(writers: list[Unit], unit: Unit, own: Hop) -> Iterator[Hop]:
    for writer in writers[:1]:
        text = f"`{short(writer)}` writes and leaves the commit to `{short(unit)}`"
        yield Hop(writer.spot(OWN_NAME, Extent.NAME), text, writer.symbol)
        yield own


def _version(project: Project) -> tuple[Confidence, str] | None:
    """How sure it is that FastAPI sends the response first, and the premise; None when it does not."""
    said = project.requires.get("fastapi")
    if said is None:
        if project.dependents.scoped:
            return Confidence.CERTAIN, ""
        return (
            Confidence.POSSIBLE,
            "nothing says which version of FastAPI it is: from 0.106 to 0.117 the commit is first",
        )
    first, last = EARLY_EXITS
    low, high = allowed(said)
    if low >= first and high <= last:
        return None
    if low >= last or high <= first:
        return Confidence.CERTAIN, ""
    sure = Confidence.LIKELY if high > last else Confidence.POSSIBLE
    return sure, f"FastAPI {said or 'of any version'}: from 0.106 to 0.117 the commit is first"
