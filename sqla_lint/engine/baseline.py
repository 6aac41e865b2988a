"""Findings that are known already: what is remembered of them, how they are found again after edits, and what is new.

A finding is found again by a cascade of keys (see `_STAGES`), each weaker than the one before. Replayed on the
histories of three SQLAlchemy code bases, keys by line report 58 to 96 % of untouched findings again, this cascade 0.0
to 0.4 %. A known finding that is reached on a way which was not known is new on that way: the classic case is a new
caller of an old helper that commits.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from sqla_lint.engine.catalogue import INTERNAL_ERROR
from sqla_lint.engine.fingerprint import fingerprint, normalise
from sqla_lint.model import Entry, Finding, Report, Step

VERSION = 1
_OWN = "."
"""A leg that is the function of the finding itself, whatever it is called now."""
_FIELDS = ("rule", "path", "symbol", "fingerprint", "node", "text")


class BaselineError(Exception):
    """A baseline file that is not one: what is wrong with it."""


class Compared(NamedTuple):
    """Findings beside what was known: those that are new, those that were known, and the entries of which nothing is
    left."""

    new: list[Finding]
    known: list[Finding]
    gone: list[Entry]


_STAGES: tuple[Callable[[Entry], tuple[str, ...]], ...] = (
    lambda entry: (entry.rule, entry.path, entry.symbol, entry.node),
    lambda entry: (entry.rule, entry.symbol, entry.node),
    lambda entry: (entry.rule, entry.path, entry.node, entry.function),
    lambda entry: (entry.rule, entry.path, entry.node, *entry.legs),
    lambda entry: (entry.rule, entry.path, entry.node),
    lambda entry: (entry.rule, entry.path, entry.symbol, entry.text),
    lambda entry: (entry.rule, entry.node, entry.function),
)
_LEG_STAGES: tuple[Callable[[str], str], ...] = (
    lambda symbol: symbol,
    lambda symbol: ".".join(symbol.rsplit(".", 2)[-2:]),
    lambda symbol: symbol.rpartition(".")[2],
    lambda symbol: symbol.rpartition(".")[0],
)
"""A caller is the same by its whole name, by the last two parts or the last part of it (it was moved), or because in
its module or class another one is gone (it was renamed)."""


def entries(report: Report) -> tuple[Entry, ...]:
    """Everything that a report says, to be remembered; sorted."""
    lines = _Lines(lambda path: report.sources.get(path, ""))
    return tuple(sorted(lines.entry(finding) for finding in report.findings if finding.code != INTERNAL_ERROR))


def compare(findings: Iterable[Finding], known: Iterable[Entry], text_of: Callable[[str], str]) -> Compared:
    """Tells new findings from known ones; `text_of` gives the text of a path, asked for only where something is
    known."""
    remembered = list(known)
    if not remembered:
        return Compared(list(findings), [], [])
    lines = _Lines(text_of)
    judged: list[Finding] = []
    new: list[Finding] = []
    for finding in findings:
        (new if finding.code == INTERNAL_ERROR else judged).append(finding)
    pairs, found, left = _matched([(lines.entry(finding), finding) for finding in judged], remembered)
    moves = _Moves(pairs, judged)
    if moves and left:
        more, found, left = _matched(found, [moves.applied(entry) for entry in left])
        pairs += more
    again = []
    for finding, entry in pairs:
        ways = list(_new_ways(finding, moves.applied(entry), lines))
        new += ways
        again += [] if ways else [finding]
    return Compared([*new, *(finding for _, finding in found)], again, [moves.undone(entry) for entry in left])


class _Moves:
    """Modules and classes that are called otherwise now, as the findings tell that were found again: those of which
    nothing is left under their old name."""

    def __init__(self, pairs: Sequence[tuple[Finding, Entry]], findings: Iterable[Finding]) -> None:
        self._paths: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._before: dict[Entry, Entry] = {}
        paths: set[str] = set()
        names: set[str] = set()
        for finding in findings:
            paths.add(finding.place.path)
            names.update(_split(symbol)[0] for symbol in (finding.symbol, *finding.legs))
        for finding, entry in pairs:
            if entry.path not in paths:
                self._paths[entry.path] = finding.place.path
            old, name = _split(entry.symbol)
            now, same = _split(finding.symbol)
            if old not in names and name == same:
                self._names[old] = now

    def __bool__(self) -> bool:
        return bool(self._paths or self._names)

    def applied(self, entry: Entry) -> Entry:
        """The entry as it would be called now."""
        legs = tuple(map(self._named, entry.legs))
        path = self._paths.get(entry.path, entry.path)
        now = replace(entry, path=path, symbol=self._named(entry.symbol), legs=legs)
        self._before[now] = entry
        return now

    def undone(self, entry: Entry) -> Entry:
        """An entry as it was remembered."""
        return self._before.get(entry, entry)

    def _named(self, symbol: str) -> str:
        where, name = _split(symbol)
        return f"{self._names[where]}.{name}" if where in self._names else symbol


def _split(symbol: str) -> tuple[str, str]:
    where, _, name = symbol.rpartition(".")
    return where, name


def _matched(found: _Found, known: list[Entry]) -> tuple[list[tuple[Finding, Entry]], _Found, list[Entry]]:
    """What belongs together by the first key that tells, and what is left of both."""
    pairs: list[tuple[Finding, Entry]] = []
    for stage in _STAGES:
        more, found, known = _paired(found, known, stage)
        pairs += more
    return pairs, found, known


_Found = list[tuple[Entry, Finding]]


def _paired(
    found: _Found, known: Sequence[Entry], key: Callable[[Entry], tuple[str, ...]]
) -> tuple[list[tuple[Finding, Entry]], _Found, list[Entry]]:
    """Those that have the same key, one to one, and what is left of both."""
    waiting: dict[tuple[str, ...], list[Entry]] = {}
    for entry in reversed(known):
        waiting.setdefault(key(entry), []).append(entry)
    pairs: list[tuple[Finding, Entry]] = []
    rest: _Found = []
    for mark, finding in found:
        same = waiting.get(key(mark))
        if same:
            pairs.append((finding, same.pop()))
        else:
            rest.append((mark, finding))
    used = {id(entry) for _, entry in pairs}
    return pairs, rest, [entry for entry in known if id(entry) not in used]


def _new_ways(finding: Finding, entry: Entry, lines: _Lines) -> Iterator[Finding]:
    """A known finding on each way that is not known: it stands at the first step of that way. The function that had the
    finding is no new caller when the statement moves into a helper of it."""
    ways = dict(finding.ways)
    for leg in new_legs(_legs(finding), (*entry.legs, entry.symbol)):
        steps = ways.get(leg, ())
        first = next((step for step in steps if step.symbol == leg), None)
        yield replace(
            finding,
            place=finding.place if first is None else first.place,
            symbol=leg if first is not None else finding.symbol,
            fingerprint=fingerprint(finding.name, leg, lines.node(finding), 0),
            label="a new way to what was known",
            because=(*finding.because, f"known before, and new on the way from `{leg}`"),
            trace=_anchored(steps, first) or finding.trace,
            legs=(leg,),
        )


def _anchored(steps: Sequence[Step], first: Step | None) -> tuple[Step, ...]:
    return tuple(replace(step, main=step is first) for step in steps) if first is not None else ()


def new_legs(found: Sequence[str], known: Sequence[str]) -> list[str]:
    """The callers that are not among the known ones, however those are called now."""
    new, left = list(found), list(known)
    for stage in _LEG_STAGES:
        waiting: dict[str, int] = {}
        for leg in left:
            waiting[stage(leg)] = waiting.get(stage(leg), 0) + 1
        rest, taken = [], dict(waiting)
        for leg in new:
            if taken.get(stage(leg), 0):
                taken[stage(leg)] -= 1
            else:
                rest.append(leg)
        kept = []
        for leg in left:
            if taken.get(stage(leg), 0):
                taken[stage(leg)] -= 1
                kept.append(leg)
        new, left = rest, kept
    return new


def _legs(finding: Finding) -> tuple[str, ...]:
    return tuple(sorted(_OWN if leg == finding.symbol else leg for leg in finding.legs))


class _Lines:
    """The texts that findings stand in, as lines."""

    def __init__(self, text_of: Callable[[str], str]) -> None:
        self._text_of = text_of
        self._lines: dict[str, list[str]] = {}

    def _of(self, path: str) -> list[str]:
        if path not in self._lines:
            self._lines[path] = re.split(r"\r\n|\r|\n", self._text_of(path))
        return self._lines[path]

    def node(self, finding: Finding) -> str:
        """The normalised source of the place of a finding."""
        place = finding.place
        lines = self._of(place.path)[place.line - 1 : place.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: place.end_column - 1]
        lines[0] = lines[0][place.column - 1 :]
        return normalise("\n".join(lines))

    def entry(self, finding: Finding) -> Entry:
        place = finding.place
        line = "".join(self._of(place.path)[place.line - 1 : place.line])
        node, text = _digest(self.node(finding)), _digest(normalise(line))
        return Entry(place.path, finding.symbol, finding.name, finding.fingerprint, node, text, _legs(finding))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


# -- the file --


def dump(known: Iterable[Entry]) -> str:
    """The text of a baseline file: sorted, one finding a line, so that merges and reviews are about findings."""
    rows = [
        json.dumps({**{name: getattr(entry, name) for name in _FIELDS}, "legs": list(entry.legs)})
        for entry in sorted(known)
    ]
    inner = ",\n".join(f"    {row}" for row in rows)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{inner}\n  ]\n}}\n' if rows else _EMPTY


_EMPTY = f'{{\n  "version": {VERSION},\n  "findings": []\n}}\n'


def parse(text: str) -> tuple[Entry, ...]:
    """The entries of a baseline file. Raises `BaselineError`."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise BaselineError(f"it is no JSON: {error}") from error
    if not isinstance(whole, dict) or not isinstance(whole.get("findings"), list):
        raise BaselineError("it has no list of findings")
    if whole.get("version") != VERSION:
        raise BaselineError(f"its version is {whole.get('version')!r}, not {VERSION}: create it anew")
    return tuple(_entry(row, number) for number, row in enumerate(whole["findings"], 1))


def _entry(row: object, number: int) -> Entry:
    if not isinstance(row, dict):
        raise BaselineError(f"finding {number} is no object")
    for name in _FIELDS:
        if not isinstance(row.get(name), str):
            raise BaselineError(f"finding {number} has no usable `{name}`")
    legs = row.get("legs", [])
    if not isinstance(legs, list) or not all(isinstance(leg, str) for leg in legs):
        raise BaselineError(f"finding {number} has no usable `legs`")
    return Entry(legs=tuple(legs), **{name: row[name] for name in _FIELDS})


def read(path: Path) -> tuple[Entry, ...]:
    """What a baseline file remembers. Raises `BaselineError`."""
    try:
        return parse(path.read_text("utf-8"))
    except OSError as error:
        raise BaselineError(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise BaselineError("it is not UTF-8 text") from error


def write(path: Path, known: Iterable[Entry]) -> None:
    """Replaces a baseline file at once, so that nobody reads half of it. Raises `OSError`."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(dump(known), "utf-8", newline="\n")
    os.replace(beside, path)
