"""A summary for pages that hosts of code show beside a build: a count, and a table of what was found."""

from __future__ import annotations

import re

from sqla_lint.model import Finding, Report
from sqla_lint.report.plain import printable
from sqla_lint.report.ranked import weightiest_first
from sqla_lint.report.summary import counted, summary

_MOST = 100
"""Rows: a step summary of GitHub ends at a megabyte."""


def render(report: Report) -> str:
    """Markdown, as GitHub understands it."""
    rows = weightiest_first(report.findings)
    lines = ["### sqla-lint", "", _text(summary(report)), ""]
    told = [f"error: {one.told}" for one in report.errors]
    lines += [*(f"    {printable(line)}" for error in told for line in error.split("\n")), *([""] if told else [])]
    if rows:
        lines += ["| | finding | where | how it gets there |", "| --- | --- | --- | --- |", *map(_row, rows[:_MOST])]
    if len(rows) > _MOST:
        lines += ["", f"and {counted(len(rows) - _MOST, 'more finding')}"]
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    place = finding.place
    way = "<br>".join(_text(f"{step.place.path}:{step.place.line} {step.text}") for step in finding.trace)
    cells = (finding.severity.value, f"**{finding.name}** {_text(finding.message)}")
    return f"| {' | '.join((*cells, _text(f'{place.path}:{place.line}'), way))} |"


def _text(text: str) -> str:
    """Text that is no markup and stays in its cell; what stands between backticks is code."""
    parts = printable(text.replace("\n", " ")).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    return "".join(f"<code>{_plain(part)}</code>" if odd % 2 else _plain(part) for odd, part in enumerate(parts))


def _plain(text: str) -> str:
    return re.sub(r"[\\`*_\[\]<>|&~#]", lambda found: f"&#{ord(found[0])};", text)
