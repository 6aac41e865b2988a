"""A streamed result that is neither read to its end nor closed."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Arg, Bind, Call, Name
from ...knowledge import canonical
from ...knowledge.sqlalchemy import ASYNC, TEXT
from ...model import Claim, Confidence, Severity
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.modules import last_name
from ...project.parts import parts
from ...project.questions.streams import left_open
from ...project.summary import Event
from ...project.traces import short
from ..registry import rule

_STREAMING = ("stream", "stream_scalars")
_HOW = {
    "break": "is left by a `break`",
    "return": "is left by a `return`",
    "partly": "is read in part",
    "unread": "is not read",
}


@rule("SQA312", on=Event, severity=Severity.WARNING, default=False)
def stream_not_closed(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a stream on a borrowed session that stays open when the function is done with it."""
    method = event.text.partition("(")[0].rpartition(".")[2]
    if method not in _STREAMING or event.kind not in ASYNC or project.layers.of(unit).layer == TEST:
        return
    how = left_open(unit.body, event.at) if event.path.root not in ("fresh", "unknown") else ""
    if how and (how in ("partly", "unread") or _in_parts(project, unit, event.at)):
        yield Claim(
            spot=unit.spot(event.at),
            symbol=unit.symbol,
            message=f"the stream of `{short(unit)}` {_HOW[how]}, and nothing closes it",
            confidence=min(event.sure, Confidence.LIKELY),
            label="its cursor stays open",
            why="the cursor lives on in the session's transaction: the server keeps the rest of the rows for it, and "
            "what it reads stays locked",
            help="read it inside `async with contextlib.aclosing(...)`, close it in a `finally`, or limit the query",
            entry=project.layers.of(unit).entry,
            legs=(unit.symbol,),
        )


def _in_parts(project: Project, unit: Unit, at: int) -> bool:
    """Whether a loop over the stream of the call at a place reads it in parts: with `yield_per`, or a statement that is
    written as text. The ORM reads everything with the first row otherwise."""
    call = next((part for part in parts(unit.body) if isinstance(part, Call) and part.at == at), None)
    given = call.args if call is not None else ()
    names = [arg.value.id for arg in given if isinstance(arg.value, Name)]
    binds = [part for part in parts(unit.body) if isinstance(part, Bind)]
    for name in names:
        variable = project.names.variable(project.names.lookup(unit.module, name))
        binds += variable[1] if variable is not None else []
    said = [bind.value for bind in binds if any(isinstance(one, Name) and one.id in names for one in bind.targets)]
    for part in parts((*given, *said)):
        if isinstance(part, Arg) and part.name == "yield_per":
            return True
        if isinstance(part, Call) and (
            last_name(part) == "yield_per" or canonical(project.names.dotted(unit.module, part.func)) == TEXT
        ):
            return True
    return False
