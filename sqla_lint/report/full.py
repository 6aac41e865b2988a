"""The report for people: each finding with its source, the trace that leads to it, and what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from sqla_lint.model import Finding, Report, Severity, Step
from sqla_lint.report.plain import printable, short, width

WHOLE_TRACE = 8
"""Steps up to which a trace is printed whole."""
_HEAD, _TAIL = 4, 3
_WIDEST = 160

_RED, _YELLOW, _BLUE, _BOLD, _OFF = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _BLUE}


def render(report: Report, *, colour: bool = False) -> str:
    """All findings, a blank line between them, and one line that sums up."""
    lines_of: dict[str, list[str]] = {}
    blocks = []
    for finding in report.findings:
        path = finding.place.path
        if path not in lines_of:
            lines_of[path] = re.split(r"\r\n|\r|\n", report.sources.get(path, ""))
        blocks.append("\n".join(_finding(finding, lines_of[path], colour)))
    return "\n\n".join([*blocks, summary(report)]) + "\n"


def summary(report: Report) -> str:
    """How many findings of which severity, in how many files."""
    files = _count(report.files, "file")
    hidden = f", {report.suppressed} suppressed" if report.suppressed else ""
    if not report.findings:
        return f"no findings in {files}{hidden}"
    by = Counter(finding.severity for finding in report.findings)
    kinds = ", ".join(_count(by[s], s.value) if s is not Severity.INFO else f"{by[s]} info" for s in Severity if by[s])
    places = len({finding.place.path for finding in report.findings})
    return f"{_count(len(report.findings), 'finding')} ({kinds}) in {places} of {files}{hidden}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _finding(finding: Finding, lines: Sequence[str], colour: bool) -> Iterator[str]:
    tint, bold, off = (_COLOURS[finding.severity], _BOLD, _OFF) if colour else ("", "", "")
    blue = _BLUE if colour else ""
    place = finding.place
    head = f"{finding.severity.value}[{finding.name}]"
    yield f"{tint}{head}{off}{bold}: {printable(finding.message)}{off}  ({finding.code})"
    gutter = " " * len(str(place.line))
    symbol = f" in {printable(short(finding.symbol, place.path))}" if finding.symbol else ""
    yield f"{gutter}{blue}-->{off} {printable(place.path)}:{place.line}:{place.column}{symbol}"
    if 0 < place.line <= len(lines) and (lines[place.line - 1].strip() or finding.label):
        yield f" {gutter} {blue}|{off}"
        before = lines[place.line - 2] if place.line > 1 else ""
        if before.strip():
            yield f" {place.line - 1:>{len(gutter)}} {blue}|{off} {_clipped(printable(before))}"
        source, caret = _underlined(finding, lines[place.line - 1])
        yield f" {place.line} {blue}|{off} {source}"
        label = f" {printable(finding.label)}" if finding.label else ""
        yield f" {gutter} {blue}|{off} {' ' * caret[0]}{tint}{'^' * caret[1]}{label}{off}"
        yield f" {gutter} {blue}|{off}"
    if finding.why:
        yield _note("why", finding.why, colour)
    if finding.trace:
        yield f" {bold}trace:{off}" + (f" {printable(finding.entry)}" if finding.entry else "")
        yield from _trace(finding.trace)
        if len(finding.legs) > 1:
            yield f"   + {_count(len(finding.legs) - 1, 'more caller')}"
    for premise in finding.because:
        yield _note("note", premise, colour)
    if finding.role:
        yield _note("layer", finding.role, colour)
    if finding.help:
        yield _note("help", finding.help, colour)


def _note(kind: str, text: str, colour: bool) -> str:
    first, *more = text.split("\n")
    head = f" {_BOLD}{kind}:{_OFF}" if colour else f" {kind}:"
    return "\n".join([f"{head} {printable(first)}", *(f" {printable(line)}" for line in more)])


def _underlined(finding: Finding, line: str) -> tuple[str, tuple[int, int]]:
    """The source line, and where under it the carets start and how many they are."""
    place = finding.place
    start = place.column - 1
    end = place.end_column - 1 if place.end_line == place.line else len(line.rstrip())
    source = printable(line)
    at = width(printable(line[:start]))
    length = max(1, width(printable(line[start:end])))
    if width(source) <= _WIDEST:
        return source, (at, length)
    cut = max(0, len(printable(line[:start])) - 40)
    shown = source[cut : cut + _WIDEST]
    at = width(source[cut : len(printable(line[:start]))]) + (1 if cut else 0)
    room = max(1, width(shown) + (1 if cut else 0) - at)
    return ("…" if cut else "") + shown + ("…" if cut + _WIDEST < len(source) else ""), (at, min(length, room))


def _clipped(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…"


def _trace(steps: Sequence[Step]) -> Iterator[str]:
    shown = _folded(steps)
    where = {index: _where(steps[index]) for index in shown if index is not None}
    column = max(map(width, where.values())) + 3
    digits = len(str(len(steps)))
    for index in shown:
        if index is None:
            yield f"  {' ' * digits} … {len(steps) - len(where)} more steps"
            continue
        step = steps[index]
        mark = "*" if step.main else " "
        space = " " * (column - width(where[index]))
        yield f"  {mark}{index + 1:>{digits}} {where[index]}{space}{printable(step.text)}"


def _folded(steps: Sequence[Step]) -> list[int | None]:
    """The steps to print; None stands for those left out. The main step is always printed."""
    count = len(steps)
    if count <= WHOLE_TRACE:
        return list(range(count))
    kept = {*range(_HEAD), *range(count - _TAIL, count), *(i for i, step in enumerate(steps) if step.main)}
    shown: list[int | None] = []
    told = False
    for index in range(count):
        if index in kept:
            shown.append(index)
        elif not told:
            shown.append(None)
            told = True
    return shown


def _where(step: Step) -> str:
    place = step.place
    column = "" if step.main else f":{place.column}"
    return f"{printable(place.path)}:{place.line}{column}"
