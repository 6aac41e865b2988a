"""Sessions that have nothing to send: all that was written in them has been flushed, so a commit stores what is there
already, and no constraint refuses it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge import DIRTIES, FLUSHES, Verb
from .values import Path

if TYPE_CHECKING:
    from .reading import Reading


def happen(r: Reading, verb: Verb, path: Path, via: str) -> None:
    """Something happens to a session, right here or by a callee, of which nobody knows what it does last."""
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


def sent_at_once(r: Reading, before: frozenset[Path]) -> None:
    """What was written since then was a statement of its own."""
    r.flushed = before
