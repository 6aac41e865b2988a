"""Sessions that have nothing to send: all that was written in them has been flushed, so a commit stores what is there
already, and no constraint refuses it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...knowledge import DIRTIES, FLUSHES, Verb
from ..values import UNKNOWN, Path
from . import changing
from .steps import has_unsaved

if TYPE_CHECKING:
    from ..reading.applied import Applied
    from ..reading.reading import Reading
    from ..summary import Summary


def happen(r: Reading, verb: Verb, path: Path, via: str) -> None:
    """Something happens to a session, right here or by a callee, of which nobody knows what it does last."""
    if verb in DIRTIES and not via:
        r.queued |= {path}
    if verb in FLUSHES and not via:
        flushed(r, path)
    elif verb in DIRTIES or verb in FLUSHES:
        unclear(r)


def flushed(r: Reading, path: Path) -> None:
    """A session has sent all that it has."""
    r.flushed |= {path}


def unclear(r: Reading) -> None:
    """Something is written, or something is done that may be a write: in whatever session."""
    r.flushed = frozenset()


def sent_at_once(r: Reading, before: tuple[frozenset[Path], frozenset[Path]]) -> None:
    """What was written since then was a statement of its own."""
    r.flushed, r.queued = before


def take_over(r: Reading, summary: Summary, applied: Applied) -> None:
    """What a callee has left to the next flush."""
    for path in summary.queued:
        for value in applied.path(path):
            held = value.path.owner() if r.classes.session_kind(value.type) else changing.holder(r, value)[0]
            if held != UNKNOWN:
                r.queued |= {held}


def may_send(r: Reading, path: Path) -> bool:
    """Whether a session may have something to send that was written here and is not committed."""
    return path not in r.flushed and has_unsaved(r.past, path) and has_work(r, path)


def has_work(r: Reading, path: Path) -> bool:
    """Whether something was left to the next flush of a session, or of one that only the callers know."""
    return any(one == path or one not in r.kinds for one in r.queued)


def queued(r: Reading) -> tuple[Path, ...]:
    """What callers must know of that."""
    return tuple(sorted((one for one in r.queued if one.root in ("param", "free", "injected", "global")), key=repr))
