"""`sqla-lint check`: the findings of a project, in any format."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from sqla_lint.commands.common import FILE, Untrusted, colour, encoded, show, tell
from sqla_lint.commands.examine import Asked, Examined, analysis, baseline_file, examine, exit_code
from sqla_lint.commands.fixing import Fixing, detailed, fix_options, fixed
from sqla_lint.commands.outputs import STANDARD_OUTPUT, outputs_option, target_of, write_file
from sqla_lint.config import folder_in_repository
from sqla_lint.engine import record
from sqla_lint.report.formats import FORMATS, render
from sqla_lint.report.summary import counted

if TYPE_CHECKING:
    from sqla_lint.engine.ahead import Ahead

WATCHED = ("CI", "PRE_COMMIT")
"""Variables that say that nobody sits here whose files may change."""
STANDARD_INPUT = Path("-")


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
@outputs_option
@fix_options
@click.option("--no-baseline", is_flag=True, help="Report also what the baseline knows.")
@click.option("--since", metavar="REF", help="Report only what is new since the project parted from a commit.")
@click.option("--through", is_flag=True, help="Report also findings elsewhere whose trace goes through PATHS.")
@click.option(
    "--stdin-filename",
    type=FILE,
    help="With - as the only path: check standard input as the text of this file, which need not be there.",
)
@click.option("--statistics", is_flag=True, help="Count findings by rule instead of listing them.")
@click.pass_obj
def check(
    typed: Typed | None,
    asked: Asked,
    format_: str | None,
    outputs: tuple[str, ...],
    fixing: Fixing,
    no_baseline: bool,
    since: str | None,
    through: bool,
    stdin_filename: Path | None,
    statistics: bool,
) -> None:
    """Report findings in PATHS. The whole project around them is read as context."""
    began = time.time_ns()
    args, ahead = typed or (None, None)
    chosen = format_ or ("agent" if record.read_by_agent() else "full")
    if statistics and not FORMATS[chosen].for_people and chosen != "json":
        raise Untrusted(f"--statistics is a text or JSON, which {chosen} is not")
    if fixing.diff and (format_ or statistics or outputs):
        raise Untrusted("--diff shows a diff and no report")
    changes_files = fixing.write or fixing.ignore is not None
    if changes_files and stdin_filename is not None:
        raise Untrusted("a text on standard input has no file to change; --diff shows what fixes would change in it")
    if through and (changes_files or fixing.diff):
        raise Untrusted("--through tells of files beside those that are given, and fixes change only these")
    asked = _with_stdin(asked, stdin_filename)
    targets = [target_of(output, chosen) for output in outputs]
    printed = [target.format for target in targets if target.path == STANDARD_OUTPUT]
    if format_ or statistics or not printed:
        printed.insert(0, chosen)
    found = examine(asked, ahead, with_baseline=not no_baseline, since=since, through=through)
    found, mended = fixed(found, fixing)
    shows_edits = any(FORMATS[name].edits for name in (*printed, *(target.format for target in targets)))
    report, root = detailed(found) if shows_edits else found.report, found.configuration.root
    folder = folder_in_repository(root)
    written = [target for target in targets if target.path != STANDARD_OUTPUT]
    for target in written:
        write_file(target.path, render(report, target.format, root=folder))
    reports = [render(report, name, colour=colour(), root=folder) for name in printed]
    if statistics:
        from sqla_lint.report import statistics as counts

        reports[0] = counts.as_json(report) if chosen == "json" else counts.as_text(report)
    shown = "".join(reports)
    show(shown)
    if not any(FORMATS[name].tells_errors for name in printed):
        for error in report.errors:
            tell(f"error: {error.told}")
    if not report.files and not report.errors:
        tell("warning: no Python files there")
    code = exit_code(report, found.configuration.settings.fail_on)
    as_it_lies = since is None and asked.unsaved is None
    if report.stale and as_it_lies:
        _shrink(asked, found)
    sound = report.files and not report.errors and not found.warned and not mended and not fixing.interactive
    if found.cache is not None and args is not None and sound and not written and as_it_lies:
        from sqla_lint.engine import run

        files = [*found.configuration.files, baseline_file(found.configuration)]
        watches = run.rests_on(found.whole, root, asked.paths, files, began)
        record.keep(found.cache, args, code, encoded(shown), watches, dated=report.dated)
    found.close(verbose=asked.verbose)
    raise SystemExit(code)


def _with_stdin(asked: Asked, filename: Path | None) -> Asked:
    """The same with standard input as the text of a file, if that is asked for."""
    if filename is None:
        if STANDARD_INPUT in asked.paths:
            raise Untrusted("- needs --stdin-filename: where would this text stand?")
        return asked
    if asked.paths != (STANDARD_INPUT,):
        raise Untrusted("--stdin-filename needs - as the only path")
    if sys.stdin is None:
        raise Untrusted("standard input is closed")
    if filename.is_dir():
        raise Untrusted(f"{filename} is a folder, not a file")
    return asked._replace(paths=(filename,), unsaved=sys.stdin.buffer.read())


def _shrink(asked: Asked, found: Examined) -> None:
    """A baseline forgets by itself what is mended, where people work: not in CI, in a hook, or beside new findings."""
    file, gone = baseline_file(found.configuration), counted(len(found.report.stale), "finding")
    sound = not found.report.findings and not found.report.errors and not any(asked.flags.values())
    if not sound or any(os.environ.get(name) for name in WATCHED):
        tell(f"note: {gone} of {file} are mended; `sqla-lint baseline prune` forgets them")
        return
    from sqla_lint.engine import baseline

    kept = Counter(found.known or ()) - Counter(found.report.stale)
    try:
        baseline.write(file, kept.elements())
    except OSError as error:
        tell(f"warning: {file} cannot be written: {error.strerror or error}")
        return
    tell(f"note: {gone} of {file} are mended, and forgotten")
