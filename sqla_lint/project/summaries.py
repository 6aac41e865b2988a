"""Summaries of all units, each made when it is first asked for, and again when what it rests on has changed.

Functions that call each other in a cycle are read together from nothing until nothing changes. Whatever else is worked
out from summaries (fields of classes, module variables) is kept in a `Memo`, with the summaries that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from .modules import Unit
from .summary import EMPTY, Summary
from .values import Values

if TYPE_CHECKING:
    from .project import Project

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST_ROUNDS = 10
_MOST_ROUNDS_FOR_TYPES = 2
"""How often units are read until they settle; what they only pass on (types and fields) is settled sooner, or two
functions that build trees of each other would go on for long."""


class Memo(Generic[K, V]):
    """Answers worked out from summaries. One that rests on an unfinished summary is not kept."""

    def __init__(self, summaries: Summaries) -> None:
        self._summaries = summaries
        self._kept: dict[K, tuple[V, frozenset[str]]] = {}
        self._resting: dict[str, set[K]] = {}
        summaries.memos.append(self.forget)

    def get(self, key: K, work: Callable[[K], V]) -> V:
        """The answer to `key`; whoever asks rests on what the answer rests on."""
        known = self._kept.get(key)
        if known is not None:
            if known[1]:
                self._summaries.asking |= known[1]
            return known[0]
        seen = self._summaries.unfinished_seen
        rests: set[str] = set()
        with self._summaries.resting(rests):
            value = work(key)
        self._summaries.asking |= rests
        if seen == self._summaries.unfinished_seen:
            self._kept[key] = value, frozenset(rests)
            for one in rests:
                self._resting.setdefault(one, set()).add(key)
        return value

    def forget(self, unit: str) -> None:
        """Forget what rests on the summary of this unit."""
        for key in self._resting.pop(unit, ()):
            self._kept.pop(key, None)


class Summaries:
    """The summaries of one project; `read` reads a unit among the locals of the function around it."""

    def __init__(self, project: Project, read: Callable[[Unit, dict[str, Values] | None], Summary]) -> None:
        self._project = project
        self._read_unit = read
        self.memos: list[Callable[[str], None]] = []
        self.asking: set[str] = set()
        """The units on whose summaries that rests which is being worked out."""
        self.unfinished_seen = 0
        """How often an unfinished answer was read: what was worked out while this grew is not final."""
        self.capped: set[str] = set()
        """Units that did not settle."""
        self.crashed: dict[str, str] = {}
        self._done: dict[str, Summary] = {}
        self._drafts: dict[str, Summary] = {}
        self._order: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._stack: list[str] = []
        self._reading: list[str] = []
        self._asked_again: set[str] = set()
        self._askers: dict[str, set[str]] = {}
        self._outer: dict[str, dict[str, Values]] = {}

    def __iter__(self) -> Iterator[tuple[str, Summary]]:
        """All finished summaries by the keys of their units, sorted."""
        return iter(sorted(self._done.items(), key=itemgetter(0)))

    def __getitem__(self, unit: Unit) -> Summary:
        """What a unit does. Inside a cycle this may be a draft, which is read again until it is final."""
        key = unit.key
        self.asking.add(key)
        done = self._done.get(key)
        if done is not None:
            return done
        draft = self._drafts.get(key)
        if draft is not None:
            self.unfinished_seen += 1
            self._asked_again.add(key)
            if self._reading and key in self._low:
                top = self._reading[-1]
                self._low[top] = min(self._low[top], self._low[key])
            return draft
        owner = unit.owner
        if owner is not None and owner.kind in ("function", "lambda") and key not in self._outer:
            if owner.key not in self._drafts:
                self[owner]
                if key in self._done:
                    return self._done[key]
            self._outer.setdefault(key, {})
        return self._first(unit)

    def _first(self, unit: Unit) -> Summary:
        """Read a unit for the first time; the component that it closes is finished."""
        key = unit.key
        index = len(self._stack)
        self._stack.append(key)
        self._low[key] = index
        self._drafts[key] = EMPTY
        result = self._drafts[key] = self._read(unit)[0]
        self._order.setdefault(key, len(self._order))
        if self._reading:
            top = self._reading[-1]
            self._low[top] = min(self._low[top], self._low[key])
        if self._low[key] == index:
            self._finish(index)
            return self._done[key]
        self.unfinished_seen += 1
        return result

    def _read(self, unit: Unit) -> tuple[Summary, set[str]]:
        """What a unit does, and the units on whose summaries that rests."""
        rests: set[str] = set()
        self._reading.append(unit.key)
        with self.resting(rests):
            try:
                result = self._read_unit(unit, self._outer.get(unit.key))
            except RecursionError:
                raise
            except Exception as error:  # a function that the reading cannot take costs that function, not the run
                self.crashed[unit.key] = f"{unit.symbol}: {type(error).__name__}: {error}"
                result = EMPTY
        self._reading.pop()
        for one in rests:
            self._askers.setdefault(one, set()).add(unit.key)
        return result, rests

    def _finish(self, index: int) -> None:
        """Everything above this on the stack is one component: read it from nothing until it is stable."""
        members = sorted(self._stack[index:], key=self._order.__getitem__)
        drafts = self._drafts
        if not self._asked_again.isdisjoint(members):
            self._settle(members)
        self._asked_again.difference_update(members)
        for key in members:
            self._done[key] = drafts.pop(key)
            del self._low[key]
        del self._stack[index:]

    def _settle(self, members: Sequence[str]) -> None:
        """Read a component from nothing, callees first, and again whoever rests on an answer that has changed."""
        drafts = self._drafts
        for key in members:
            drafts[key] = EMPTY
        rests: dict[str, set[str]] = {}

        def read(key: str, again: bool) -> Iterable[str]:
            before = drafts[key]
            after, rests[key] = self._read(self._project.names.units[key])
            drafts[key] = after
            return [one for one in rests if key in rests[one]] if _differs(before, after, again) else ()

        self._work(members, read)

    def _work(self, keys: Iterable[str], read: Callable[[str, bool], Iterable[str]]) -> None:
        """Read units, callees first, and again those that `read` returns, in rounds, until nothing is left to do.

        `read` is told whether what units pass on is settled.
        """
        order = self._order
        following = set(keys)
        for turn in range(_MOST_ROUNDS):
            waiting, following = following, set()
            queue = [(order[key], key) for key in waiting]
            heapify(queue)
            while queue:
                at, key = heappop(queue)
                waiting.discard(key)
                for other in read(key, turn >= _MOST_ROUNDS_FOR_TYPES):
                    if other not in order or other in waiting:
                        continue
                    if order[other] > at:
                        waiting.add(other)
                        heappush(queue, (order[other], other))
                    else:
                        following.add(other)
        self.capped |= following

    @contextmanager
    def resting(self, rests: set[str]) -> Iterator[None]:
        """Gather in `rests` the units on whose summaries that rests which is worked out inside."""
        asking, self.asking = self.asking, rests
        try:
            yield
        finally:
            self.asking = asking

    def nest(self, unit: Unit, outer: dict[str, Values]) -> None:
        """Remember the locals among which a nested function was defined."""
        if unit.key not in self._outer:
            self._outer[unit.key] = outer

    def drop(self, key: str) -> None:
        """Forget a summary that was made before everything was known that it rests on."""
        self._done.pop(key, None)
        for forget in self.memos:
            forget(key)

    def relearn(self, changed: Iterable[str]) -> None:
        """Read units again that were told something, and whoever rests on them as far as their answers change."""
        self._work(changed, self._reread)

    def _reread(self, key: str, again: bool) -> set[str]:
        """Read a unit again, and all that stand in it: a nested function sees the locals around it."""
        nested = [one.key for one in self._project.names.nested_in({key}) if one.key != key]
        before = {one: self._done.get(one, EMPTY) for one in (key, *nested)}
        for one in before:
            self.drop(one)
        for one in nested:
            self._outer.pop(one, None)
        found: set[str] = set()
        for one in before:
            if _differs(before[one], self[self._project.names.units[one]], again):
                found |= self._resting_on(one)
        return found.difference(before)

    def _resting_on(self, key: str) -> set[str]:
        """The units that have asked what a unit does; for a constructor the methods of its class too."""
        found = set(self._askers.get(key, ()))
        project = self._project
        unit = project.names.units[key]
        if unit.klass is not None and unit.definition.name == "__init__":
            for symbol in (unit.klass.symbol, *project.classes.subclasses(unit.klass.symbol)):
                klass = project.classes.unit(symbol)
                if klass is not None:
                    found.update(one.key for one in project.names.children.get(klass.key, {}).values())
        return found


def _differs(before: Summary, after: Summary, again: bool) -> bool:
    """Whether callers can tell the answers apart; of a unit that is read `again` and again, by what it does."""
    return after.doing != before.doing or (not again and after.passing != before.passing)
