"""`sqla-lint audit`: one look at a whole codebase, on a screen, for programs, or as a page."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from sqla_lint.commands.common import Untrusted, colour, show, tell
from sqla_lint.commands.examine import Asked, analysis, examine
from sqla_lint.commands.outputs import write_file
from sqla_lint.engine.audited import Audit
from sqla_lint.engine.trend import Run

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@analysis
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--html", type=_FILE, help="Also write one self-contained page.")
@click.option("--trend", type=_FILE, help="Add this run as a line to a file of JSON lines; the page draws them.")
@click.option("--badge", type=_FILE, help="Also write a badge, as SVG.")
def audit(asked: Asked, format_: str, html: Path | None, trend: Path | None, badge: Path | None) -> None:
    """Look at the whole codebase in PATHS: causes, worst places, who ends transactions, and what was not seen.

    Counts findings of every confidence by all rules, unless told otherwise. Findings are no failure: the exit code is 0
    unless the run itself is not to be trusted.
    """
    made, root = _audited(asked, edits=format_ == "json")
    runs = _trended(trend, made, root) if trend is not None else ()
    if html is not None:
        from sqla_lint.report.audit import page

        write_file(str(html), page.render(made, runs))
    if badge is not None:
        from sqla_lint.report.audit import badge as as_badge

        write_file(str(badge), as_badge.render(made))
    if format_ == "json":
        from sqla_lint.report.audit import json as as_json

        show(as_json.render(made))
    else:
        from sqla_lint.report.audit import text

        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else text.WIDTH
        show(text.render(made, colour=colour(), columns=columns))
    if not made.files and not made.errors:
        tell("warning: no Python files there")
    raise SystemExit(2 if made.errors else 0)


def _audited(asked: Asked, *, edits: bool) -> tuple[Audit, Path]:
    """The audit, its fixes with their edits where these are asked for, and the project's root."""
    from sqla_lint.engine import audit as engine
    from sqla_lint.engine.run import load_catalogue

    every = {"select": asked.flags.get("select") or ("all",)}
    sure = {"min-confidence": asked.flags.get("min-confidence") or "possible"}
    found = examine(asked._replace(flags={**asked.flags, **every, **sure}), with_baseline=False)
    configuration, report = found.configuration, found.report
    if edits:
        from sqla_lint.fixes.passes import with_edits

        report = with_edits(report, found.whole)
    made = engine.audit(
        found.whole,
        found.project,
        report,
        load_catalogue(),
        configuration.settings,
        name=os.path.basename(os.path.abspath(configuration.root)),
        configured=any(source.prefix or source.name.endswith(".toml") for source in configuration.sources),
    )
    found.close(verbose=asked.verbose)
    return made, configuration.root


def _trended(file: Path, made: Audit, root: Path) -> tuple[Run, ...]:
    """The runs that the file knows, this one too; nothing is added by a run that is not to be trusted."""
    from datetime import date

    from sqla_lint.engine import git
    from sqla_lint.engine import trend as runs
    from sqla_lint.report.audit.json import counts

    try:
        before = file.read_text("utf-8") if file.exists() else ""
        commit = git.base_of(root, "HEAD")
    except git.GitError:
        commit = ""
    except (OSError, UnicodeDecodeError) as error:
        raise Untrusted(f"{file} cannot be read: {error}") from error
    new = "" if made.errors else runs.line(date.today().isoformat(), commit, counts(made))
    whole = before if not before or before.endswith("\n") else f"{before}\n"
    try:
        known = runs.read(whole + new)
    except runs.TrendError as error:
        raise Untrusted(f"{file} is no file of --trend: {error}") from error
    write_file(str(file), whole + new)
    return known
