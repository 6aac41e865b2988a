"""Traces as text: which steps are shown, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqla_lint.model import Finding, Step
from sqla_lint.report.plain import printable, short

WHOLE_TRACE = 8
"""Steps up to which a trace is printed whole."""
_HEAD, _TAIL = 4, 3


def folded(steps: Sequence[Step]) -> list[int | None]:
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


def via(finding: Finding) -> str:
    """` [via a > b > c]`: the functions that a trace passes, or nothing."""
    symbols = [symbol for symbol, _ in groupby(short(step.symbol, step.place.path) for step in finding.trace)]
    return printable(f" [via {' > '.join(symbols)}]") if symbols else ""


def details(finding: Finding) -> list[str]:
    """Lines below a message, for hosts that have no place of their own for them: why, the whole trace, what to do."""
    lines = [f"why: {finding.why}"] if finding.why else []
    for number, step in enumerate(finding.trace, 1):
        place = step.place
        lines.append(f"{number} {printable(place.path)}:{place.line}:{place.column} {step.text}")
    lines += [f"note: {premise}" for premise in finding.because]
    return [*lines, f"help: {finding.help}"] if finding.help else lines
