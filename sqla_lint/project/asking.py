"""What a reading asks of the rest of the project, in order: what it has found rests on the answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from .archive import Locals

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Log = dict["str | Kept[Any]", "Locals | None"]
"""Questions in the order in which they were asked first. For a unit's summary the key is that of the unit, all others
begin with a sign; an answer that is kept stands for all that it rests on. The locals are those in which a function was
defined."""
Flat = dict[str, "Locals | None"]
"""A log with questions only."""
DEFINES, VARIABLE, DECORATED, PROVIDED, SLOT, MODULE, NAMED, BELOW, BACKED, OWN, TAKEN, PUT, ELSEWHERE = ">~%?@#=<^$!+&"
"""A function that is defined; a module variable, the arguments of a decorator, or a provider, each asked for while it
was being worked out; a slot on a shared object; what a module says at its top; the functions of a name; the classes
below one; the relationships of a name that others make; the class of all sessions; what those close who take it; what
is put into containers of a name; what mapped classes are made of that is not of the project."""
FIXED = frozenset((MODULE, NAMED, BELOW, BACKED, OWN, TAKEN, PUT, ELSEWHERE))
"""What is answered alike whenever it is asked in a run."""
OPEN = frozenset((VARIABLE, DECORATED, PROVIDED))
"""What is only asked of something that is being worked out."""
SIGNS = FIXED | OPEN | {DEFINES, SLOT}


class Kept(Generic[V]):
    """An answer, and what it rests on. In a log its `mark` stands for it: itself, or the only question it rests on."""

    __slots__ = ("mark", "rests", "value")

    def __init__(self, value: V, rests: Flat) -> None:
        self.value = value
        self.rests = rests
        self.mark: str | Kept[V] = self
        if len(rests) == 1:
            for key, env in rests.items():
                self.mark = key if env is None else self


def flat(log: Log) -> Flat:
    """The questions of a log, each once."""
    found: Flat = {}
    for key, env in log.items():
        if isinstance(key, str):
            found[key] = env
        else:
            found.update(key.rests)
    return found


class Asking:
    """The log of what is being worked out."""

    def __init__(self) -> None:
        self.log: Log = {}
        self.unfinished = 0
        """How often an unfinished answer was read: what was worked out while this grew is not final."""
        self.memos: list[Memo[Any, Any]] = []

    def forget(self, unit: str) -> None:
        """Forget all that rests on the summary of this unit."""
        for memo in self.memos:
            memo.forget(unit)

    @contextmanager
    def apart(self) -> Iterator[Log]:
        """A log of its own for what is worked out inside."""
        outer = self.log
        own: Log = {}
        self.log = own
        try:
            yield own
        finally:
            self.log = outer

    def keep(self, work: Callable[[K], V], key: K) -> Kept[V] | V:
        """What `work` gives, ready to be kept; as it is when it rests on something unfinished."""
        outer, seen = self.log, self.unfinished
        own: Log = {}
        self.log = own
        try:
            value = work(key)
        finally:
            self.log = outer
        if seen != self.unfinished:
            outer.update(own)
            return value
        kept = Kept(value, flat(own))
        outer[kept.mark] = None
        return kept


class Memo(Generic[K, V]):
    """Answers that were worked out, with what they rest on. One that rests on something unfinished is not kept."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._kept: dict[K, Kept[V]] = {}
        self._resting: dict[str, set[K]] = {}
        asking.memos.append(self)

    def get(self, key: K, work: Callable[[K], V]) -> V:
        """The answer to `key`; whoever asks rests on what the answer rests on."""
        kept = self._kept.get(key)
        if kept is not None:
            self._asking.log[kept.mark] = None
            return kept.value
        found = self._asking.keep(work, key)
        if not isinstance(found, Kept):
            return found
        self._kept[key] = found
        for one in found.rests:
            if one[0] not in SIGNS:
                self._resting.setdefault(one, set()).add(key)
        return found.value

    def forget(self, unit: str) -> None:
        """Forget what rests on the summary of this unit."""
        for key in self._resting.pop(unit, ()):
            self._kept.pop(key, None)
