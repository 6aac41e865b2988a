"""`sqla-lint check`: the findings of a project, in any format."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from sqla_lint.commands.common import Untrusted, colour, encoded, show, tell
from sqla_lint.commands.examine import Asked, analysis, examine, exit_code
from sqla_lint.config import folder_in_repository, nearest
from sqla_lint.engine import record
from sqla_lint.model import Report
from sqla_lint.report.formats import FORMATS, render

if TYPE_CHECKING:
    from sqla_lint.engine.ahead import Ahead

STANDARD_OUTPUT = "-"


class Typed(NamedTuple):
    """A command line, and the process that was begun to read files for it."""

    args: list[str]
    ahead: Ahead | None


@click.command()
@analysis
@click.option(
    "--format",
    "format_",
    type=click.Choice(tuple(FORMATS)),
    help="How to report.  [default: full; agent where a coding agent reads]",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Also write a report to a file; - is standard output. May be given again.",
)
@click.option("--statistics", is_flag=True, help="Count findings by rule instead of listing them.")
@click.pass_obj
def check(typed: Typed | None, asked: Asked, format_: str | None, outputs: tuple[str, ...], statistics: bool) -> None:
    """Report findings in PATHS. The whole project around them is read as context."""
    began = time.time_ns()
    args, ahead = typed or (None, None)
    chosen = format_ or ("agent" if record.read_by_agent() else "full")
    if statistics and not FORMATS[chosen].for_people:
        raise Untrusted(f"--statistics is a text, which {chosen} is not")
    targets = [_target(output, chosen) for output in outputs]
    printed = [target.format for target in targets if target.path == STANDARD_OUTPUT]
    if format_ or statistics or not printed:
        printed.insert(0, chosen)
    found = examine(asked, ahead)
    report, root = found.report, found.configuration.root
    folder = folder_in_repository(root)
    for target in targets:
        if target.path != STANDARD_OUTPUT:
            _write_file(target.path, render(report, target.format, root=folder))
    reports = [render(report, name, colour=colour(), root=folder) for name in printed]
    if statistics:
        reports[0] = _statistics(report)
    shown = "".join(reports)
    show(shown)
    if not any(FORMATS[name].whole for name in printed):
        for error in report.errors:
            tell(f"error: {error.path}: {error.message}" if error.path else f"error: {error.message}")
    if not report.files and not report.errors:
        tell("warning: no Python files there")
    code = exit_code(report, found.configuration.settings.fail_on)
    sound = report.files and not report.errors and not found.warned
    if found.cache is not None and args is not None and sound and not outputs:
        from sqla_lint.engine import run

        files = [Path(option) for option in asked.options if Path(option).is_file()]
        watches = run.rests_on(found.whole, root, asked.paths, files, began)
        record.keep(found.cache, args, code, encoded(shown), watches, dated=report.dated)
    found.close(verbose=asked.verbose)
    raise SystemExit(code)


class _Target(NamedTuple):
    """A report that `-o` asks for."""

    format: str
    path: str


def _target(output: str, chosen: str) -> _Target:
    """What `-o` says: `FORMAT:FILE`, or a file for the report in the format that is printed."""
    name, colon, path = output.partition(":")
    if not colon:
        return _Target(chosen, output)
    if name in FORMATS:
        return _Target(name, path)
    if re.fullmatch("[a-z]{2,}", name):
        close = nearest(name, list(FORMATS))
        raise Untrusted(f"no format is called `{name}`{close}; a file of that name is `{chosen}:{output}`")
    return _Target(chosen, output)


def _write_file(path: str, text: str) -> None:
    try:
        Path(path).write_bytes(encoded(text))
    except OSError as error:
        raise Untrusted(f"{path} cannot be written: {error.strerror or error}") from error


def _statistics(report: Report) -> str:
    from sqla_lint.report.summary import summary

    counts = Counter((finding.code, finding.name) for finding in report.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    lines = [f"{count:>6}  {code}  {name}" for (code, name), count in rows]
    return "\n".join([*lines, summary(report)]) + "\n"
