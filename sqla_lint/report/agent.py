"""The report for language models: what to change and where, in as few words as say it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqla_lint.model import Finding, Report, Step
from sqla_lint.report.plain import printable, short
from sqla_lint.report.summary import summary
from sqla_lint.report.traces import folded


def render(report: Report) -> str:
    """Up to three lines for each finding: what, by which way, what to do; and one line that sums up."""
    lines = [line for finding in report.findings for line in _finding(finding)]
    return "".join(f"{line}\n" for line in [*lines, summary(report)])


def _finding(finding: Finding) -> Iterator[str]:
    place = finding.place
    where = f"{printable(place.path)}:{place.line}:{place.column}"
    yield (f"{where} {finding.severity.value} {finding.name} ({finding.confidence.word}): {printable(finding.message)}")
    if finding.trace:
        yield f"  via {' > '.join(_way(finding.trace))}"
    if finding.help:
        yield f"  help: {printable(' '.join(finding.help.split()))}"


def _way(trace: Sequence[Step]) -> Iterator[str]:
    """`path:line function` for each step, without the path or the step that would only say again the one before."""
    path = said = ""
    for index in folded(trace):
        if index is None:
            yield "..."
            continue
        place, symbol = trace[index].place, trace[index].symbol
        here = f"{place.line} {short(symbol, place.path)}".rstrip()
        if place.path != path or here != said:
            yield printable(here if place.path == path else f"{place.path}:{here}")
        path, said = place.path, here
