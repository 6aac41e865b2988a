"""The check of a project, as the commands share it: its options, one run with progress and cache, its exit code."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sqla_lint.commands.common import (
    FILE,
    Progress,
    Untrusted,
    cache_dir_option,
    catalogue_for,
    config_option,
    jobs_option,
    no_cache_option,
    processes,
    tell,
    trust_option,
    verbose_option,
)
from sqla_lint.commands.completion import selectors
from sqla_lint.config import Configuration, load
from sqla_lint.engine.cache import FOLDER, Cache
from sqla_lint.model import Confidence, Entry, Report, Severity

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqla_lint.engine.ahead import Ahead
    from sqla_lint.engine.run import Whole
    from sqla_lint.project import Project


class Asked(NamedTuple):
    """What a command line says about the analysis: `flags` are settings by key, empty where it says nothing."""

    paths: tuple[Path, ...]
    flags: Mapping[str, str | tuple[str, ...] | bool]
    options: tuple[str, ...]
    jobs: int
    no_cache: bool
    cache_dir: Path | None
    trust_project: bool
    verbose: bool
    unsaved: bytes | None = None  # the text of the one path, in place of the file

    def unsaved_below(self, root: Path) -> dict[str, bytes]:
        """Texts that are read in place of files, by their paths from the project root."""
        if self.unsaved is None:
            return {}
        return {Path(os.path.relpath(self.paths[0], root)).as_posix(): self.unsaved}


class Examined(NamedTuple):
    """A project that was checked; `known` is what its baseline remembers, None where there is none; `warned` says that
    something was told meanwhile."""

    configuration: Configuration
    whole: Whole
    report: Report
    cache: Cache | None
    warned: bool
    known: tuple[Entry, ...] | None
    project: Project

    def close(self, *, verbose: bool) -> None:
        """Nothing more is remembered; what could not be is told where that was asked for."""
        if self.cache is not None:
            self.cache.close()
            if verbose and self.cache.trouble:
                tell(f"note: nothing is remembered: {self.cache.trouble}")


def _words(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for part in value for word in part.replace(",", " ").split())


_rules_option = partial(click.option, multiple=True, callback=_words, metavar="RULES", shell_complete=selectors)
_OPTIONS = (
    click.argument("paths", nargs=-1, type=FILE),
    _rules_option("--select", help="Rules to run instead of the default."),
    _rules_option("--extend-select", help="Rules to run as well."),
    _rules_option("--ignore", help="Rules not to run."),
    click.option("--preview", is_flag=True, help="Also run selected rules that are previews."),
    click.option(
        "--min-confidence", type=click.Choice([c.word for c in Confidence]), help="How sure a finding must be."
    ),
    click.option(
        "--fail-on", type=click.Choice([s.value for s in Severity]), help="Severity from which the exit code is 1."
    ),
    config_option,
    jobs_option,
    no_cache_option,
    cache_dir_option,
    trust_option,
    verbose_option,
)


def analysis(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command all options of the analysis; it gets them as one `Asked`, its first argument."""

    @wraps(command)
    def run(
        *,
        paths: tuple[Path, ...],
        select: tuple[str, ...],
        extend_select: tuple[str, ...],
        ignore: tuple[str, ...],
        preview: bool,
        min_confidence: str | None,
        fail_on: str | None,
        options: tuple[str, ...],
        jobs: int,
        no_cache: bool,
        cache_dir: Path | None,
        trust_project: bool,
        verbose: bool,
        **own: Any,
    ) -> None:
        flags: dict[str, str | tuple[str, ...] | bool] = {
            "select": select,
            "extend-select": extend_select,
            "ignore": ignore,
            "preview": preview,
            "min-confidence": min_confidence or "",
            "fail-on": fail_on or "",
        }
        given = paths or (Path(),)
        command(Asked(given, flags, options, jobs, no_cache, cache_dir, trust_project, verbose), **own)

    decorated: Callable[..., None] = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def baseline_file(configuration: Configuration) -> Path:
    """Where the baseline of a project is, or would be."""
    return configuration.root / configuration.settings.baseline


def stored(configuration: Configuration) -> tuple[Entry, ...] | None:
    """What the baseline of a project remembers; None where there is none and nobody has named one. Raises
    `Untrusted`."""
    from sqla_lint.engine import baseline

    file = baseline_file(configuration)
    if not file.exists() and configuration.origin("baseline") == "default":
        return None
    try:
        return baseline.read(file)
    except baseline.BaselineError as error:
        raise Untrusted(f"{file} cannot be used as a baseline: {error}") from error


def examine(
    asked: Asked,
    ahead: Ahead | None = None,
    *,
    with_baseline: bool = True,
    since: str | None = None,
    through: bool = False,
) -> Examined:
    """Checks the project around the paths that were asked about, with what its cache remembers. Known is what its
    baseline has or, where a commit is given, what was there where the project has gone away from that."""
    configuration = load(asked.paths, asked.options, asked.flags)
    root, settings = configuration.root, configuration.settings
    folder = asked.cache_dir or Path(os.path.abspath(root)) / FOLDER
    cache = None if asked.no_cache else Cache(str(folder))
    catalogue_for(configuration, trusted=asked.trust_project)
    from sqla_lint.engine import run

    with Progress() as progress:
        if since is not None:
            known: tuple[Entry, ...] | None = _before(configuration, since, asked, cache, progress)
        else:
            known = stored(configuration) if with_baseline else None
        whole = run.read_project(
            *(root, asked.paths, settings),
            jobs=processes(asked.jobs),
            warn=progress.warn,
            progress=progress,
            cache=cache,
            executor=_executor(configuration, asked.trust_project),
            ahead=ahead,
            unsaved=asked.unsaved_below(root),
        )
        if ahead is not None:
            ahead.stop()
        report, project = run.check_linked(whole, settings, cache=cache, known=known, through=through)
    return Examined(configuration, whole, report, cache, progress.warned, known, project)


def _before(
    configuration: Configuration, ref: str, asked: Asked, cache: Cache | None, progress: Progress
) -> tuple[Entry, ...]:
    """What was found where the project has gone away from `ref`, then or now. Raises `Untrusted`."""
    from sqla_lint.engine import baseline, earlier, git, run

    root, settings, began = configuration.root, configuration.settings, time.time_ns()
    try:
        commit = git.base_of(root, ref)
        mark = earlier.key(root, commit, settings) if cache is not None else b""
        remembered = earlier.recall(cache, mark) if cache is not None else None
        if remembered is not None:
            return remembered
        with TemporaryDirectory(prefix="sqla-lint-") as folder:
            before = git.export(root, commit, Path(folder), run.may_matter(settings))
            whole = run.read_project(
                *(before, [before], settings), jobs=processes(asked.jobs), progress=progress, cache=cache
            )
            report = run.check_whole(whole, settings, cache=cache)
    except git.GitError as error:
        raise Untrusted(f"--since {ref}: {error}") from error
    for trouble in report.errors:
        progress.warn(": ".join(filter(None, (ref, trouble.path, trouble.message))))
    found = baseline.entries(report)
    if cache is not None and not report.errors:
        earlier.keep(cache, mark, found, root, dated=report.dated, began=began)
    return found


def _executor(configuration: Configuration, trusted: bool) -> Callable[[], Executor] | None:
    name = configuration.settings.executor
    if not name:
        return None
    from sqla_lint.engine.executor import named

    return named(name, Path(os.path.abspath(configuration.root)), trusted=trusted)


def exit_code(report: Report, fail_on: Severity) -> int:
    """0 nothing to report, 1 findings as bad as `fail_on`, 2 the run itself is not to be trusted."""
    if report.errors:
        return 2
    return int(any(finding.severity.weight >= fail_on.weight for finding in report.findings))
