"""Summaries of all units, each made when it is first asked for, and again when what it rests on has changed.

Functions that call each other in a cycle are read together from nothing until nothing changes. Whatever else is worked
out from summaries (fields of classes, module variables) is kept in a `Memo`, with the summaries that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Generic, TypeVar

from .archive import DEFINES, DIGEST, NO_ANSWER, NO_LOCALS, SIGNS, Answer, Archive, Locals, Record
from .modules import Unit
from .summary import Summary
from .values import Values

if TYPE_CHECKING:
    from .project import Project

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Log = dict[str, Locals | None]
"""What a reading asks, in order, by keys: of units, and of the other things whose keys begin with a sign. The locals
are those in which it defines a function."""

_MOST_ROUNDS = 10
_MOST_ROUNDS_FOR_TYPES = 2
"""How often units are read until they settle; what they only pass on (types and fields) is settled sooner, or two
functions that build trees of each other would go on for long."""


class Memo(Generic[K, V]):
    """Answers worked out from summaries. One that rests on an unfinished summary is not kept."""

    def __init__(self, summaries: Summaries) -> None:
        self._summaries = summaries
        self._kept: dict[K, tuple[V, Log]] = {}
        self._resting: dict[str, set[K]] = {}
        summaries.memos.append(self.forget)

    def get(self, key: K, work: Callable[[K], V]) -> V:
        """The answer to `key`; whoever asks rests on what the answer rests on."""
        known = self._kept.get(key)
        if known is not None:
            if known[1]:
                self._summaries.asking.update(known[1])
            return known[0]
        seen = self._summaries.unfinished_seen
        with self._summaries.resting() as rests:
            value = work(key)
        self._summaries.asking.update(rests)
        if seen == self._summaries.unfinished_seen:
            self._kept[key] = value, rests
            for one in rests:
                self._resting.setdefault(one, set()).add(key)
        return value

    def forget(self, unit: str) -> None:
        """Forget what rests on the summary of this unit."""
        for key in self._resting.pop(unit, ()):
            self._kept.pop(key, None)


class Summaries:
    """The summaries of one project; `read` reads a unit among the locals of the function around it, as far as no
    earlier reading in the `archive` will do."""

    def __init__(
        self,
        project: Project,
        read: Callable[[Unit, dict[str, Values] | None], Summary],
        archive: Archive | None = None,
    ) -> None:
        self._project = project
        self._read_unit = read
        self._archive = archive
        self.memos: list[Callable[[str], None]] = []
        self.asking: Log = {}
        """What that rests on which is being worked out."""
        self.unfinished_seen = 0
        """How often an unfinished answer was read: what was worked out while this grew is not final."""
        self.capped: set[str] = set()
        """Units that did not settle."""
        self.crashed: dict[str, str] = {}
        self._grounds: Log = {}
        self._done: dict[str, Answer] = {}
        self._drafts: dict[str, Answer] = {}
        self._order: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._stack: list[str] = []
        self._reading: list[str] = []
        self._asked_again: set[str] = set()
        self._askers: dict[str, set[str]] = {}
        self._rests: dict[str, Iterable[str]] = {}
        self._outer: dict[str, Locals] = {}

    def that_say(self, what: int) -> Iterator[tuple[str, Summary]]:
        """The finished summaries with something of this kind, by the keys of their units, sorted."""
        for key in sorted(key for key, answer in self._done.items() if answer.says & what):
            yield key, self._done[key].summary

    def says(self, unit: Unit, what: int) -> bool:
        """Whether the summary of a unit has something of this kind."""
        return bool(self.answer(unit).says & what)

    def __getitem__(self, unit: Unit) -> Summary:
        """What a unit does. Inside a cycle this may be a draft, which is read again until it is final."""
        return self.answer(unit).summary

    def answer(self, unit: Unit) -> Answer:
        """What a unit does, perhaps still as bytes."""
        key = unit.key
        self.asking[key] = None
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
                self.answer(owner)
                if key in self._done:
                    return self._done[key]
            self._outer.setdefault(key, NO_LOCALS)
        return self._first(unit)

    def _first(self, unit: Unit) -> Answer:
        """Read a unit for the first time; the component that it closes is finished."""
        key = unit.key
        index = len(self._stack)
        self._stack.append(key)
        self._low[key] = index
        self._drafts[key] = NO_ANSWER
        result = self._drafts[key] = self._read(unit)
        self._order.setdefault(key, len(self._order))
        if self._reading:
            top = self._reading[-1]
            self._low[top] = min(self._low[top], self._low[key])
        if self._low[key] == index:
            self._finish(index)
            return self._done[key]
        self.unfinished_seen += 1
        return result

    def _read(self, unit: Unit) -> Answer:
        """What a unit does; remembers on what that rests."""
        self._reading.append(unit.key)
        asking = self.asking
        asked = self.asking = {}
        try:
            answer = self._recalled(unit)
            if answer is None:
                asked.clear()
                answer = self._read_anew(unit, asked)
        finally:
            self.asking = asking
        self._reading.pop()
        rests = self._rests[unit.key] = [key for key in asked if key[0] not in SIGNS]
        for one in rests:
            self._askers.setdefault(one, set()).add(unit.key)
        return answer

    def _read_anew(self, unit: Unit, asked: Log) -> Answer:
        outer = self._outer.get(unit.key)
        try:
            answer = Answer(self._read_unit(unit, outer.env if outer is not None else None))
        except RecursionError:
            raise
        except Exception as error:  # a function that the reading cannot take costs that function, not the run
            self.crashed[unit.key] = f"{unit.symbol}: {type(error).__name__}: {error}"
            return NO_ANSWER
        if self._archive is not None:
            told = {key: (self._told(unit, key, env), env) for key, env in asked.items()}
            self._archive.readings(unit.module.name).add(unit.index, self._own(unit), told, answer)
        return answer

    # -- what an earlier run has read --

    def _recalled(self, unit: Unit) -> Answer | None:
        """What an earlier reading found that knew the same, would ask the same, and would be told the same."""
        if self._archive is None:
            return None
        readings = self._archive.readings(unit.module.name)
        records = readings.earlier.get(unit.index)
        if not records:
            return None
        own = self._own(unit)
        for record in records:
            if record.own == own and self._would_be_told(unit, readings.keys, record):
                readings.use(unit.index, record)
                return Answer(None, record)
        return None

    def _would_be_told(self, unit: Unit, keys: Sequence[str], record: Record) -> bool:
        units, answers = self._project.names.units, record.answers
        envs = iter(record.envs)
        at = 0
        for number in record.asked:
            key = keys[number]
            answer = answers[at : at + DIGEST]
            at += DIGEST
            if key[0] not in SIGNS:
                if self.answer(units[key]).visible != answer:
                    return False
            elif key[0] == DEFINES:
                self.nest(key[1:], Locals(None, next(envs), answer))
            elif self._told(unit, key, None) != answer:
                return False
            else:
                self.asking[key] = None
        return True

    def _told(self, unit: Unit, key: str, env: Locals | None) -> bytes:
        """What stands for the answer to a question that was asked already, or of which asking changes nothing."""
        if env is not None:
            return env.digest
        if key[0] in SIGNS:
            return self._project.answered(unit, key)
        answer = self._done.get(key) or self._drafts.get(key)
        return answer.visible if answer is not None else bytes(DIGEST)

    def _own(self, unit: Unit) -> bytes:
        """What stands for all that a reading knows beforehand: its code, what it was taught, the locals around it."""
        outer = self._outer.get(unit.key)
        return self._project.known(unit, outer.digest if outer is not None else b"")

    @contextmanager
    def grounds(self) -> Iterator[None]:
        """What is worked out inside is kept for good, whoever asks: the units it rests on are `grounds` of all."""
        with self.resting() as rests:
            yield
        self.asking.update(rests)
        self._grounds.update(rests)

    def all_grounds(self) -> list[str]:
        """The units on which something rests that is not asked for again, and those on which they rest, sorted."""
        found = dict.fromkeys(key for key in self._grounds if key[0] not in SIGNS)
        waiting = list(found)
        for key in waiting:
            for one in self._rests.get(key, ()):
                if one not in found:
                    found[one] = None
                    waiting.append(one)
        return sorted(found)

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
            drafts[key] = NO_ANSWER
        rests: dict[str, set[str]] = {}

        def read(key: str, again: bool) -> Iterable[str]:
            before = drafts[key]
            after = drafts[key] = self._read(self._project.names.units[key])
            rests[key] = set(self._rests[key])
            return [one for one in rests if key in rests[one]] if after.differs(before, again) else ()

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
    def resting(self) -> Iterator[Log]:
        """Gather what that rests on which is worked out inside."""
        asking = self.asking
        rests: Log = {}
        self.asking = rests
        try:
            yield rests
        finally:
            self.asking = asking

    def askers(self, key: str) -> set[str]:
        """The units that have asked what a unit does: those that call it, and few others."""
        return self._askers.get(key, set())

    def nest(self, key: str, outer: Locals) -> None:
        """Remember the locals among which a nested function was defined, the first time in a reading."""
        self.asking.setdefault(f"{DEFINES}{key}", outer)
        self._outer.setdefault(key, outer)

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
        before = {one: self._done.get(one, NO_ANSWER) for one in (key, *nested)}
        for one in before:
            self.drop(one)
        for one in nested:
            self._outer.pop(one, None)
        found: set[str] = set()
        for one in before:
            if self.answer(self._project.names.units[one]).differs(before[one], again):
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
