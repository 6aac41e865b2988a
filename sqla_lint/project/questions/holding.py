"""Transactions that stay open while a function waits for something that is not the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Call, Lit
from ...knowledge import ENDS, SENDS
from ...model import Confidence
from ..reading.conditions import excluded
from ..reading.state import USED, Past
from ..summary import Hold, Step, Summary, Wait
from ..text import written
from ..values import Path
from . import idling
from .steps import at_end

if TYPE_CHECKING:
    from ..modules import Unit
    from ..reading.applied import Applied
    from ..reading.arguments import Site
    from ..reading.reading import Reading

_MOST = 8
LIKELY, CERTAIN = Confidence.LIKELY, Confidence.CERTAIN


@dataclass(slots=True)
class Ledger:
    """The waiting of one function while a transaction is open."""

    found: dict[Past, Hold] = field(default_factory=dict)
    pauses: dict[int, Wait] = field(default_factory=dict)
    """All waiting, also where no transaction is open here."""


def opened(r: Reading) -> frozenset[Path]:
    """The sessions whose transaction is open here."""
    return frozenset(key.path for key in r.past if key.what == USED)


def over(r: Reading, path: Path) -> None:
    """The transaction of this session is over, or may be."""
    ended = {key for key in r.past if key.what == USED and key.path == path}
    if ended:
        r.past -= ended


def ends_itself(r: Reading, summary: Summary, applied: Applied) -> None:
    """What a callee ends is over when it returns."""
    for key in summary.effects if r.past else ():
        if key.verb in ENDS:
            for value in applied.path(key.path):
                over(r, value.path.owner())


def left(r: Reading, falls: bool) -> tuple[Step, ...]:
    """What has begun transactions that callers find open; not where the function ends them on one way at least, unless
    it goes on with the session afterwards."""
    ended = {key.path for key in r.effects if key.verb in ENDS and r.last.get(key.path) not in SENDS}
    begun: dict[Path, Step] = {}
    for key in sorted(at_end(r, falls), key=repr):
        own = key.path.root in ("fresh", "unknown", "const") or r.is_own(key.path)
        if key.what == USED and not own and key.path not in ended:
            begun.setdefault(key.path, r.happened.steps[key][0])
    return tuple(begun.values())[:_MOST]


def called(r: Reading, wait: Wait, call: Call) -> None:
    """A call waits itself."""
    if not _for_nothing(call):
        _waits(r, wait, opened(r), CERTAIN)


def _waits(r: Reading, wait: Wait, paths: frozenset[Path], sure: Confidence) -> None:
    """Something waits here; these sessions had an open transaction before it. After a failure, and in a coroutine or
    thread that runs beside, it does not matter."""
    idling.waits(r)
    if r.apart or r.trying.handling:
        return
    r.holding.pauses.setdefault(wait.at, wait)
    for key in sorted(r.past, key=repr):
        if key.what != USED or key.path not in paths or key in r.holding.found or key.at == wait.at:
            continue
        step, source = r.happened.steps[key]
        if not excluded(step.guard, r.guard) and not any(one.wait.at == wait.at for one in r.holding.found.values()):
            r.holding.found[key] = Hold(wait, step._replace(text=written(source)), min(step.sure, sure, LIKELY))


def found(r: Reading) -> tuple[Hold, ...]:
    """The waits of the function itself, not of coroutines that run beside it, or may do so."""
    return tuple(one for one in r.holding.found.values() if one.wait.at not in r.tasks.aside | r.tasks.escaped)


def pauses(r: Reading) -> tuple[Wait, ...]:
    """One wait of the function itself, which its callers wait for too."""
    return tuple(wait for at, wait in r.holding.pauses.items() if at not in r.tasks.aside | r.tasks.escaped)[:1]


def _for_nothing(call: Call) -> bool:
    """A sleep of no time only lets others run."""
    return len(call.args) == 1 and isinstance(call.args[0].value, Lit) and call.args[0].value.value == 0


def passes(r: Reading, before: frozenset[Path], unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """A callee waits: for the sessions that were in use before, and that it does not answer for itself."""
    if not summary.pauses or site.at < 0 or unit.definition.is_generator:
        return
    told = [one.step.path for one in summary.holds] + [key.path for key in summary.effects if key.verb in ENDS]
    own = {value.path.owner() for path in told for value in applied.path(path)}
    _waits(r, Wait(site.at, site.text, summary.pauses[0].what, unit.key), before - own, site.sure)
