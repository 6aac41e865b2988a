"""What a call is given, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...facts.schema import Call
from ...model import Confidence
from ..text import written
from ..values import Path, Values, join

if TYPE_CHECKING:
    from .reading import Reading


class Given(NamedTuple):
    """The arguments of a call: `open_ended` when `*` or `**` brings more than is known.

    `rest` and `spread` are what `*` and `**` unpack, where only the caller knows what is in it.
    """

    positional: tuple[Values, ...]
    keywords: dict[str, Values]
    open_ended: bool = False
    rest: tuple[Path, ...] = ()
    spread: tuple[Path, ...] = ()
    poured: Values = ()
    """What `**` unpacks that is, or may be, what a client sent."""

    def all(self) -> Values:
        return join(*self.positional, *self.keywords.values())


NO_ARGUMENTS = Given((), {})


class Site(NamedTuple):
    """Where a call stands and how sure its target is; `source` is the call as written, or what made it."""

    at: int
    source: Call | str
    sure: Confidence
    how: str

    @property
    def text(self) -> str:
        return written(self.source)


def positions(r: Reading, path: Path) -> list[Values]:
    """The members of a container whose positions are known, from the first."""
    found: list[Values] = []
    while (member := r.heap.get(path.attr(f"[{len(found)}]"))) is not None:
        found.append(member)
    return found


def named(r: Reading, path: Path) -> dict[str, Values]:
    """The members of a mapping whose keys are known."""
    return {
        one.attrs[-1][1:-1]: values
        for one, values in r.heap.items()
        if one[:2] == path[:2] and one.attrs[:-1] == path.attrs and one.attrs and one.attrs[-1].startswith("[")
    }
