"""Summaries of all units, each made when it is first asked for, and again when what it rests on has changed.

Functions that call each other in a cycle are read together from nothing until nothing changes. Whatever else is worked
out from summaries (fields of classes, module variables) is kept in a `Memo`, with the summaries that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from .archive import DIGEST, NO_ANSWER, NO_LOCALS, Answer, Archive, Known, Locals, Readings, Record
from .asking import DEFINES, FIXED, OPEN, SIGNS, Flat, Log, flat
from .modules import Unit
from .summary import Summary
from .values import Values

if TYPE_CHECKING:
    from .project import Project

_MOST_ROUNDS = 10
_MOST_ROUNDS_FOR_TYPES = 2
"""How often units are read until they settle; what they only pass on (types and fields) is settled sooner, or two
functions that build trees of each other would go on for long."""


class _Before(NamedTuple):
    """The last reading of a unit of a component that is not finished: what was being worked out around it, what it
    asked that is not answered alike throughout a run, what it was told, and what it found."""

    open: frozenset[str]
    asked: tuple[str, ...]
    told: tuple[Answer | Locals | bytes, ...]
    answer: Answer


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
        self._asking = project.asking
        self._read_unit = read
        self._archive = archive
        self.capped: set[str] = set()
        """Units that did not settle."""
        self.crashed: dict[str, str] = {}
        self._done: dict[str, Answer] = {}
        self._drafts: dict[str, Answer] = {}
        self._order: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._stack: list[str] = []
        self._reading: list[str] = []
        self._asked_again: set[str] = set()
        self._askers: dict[str, set[str]] = {}
        self._rests: dict[str, Iterable[str]] = {}
        self._before: dict[str, _Before] = {}
        self._outer: dict[str, Locals] = {}
        self._runners: dict[str, set[str]] | None = None

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
        self._asking.log[key] = None
        done = self._done.get(key)
        if done is not None:
            return done
        draft = self._drafts.get(key)
        if draft is not None:
            self._asking.unfinished += 1
            self._asked_again.add(key)
            if self._reading and key in self._low:
                top = self._reading[-1]
                self._low[top] = min(self._low[top], self._low[key])
            return draft
        owner = unit.owner
        if owner is not None and owner.kind in ("function", "lambda") and key not in self._outer:
            if owner.key not in self._drafts:
                self.answer(owner)
                if key in self._done or key in self._drafts:
                    return self.answer(unit)
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
        self._asking.unfinished += 1
        return result

    def _read(self, unit: Unit) -> Answer:
        """What a unit does; remembers on what that rests."""
        self._reading.append(unit.key)
        open_, seen = self._project.open, self._asking.unfinished
        with self._asking.apart() as asked:
            answer = self._repeated(unit, open_)
            if answer is None:
                asked.clear()
                answer = self._recalled(unit)
                if answer is None:
                    asked.clear()
                    answer = self._read_anew(unit, asked)
                whole = flat(asked)
                rests = self._rests[unit.key] = [key for key in whole if key[0] not in SIGNS]
                for one in rests:
                    self._askers.setdefault(one, set()).add(unit.key)
                if seen != self._asking.unfinished:  # else it is in no cycle
                    self._remember(unit, open_, whole, answer)
        self._reading.pop()
        return answer

    # -- what the last reading of a component's unit has found --

    def _repeated(self, unit: Unit, open_: frozenset[str]) -> Answer | None:
        """What the last reading of a unit found, where another one would ask the same and be told the same: what is
        being worked out now, of which nobody is told, was so then."""
        before = self._before.get(unit.key)
        if before is None or not open_ <= before.open:
            return None
        for key, told in zip(before.asked, before.told, strict=True):
            if isinstance(told, Locals):
                self.nest(key[1:], told)
            elif told != self._now(unit, key):
                return None
        return before.answer

    def _remember(self, unit: Unit, open_: frozenset[str], asked: Flat, answer: Answer) -> None:
        """Remember what a reading was told, unless that was that something is being worked out."""
        varying = {key: env for key, env in asked.items() if key[0] not in FIXED}
        if any(key[0] in OPEN for key in varying):
            self._before.pop(unit.key, None)
            return
        told = [
            env or self._done.get(key) or self._drafts.get(key) or self._told(unit, key, None)
            for key, env in varying.items()
        ]
        self._before[unit.key] = _Before(open_, tuple(varying), tuple(told), answer)

    def _now(self, unit: Unit, key: str) -> Answer | bytes:
        """What is answered to a question now."""
        return self._told(unit, key, None) if key[0] in SIGNS else self.answer(self._project.names.units[key])

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
            told = {key: (self._told(unit, key, env), env) for key, env in flat(asked).items()}
            self._archive.readings(unit.module.name).add(unit.index, self._known(unit), told, answer)
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
        known = self._known(unit)
        for record in records:
            if (record.code, record.told, record.outer) == known and self._would_be_told(unit, readings.keys, record):
                readings.use(unit.index, record)
                return Answer(None, record)
        return None

    def _would_be_told(self, unit: Unit, keys: Sequence[str], record: Record) -> bool:
        units, answers = self._project.names.units, record.answers
        envs = iter(record.envs)
        at = 0
        for number in record.asked:  # written out, for this is done for every unit
            key = keys[number]
            answer = answers[at : at + DIGEST]
            at += DIGEST
            if key[0] not in SIGNS:
                asked = units.get(key)
                if asked is None or self.answer(asked).visible != answer:
                    return False
            elif key[0] == DEFINES:
                self.nest(key[1:], Locals(None, next(envs), answer))
            elif self._told(unit, key, None) != answer:
                return False
            else:
                self._asking.log[key] = None
        return True

    def _told(self, unit: Unit, key: str, env: Locals | None) -> bytes:
        """What stands for the answer to a question that was asked already, or of which asking changes nothing."""
        if env is not None:
            return env.digest
        if key[0] in SIGNS:
            return self._project.answered(unit, key)
        answer = self._done.get(key) or self._drafts.get(key)
        return answer.visible if answer is not None else bytes(DIGEST)

    def _known(self, unit: Unit) -> Known:
        outer = self._outer.get(unit.key)
        project = self._project
        return project.code(unit), project.told(unit), outer.digest if outer is not None else b""

    def take_over(self, prepare: Callable[[], None]) -> bool:
        """Take over all that the earlier run ended with, if nobody could tell what has changed since.

        That is so when no module says other things at its top, and every unit whose code has changed knew nothing but
        its code whenever it was read, and, read again where it is told the same, asks the same and does what nobody can
        tell apart. Then each step of a run would be the same as before. When it is not so, the project is of no more
        use: it rests on final answers. `prepare` is what a run does first: it must come to the same as before.
        """
        archive, project = self._archive, self._project
        if archive is None:
            return False
        if any(archive.readings(name).structure != project.structure(name) for name in project.names.modules):
            return False
        finals: dict[str, Answer] = {}
        changed: list[Unit] = []
        for unit in project.units:
            records = archive.readings(unit.module.name).earlier.get(unit.index, ())
            if records:
                finals[unit.key] = Answer(None, records[-1])
                if records[-1].code != project.code(unit):
                    changed.append(unit)
            elif unit.kind != "class" or unit.definition.calls:
                return False
        self._done = dict(finals)
        prepare()
        self._done = finals
        if not archive.is_prepared_alike():
            return False
        return all(self._reads_alike(unit, archive) for unit in changed)

    def _reads_alike(self, unit: Unit, archive: Archive) -> bool:
        """Whether a unit, read again, does what its earlier readings did as far as anybody can tell."""
        readings = archive.readings(unit.module.name)
        records = readings.earlier[unit.index]
        if not readings.changed:
            readings.use_all()
        readings.forget(unit.index)
        for before in records:
            told = None if before.told or before.outer or self._project.told(unit) else self._as_told(before, readings)
            if told is None:
                return False
            with self._answering(told):
                answer = self._read(unit)
            after = readings.last(unit.index)
            if after is None or not readings.same(before, after) or not answer.is_like(Answer(None, before)):
                return False
            self._done[unit.key] = answer
        return True

    def _as_told(self, record: Record, readings: Readings) -> dict[str, Answer] | None:
        """The answers that a reading was given and that are not those of the end; None when one is not known."""
        found: dict[str, Answer] = {}
        for key, told in readings.told(record):
            if key[0] in SIGNS or self._done[key].visible == told:
                continue
            if told == NO_ANSWER.visible:
                found[key] = NO_ANSWER
                continue
            unit = self._project.names.units[key]
            known = self._archive.readings(unit.module.name).earlier.get(unit.index, ()) if self._archive else ()
            same = next((one for one in known if one.visible == told), None)
            if same is None:
                return None
            found[key] = Answer(None, same)
        return found

    @contextmanager
    def _answering(self, told: dict[str, Answer]) -> Iterator[None]:
        """Answer for a while with these summaries."""
        kept = {key: self._done[key] for key in told}
        for key in told:
            self.drop(key)
        self._done.update(told)
        yield
        for key in told:
            self.drop(key)
        self._done.update(kept)

    def _finish(self, index: int) -> None:
        """Everything above this on the stack is one component: read it from nothing until it is stable."""
        members = sorted(self._stack[index:], key=self._order.__getitem__)
        drafts = self._drafts
        if not self._asked_again.isdisjoint(members):
            self._settle(members)
        self._asked_again.difference_update(members)
        for key in members:
            self._done[key] = drafts.pop(key)
            self._before.pop(key, None)
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

    def runners(self, key: str) -> set[str]:
        """The units whose last reading has asked what a unit does: those that call it, and few others. For judging,
        when all have been read."""
        if self._runners is None:
            self._runners = {}
            for unit in self._project.units:
                for one in self._rested(unit):
                    if _may_run(unit, self._project.names.units[one]):
                        self._runners.setdefault(one, set()).add(unit.key)
        return self._runners.get(key, set())

    def _rested(self, unit: Unit) -> Iterable[str]:
        """What the last reading of a unit has asked of others, in this run or an earlier one."""
        rests = self._rests.get(unit.key)
        if rests is not None or self._archive is None:
            return rests or ()
        readings = self._archive.readings(unit.module.name)
        records = readings.earlier.get(unit.index, ())
        return [key for key, _ in readings.told(records[-1]) if key[0] not in SIGNS] if records else ()

    def nest(self, key: str, outer: Locals) -> None:
        """Remember the locals among which a nested function was defined, the first time in a reading."""
        self._asking.log.setdefault(f"{DEFINES}{key}", outer)
        self._outer.setdefault(key, outer)

    def drop(self, key: str) -> None:
        """Forget a summary that was made before everything was known that it rests on."""
        self._done.pop(key, None)
        self._asking.forget(key)

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
                    found.update(one.key for one in project.names.children(klass).values())
        return found


def _may_run(unit: Unit, asked: Unit) -> bool:
    """Whether a unit that has asked what a function does may run it: of a function that binds variables of its module
    those ask as well who read them."""
    name = asked.definition.name
    plain = asked.owner is not None and asked.owner.kind in ("module", "class") and not asked.decorators
    if not asked.definition.globals or not plain or name.startswith("__"):
        return True
    names = {name, *(one.local for one in unit.module.facts.header.imports if one.name == name)}
    code = bytes(unit.code)
    return any(one.encode() in code for one in names)
