"""What commands have in common: options, how they speak, and how a project is read for them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqla_lint.config import ConfigError, Configuration, load
from sqla_lint.engine import record
from sqla_lint.engine.cache import FOLDER

if TYPE_CHECKING:
    from sqla_lint.engine.catalogue import Catalogue
    from sqla_lint.engine.run import Whole

FILE = click.Path(path_type=Path)


class Untrusted(click.ClickException):
    """A run that cannot say anything: exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        tell(f"error: {self.message}")


config_option = click.option(
    "--config",
    "options",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="Settings file to read, or a setting to change.",
)
no_cache_option = click.option("--no-cache", is_flag=True, help="Remember nothing, and read nothing remembered.")
cache_dir_option = click.option(
    "--cache-dir", type=FILE, help=f"Where runs remember what they read. [default: {FOLDER} in the project root]"
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Also say what a run could do without.")
jobs_option = click.option("-j", "--jobs", type=click.IntRange(0), default=0, help="Processes; 0 decides by itself.")


def processes(jobs: int) -> int:
    """How many to use; 0 asks for as many as there are cores."""
    from sqla_lint.engine.ahead import available_cores

    return jobs or available_cores()


trust_option = click.option("--trust-project", is_flag=True, help="Run code of the project that its settings name.")


def catalogue_for(configuration: Configuration, *, trusted: bool) -> Catalogue:
    """All rules, those of plugins too, once the settings are known to name only such. Raises `ConfigError`."""
    from sqla_lint.engine import plugins
    from sqla_lint.engine.run import load_catalogue

    plugged = plugins.use(plugins.vetted(configuration, trusted=trusted), configuration.root)
    catalogue = load_catalogue()
    try:
        catalogue.check(configuration)
    except ConfigError as error:
        if plugged.troubles:  # the rule that is not known may well be one of these
            raise ConfigError("\n".join(plugged.troubles)) from error
        raise
    return catalogue


def tell_troubles() -> None:
    """Says which plugins cannot be used, and leaves with 2 if there are any."""
    from sqla_lint.engine import plugins

    for trouble in plugins.used().troubles:
        tell(f"error: {trouble}")
    if plugins.used().troubles:
        raise SystemExit(2)


def read_whole(paths: Sequence[Path], options: Sequence[str], jobs: int) -> tuple[Configuration, Whole]:
    """Reads the project around the paths; leaves with 2 where that is not possible."""
    from sqla_lint.engine.run import read_project

    configuration = load(paths, options)
    with Progress() as progress:
        whole = read_project(
            *(configuration.root, paths, configuration.settings),
            jobs=processes(jobs),
            warn=progress.warn,
            progress=progress,
        )
    errors = [*whole.discovery.errors, *whole.reading.errors]
    for error in errors:
        tell(f"error: {error.told}")
    if errors:
        raise SystemExit(2)
    return configuration, whole


def read_path(whole: Whole, path: Path, configuration: Configuration) -> str:
    """A path as the project has it. Raises `Untrusted` if it was not read."""
    name = Path(os.path.relpath(os.path.abspath(path), configuration.root)).as_posix()
    if name in whole.reading.broken:
        broken = whole.reading.broken[name]
        raise Untrusted(f"{name}:{broken.line}:{broken.column}: {broken.message}")
    if name not in whole.reading.facts:
        raise Untrusted(f"{name} was not read")
    return name


class Progress:
    """Says on a terminal, after a second, how far the reading is."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._shown = 0.0
        self._watched = sys.stderr.isatty()
        self.warned = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if self._watched and now - self._begun > 1 and now - self._shown > 0.1:
            self._shown = now
            sys.stderr.write(f"\rreading {done} of {of} files\x1b[K")
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = 0.0

    def warn(self, message: str) -> None:
        self._clear()
        self.warned = True
        tell(f"warning: {message}")


def colour() -> bool:
    """Whether standard output takes colours: NO_COLOR, FORCE_COLOR, or a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def encoded(text: str) -> bytes:
    """Text as it is printed and written."""
    return text.encode("utf-8", "backslashreplace")


def show(text: str) -> None:
    """Prints to standard output."""
    record.write(encoded(text))


def tell(text: str) -> None:
    """Says something about the run, on standard error."""
    from sqla_lint.report.plain import printable

    shown = "\n".join(printable(line) for line in text.split("\n"))
    click.echo(f"sqla-lint: {shown}".encode("utf-8", "backslashreplace"), err=True)
