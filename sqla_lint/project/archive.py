"""What an earlier run read: of each unit what it does, and all that the reading asked on the way.

A reading is a function of the unit's own code, of what callers have taught it, and of the answers it was given. Where
all of these are the same, its outcome is taken from the archive, in the very order in which a reading would have asked:
so a run with an archive goes through the same steps as one without, and ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import TypeVar

import msgspec

from ..facts.schema import Definition
from .modules import Module, last_name
from .summary import EMPTY, TEACHES, Summary
from .values import Values

_DECLARING = frozenset({"dishka", "injector", "litestar"})
"""Libraries whose dependencies are looked for in all code of the modules that import them."""
T = TypeVar("T")
Known = tuple[bytes, bytes, bytes]
"""What stands for all that a reading knows beforehand, see `Record`."""
DIGEST = 8
"""Bytes of a digest: two answers that differ are taken for equal once in 2 ** 64."""

_encoder = msgspec.msgpack.Encoder()
_summary_decoder = msgspec.msgpack.Decoder(Summary)
_env_decoder: msgspec.msgpack.Decoder[dict[str, Values]] = msgspec.msgpack.Decoder(dict[str, Values])


def digest(value: object) -> bytes:
    """A short digest of any value that facts and summaries are made of."""
    return digest_bytes(_encoder.encode(value))


def layout(modules: Iterable[Module]) -> bytes:
    """What stands for the modules there are, without what they say."""
    whole = blake2b(digest_size=20)
    for module in sorted(modules, key=lambda module: module.path):
        whole.update(_encoder.encode((module.name, module.root, module.path, module.facts.package)))
    return whole.digest()


def structure(module: Module) -> bytes:
    """What stands for everything that a reading may know of a module without asking for a summary: signatures, imports,
    the bodies of the module and its classes, of methods that make attributes, and all code where dependencies are
    declared in it."""
    facts = module.facts
    everything = any(one.module.split(".")[0] in _DECLARING for one in facts.header.imports)
    code = [
        body
        for definition, body in zip(facts.header.definitions, facts.bodies, strict=True)
        if everything or definition.kind in ("module", "class") or _declares(definition)
    ]
    return digest((facts.header, code))


def _declares(definition: Definition) -> bool:
    """Whether a method makes a part of each class that has it."""
    return any(last_name(one) == "declared_attr" for one in definition.decorators)


def digest_bytes(data: bytes | memoryview) -> bytes:
    return blake2b(data, digest_size=DIGEST).digest()


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reading. `code`, `told` and `outer` stand for what it knew beforehand: its own text, what callers have taught
    it, the locals around it. `says` is what there is in the summary.

    `asked` is what it did to the rest of the project, in order, by numbers of keys: it asked and was told what the
    same place in `answers` stands for, `DIGEST` bytes each. What keys there are is up to the summaries; `envs` are the
    locals among which it defined functions, in order.
    """

    code: bytes
    told: bytes
    outer: bytes
    asked: tuple[int, ...]
    answers: bytes
    envs: tuple[msgspec.Raw, ...]
    visible: bytes
    says: int
    summary: msgspec.Raw


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The records of one module, by the numbers of its units, and what stood for what it said at its top."""

    structure: bytes
    keys: tuple[str, ...]
    units: dict[int, tuple[Record, ...]]


_row_decoder = msgspec.msgpack.Decoder(_Row)


class _Base(msgspec.Struct, frozen=True, array_like=True):
    """What stands for all that was worked out before the first reading: what is provided by whom, what decorators stand
    around."""

    provided: bytes = b""
    decorated: bytes = b""


_base_decoder = msgspec.msgpack.Decoder(_Base)
_BASE = ""
"""The row of the base, where no module has its name."""


class Answer:
    """A summary, or the bytes of one that nobody has needed yet."""

    __slots__ = ("_raw", "_says", "_summary", "_visible")

    def __init__(self, summary: Summary | None, record: Record | None = None) -> None:
        self._summary = summary
        self._raw = record.summary if record is not None else None
        self._visible = record.visible if record is not None else b""
        self._says = record.says if record is not None else -1

    @property
    def summary(self) -> Summary:
        if self._summary is None:
            self._summary = EMPTY if self._raw is None else _summary_decoder.decode(self._raw)
        return self._summary

    @property
    def raw(self) -> msgspec.Raw:
        """The summary as bytes."""
        if self._raw is None:
            self._raw = msgspec.Raw(_encoder.encode(self.summary))
        return self._raw

    @property
    def visible(self) -> bytes:
        """The digest of what those who ask for the summary can tell apart."""
        if not self._visible:
            self._visible = digest((self.summary.doing, self.summary.passing, self.summary.received))
        return self._visible

    @property
    def says(self) -> int:
        """What there is in the summary, see `Summary.says`."""
        if self._says < 0:
            self._says = self.summary.says
        return self._says

    def differs(self, other: Answer, again: bool) -> bool:
        """Whether callers can tell the answers apart; of a unit that is read `again` and again, by what it does."""
        if self is other or (self._visible and self._visible == other._visible):
            return False
        one, two = self.summary, other.summary
        return one.doing != two.doing or (not again and one.passing != two.passing)

    def is_like(self, other: Answer) -> bool:
        """Whether nobody can tell the answers apart, neither callers nor those who are taught."""
        if self.visible != other.visible:
            return False
        if not (self.says | other.says) & TEACHES:
            return True
        return self.summary.hints == other.summary.hints and self.summary.given == other.summary.given


NO_ANSWER = Answer(EMPTY)


class Locals:
    """The locals among which a nested function was defined."""

    __slots__ = ("_digest", "_env", "_raw")

    def __init__(self, env: dict[str, Values] | None, raw: msgspec.Raw | None = None, digest: bytes = b"") -> None:
        self._env = env
        self._raw = raw
        self._digest = digest

    @property
    def env(self) -> dict[str, Values]:
        if self._env is None:
            self._env = {} if self._raw is None else _env_decoder.decode(self._raw)
        return self._env

    @property
    def raw(self) -> msgspec.Raw:
        if self._raw is None:
            self._raw = msgspec.Raw(_encoder.encode(self.env))
        return self._raw

    @property
    def digest(self) -> bytes:
        if not self._digest:
            self._digest = digest_bytes(self.raw)
        return self._digest


NO_LOCALS = Locals({})


class Archive:
    """The records of an earlier run, and those of this one. `rows` are the former, by module."""

    def __init__(self, rows: Mapping[str, bytes]) -> None:
        self.rows = rows
        self._modules: dict[str, Readings] = {}
        self._base = _Base()
        self._prepared = (b"", b"")

    def begin(self) -> None:
        """Begin a run."""
        self._modules.clear()
        self._base = _decoded(_base_decoder, self.rows.get(_BASE)) or _Base()

    def readings(self, module: str) -> Readings:
        """The readings of a module's units."""
        found = self._modules.get(module)
        if found is None:
            row = _decoded(_row_decoder, self.rows.get(module))
            found = self._modules[module] = Readings(row or _Row(b"", (), {}))
        return found

    def prepare(self, provided: object, decorated: object) -> None:
        """What this run has worked out before its first reading. Readings know what is provided without asking."""
        self._prepared = digest(provided), digest(decorated)
        if self._base.provided != self._prepared[0]:
            self.rows = {}
            for readings in self._modules.values():
                readings.forget_all()

    def is_prepared_alike(self) -> bool:
        """Whether the earlier run had worked out the same before its first reading."""
        return (self._base.provided, self._base.decorated) == self._prepared

    def changed(self, structures: Callable[[str], bytes]) -> Iterator[tuple[str, bytes]]:
        """The modules whose records are others than before, with all of them, and what `structures` says of them."""
        base = _Base(*self._prepared)
        if base != self._base:
            yield _BASE, _encoder.encode(base)
        for module, readings in sorted(self._modules.items()):
            if readings.is_changed():
                yield module, _encoder.encode(readings.row(structures(module)))


def _decoded(decoder: msgspec.msgpack.Decoder[T], data: bytes | None) -> T | None:
    """What the bytes stand for; None when they stand for nothing."""
    try:
        return decoder.decode(data) if data is not None else None
    except msgspec.MsgspecError:
        return None


class Readings:
    """The earlier readings of one module's units, and those that this run made or found as good."""

    def __init__(self, row: _Row) -> None:
        self.structure = row.structure
        self.earlier = row.units
        self.keys = list(row.keys)
        self.changed = False
        self._numbers: dict[str, int] = {}
        self._used: dict[int, dict[int, Record]] = {}

    def use(self, index: int, record: Record) -> None:
        """An earlier reading of a unit was as good as a new one. The one that is used last comes last."""
        used = self._used.setdefault(index, {})
        used.pop(id(record), None)
        used[id(record)] = record

    def use_all(self) -> None:
        """All earlier readings hold."""
        self._used = {index: {id(record): record for record in records} for index, records in self.earlier.items()}

    def add(self, index: int, known: Known, asked: Mapping[str, tuple[bytes, Locals | None]], answer: Answer) -> None:
        """A unit was read: what it asked, what stands for the answers, and what it does."""
        if not self._numbers:
            self._numbers = {key: number for number, key in enumerate(self.keys)}
        for key in asked:
            if key not in self._numbers:
                self._numbers[key] = len(self.keys)
                self.keys.append(key)
        record = Record(
            *known,
            tuple([self._numbers[key] for key in asked]),
            b"".join([told for told, _ in asked.values()]),
            tuple([env.raw for _, env in asked.values() if env is not None]),
            answer.visible,
            answer.says,
            answer.raw,
        )
        self.changed = True
        self.use(index, record)

    def forget_all(self) -> None:
        """No earlier reading holds any more."""
        self.earlier = {}
        self.changed = True

    def is_changed(self) -> bool:
        """Whether what is to be kept is something else than before: the reading that was used last comes last."""
        return self.changed or any(
            next(reversed(records.values())) is not self.earlier[index][-1] for index, records in self._used.items()
        )

    def forget(self, index: int) -> None:
        """The earlier readings of a unit do not hold any more."""
        self.earlier = {key: records for key, records in self.earlier.items() if key != index}
        self._used.pop(index, None)

    def last(self, index: int) -> Record | None:
        """The reading of a unit that was made or used last in this run."""
        return next(reversed(self._used.get(index, {}).values()), None)

    @staticmethod
    def same(one: Record, other: Record) -> bool:
        """Whether two readings of the module asked the same, and were told the same."""
        return one.asked == other.asked and one.answers == other.answers

    def told(self, record: Record) -> Iterator[tuple[str, bytes]]:
        """What a reading asked, and what stands for the answers."""
        for place, number in enumerate(record.asked):
            yield self.keys[number], record.answers[place * DIGEST : (place + 1) * DIGEST]

    def row(self, structure: bytes) -> _Row:
        """What is to be kept, without the keys that nobody asks for any more."""
        numbers: dict[int, int] = {}
        units: dict[int, tuple[Record, ...]] = {}
        for index, records in sorted(self._used.items()):
            units[index] = tuple(
                msgspec.structs.replace(
                    record, asked=tuple([numbers.setdefault(number, len(numbers)) for number in record.asked])
                )
                for record in records.values()
            )
        return _Row(structure, tuple([self.keys[number] for number in numbers]), units)
