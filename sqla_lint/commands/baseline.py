"""`sqla-lint baseline`: the findings of today are known, and only new ones are reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from sqla_lint.commands.common import FILE, Untrusted, config_option, show, tell
from sqla_lint.commands.examine import Asked, Examined, analysis, baseline_file, examine, stored
from sqla_lint.config import find_root, load
from sqla_lint.engine import baseline
from sqla_lint.model import Entry
from sqla_lint.report.plain import printable
from sqla_lint.report.summary import counted


@click.group("baseline")
def baselines() -> None:
    """Know the findings of today: only new ones are reported then."""


@baselines.command()
@analysis
@click.option("--force", is_flag=True, help="Replace a baseline that is there.")
def create(asked: Asked, force: bool) -> None:
    """Remember every finding of the project around PATHS."""
    found = _whole_project(asked)
    file = baseline_file(found.configuration)
    if file.exists() and not force:
        raise Untrusted(f"{file} is there already: `sqla-lint baseline update` changes it, --force replaces it")
    known = baseline.entries(found.report)
    _write(file, known)
    show(f"{file}: {counted(len(known), 'finding')}\n")


@baselines.command()
@analysis
def update(asked: Asked) -> None:
    """Remember new findings too, and forget those that are mended."""
    _change(asked, add=True)


@baselines.command()
@analysis
def prune(asked: Asked) -> None:
    """Forget the findings that are mended."""
    _change(asked, add=False)


@baselines.command("show")
@click.argument("path", type=FILE, default=Path())
@config_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def show_baseline(path: Path, options: tuple[str, ...], format_: str) -> None:
    """List what is remembered."""
    known = stored(load((path,), options)) or ()
    if format_ == "json":
        show(baseline.dump(known))
        return
    lines = [f"{entry.path}  {entry.rule}  {entry.symbol}" for entry in sorted(known)]
    counts = Counter(entry.rule for entry in known)
    lines += [f"{count:>6}  {rule}" for rule, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))]
    show("".join(f"{printable(line)}\n" for line in [*lines, counted(len(known), "finding")]))


def _whole_project(asked: Asked) -> Examined:
    """A run over all files that can be trusted, with nothing known; else leaves with 2."""
    found = examine(asked._replace(paths=(find_root(asked.paths),)), with_baseline=False)
    found.close(verbose=asked.verbose)
    for error in found.report.errors:
        tell(f"error: {error.told}")
    if found.report.errors:
        raise SystemExit(2)
    return found


def _change(asked: Asked, *, add: bool) -> None:
    found = _whole_project(asked)
    file, report = baseline_file(found.configuration), found.report
    if not file.exists():
        raise Untrusted(f"{file} is not there: `sqla-lint baseline create` makes it")
    known = stored(found.configuration) or ()
    from sqla_lint.engine.run import load_catalogue

    choices = load_catalogue().choices(found.configuration.settings)
    off = {choice.rule.name for choice in choices if not choice.on}
    compared = baseline.compare(report.findings, known, lambda path: report.sources.get(path, ""))
    gone = [entry for entry in compared.gone if entry.rule not in off]
    if add:
        kept = [*baseline.entries(report), *(entry for entry in compared.gone if entry.rule in off)]
    else:
        kept = list((Counter(known) - Counter(gone)).elements())
    _write(file, kept)
    added = f", {len(compared.new)} new" if add else ""
    show(f"{file}: {counted(len(kept), 'finding')}{added}, {len(gone)} mended\n")


def _write(file: Path, known: Iterable[Entry]) -> None:
    try:
        baseline.write(file, known)
    except OSError as error:
        raise Untrusted(f"{file} cannot be written: {error.strerror or error}") from error
