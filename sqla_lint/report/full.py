"""The report for people: each finding with its source, the trace that leads to it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqla_lint.model import Finding, Report, Step
from sqla_lint.report.plain import printable, short, width
from sqla_lint.report.summary import counted, summary
from sqla_lint.report.theme import Theme, theme
from sqla_lint.report.traces import folded

_WIDEST = 160


def render(report: Report, *, colour: bool = False) -> str:
    """All findings, a blank line between them, and one line that sums up."""
    paint = theme(colour)
    lines_of: dict[str, list[str]] = {}
    blocks = []
    for finding in report.findings:
        path = finding.place.path
        if path not in lines_of:
            lines_of[path] = re.split(r"\r\n|\r|\n", report.sources.get(path, ""))
        blocks.append("\n".join(_finding(finding, lines_of[path], paint)))
    return "\n\n".join([*blocks, summary(report)]) + "\n"


def head(finding: Finding, paint: Theme) -> Iterator[str]:
    """What is wrong, and where."""
    tint, bold, blue, off = paint.of(finding.severity), paint.strong, paint.frame, paint.off
    place = finding.place
    rule = f"{finding.severity.value}[{finding.name}]"
    yield f"{tint}{rule}{off}{bold}: {printable(finding.message)}{off}  ({finding.code})"
    symbol = f" in {printable(short(finding.symbol, place.path))}" if finding.symbol else ""
    gutter = " " * len(str(place.line))
    yield f"{gutter}{blue}-->{off} {printable(place.path)}:{place.line}:{place.column}{symbol}"


def _finding(finding: Finding, lines: Sequence[str], paint: Theme) -> Iterator[str]:
    tint, bold, blue, off = paint.of(finding.severity), paint.strong, paint.frame, paint.off
    place = finding.place
    gutter = " " * len(str(place.line))
    yield from head(finding, paint)
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
        yield _note("why", finding.why, paint)
    if finding.trace:
        yield f" {bold}trace:{off}" + (f" {printable(finding.entry)}" if finding.entry else "")
        yield from _trace(finding.trace)
        if len(finding.legs) > 1:
            yield f"   + {counted(len(finding.legs) - 1, 'more caller')}"
    for premise in finding.because:
        yield _note("note", premise, paint)
    if finding.role:
        yield _note("layer", finding.role, paint)
    if finding.help:
        yield _note("help", finding.help, paint)
    if finding.fix is not None:
        yield _note("fix", "--fix" if finding.fix.safe else "--fix --unsafe-fixes", paint)


def _note(kind: str, text: str, paint: Theme) -> str:
    first, *more = text.split("\n")
    head = f" {paint.strong}{kind}:{paint.off} {printable(first)}"
    return "\n".join([head, *(f" {printable(line)}" for line in more)])


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
    shown = folded(steps)
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


def _where(step: Step) -> str:
    place = step.place
    column = "" if step.main else f":{place.column}"
    return f"{printable(place.path)}:{place.line}{column}"
