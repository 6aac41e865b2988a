"""A commit in a handler whose session is committed by its provider."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.questions.lending import COMMITS
from ...project.summary import Frame, Key
from ...project.traces import short
from ..reaching import below
from ..registry import Provider, rule


@rule("SQA226", on=Provider, severity=Severity.WARNING, default=False)
def two_commit_owners(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """Yields a claim for each commit below a handler whose provider commits when the handler has ended."""
    commits = any(one.kind == COMMITS for one in project.summary(unit).yield_frames)
    plugin = project.requests.committed(unit)
    if not (commits or plugin) or project.layers.of(unit).layer in OUTSIDE:
        return
    for handler, keys in project.dependents.handlers(unit).items():
        around = (one for one in project.dependents.frames(unit, handler) if one.kind == COMMITS)
        frame = next(around, plugin)
        who = f"`{plugin.text}`" if plugin is not None and frame is plugin else f"`{short(unit)}`"
        for key in keys:
            if frame is not None and key.verb is Verb.COMMIT:
                yield from _second(who, frame, handler, key, project)


def _second(who: str, frame: Frame, handler: Unit, key: Key, project: Project) -> Iterator[Claim]:
    end = below(project, handler, key)
    if end is None or not end.text:
        return
    rank = project.summary(handler).effects[key]
    own = Hop(end.unit.spot(end.at), "commits before it", end.unit.symbol)
    first = Hop(project.names.units[frame.where].spot(frame.at), "commits when the handler has ended", frame.where)
    guarded = bool(frame.guard or key.guard or any(event.asks for event in end.events))
    yield Claim(
        spot=own.spot,
        symbol=end.unit.symbol,
        message=f"`{end.text}` commits a session that {who} commits too",
        confidence=min(rank.sure, Confidence.LIKELY) if guarded else rank.sure,
        label="one of two commits of the request",
        why="what the request does is stored in two parts, and what comes after the first can fail alone",
        help=f"let either {who} or the handler commit, and flush in the other place",
        entry=project.layers.of(handler).entry,
        because=("one of the commits stands under a condition",) if guarded else (),
        trace=(first, *end.steps, own),
        legs=(handler.symbol,),
    )
