"""`sqla-lint clean` and `sqla-lint version`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.commands.common import FILE, Untrusted, cache_dir_option, show
from sqla_lint.config import find_root
from sqla_lint.engine.cache import FOLDER


@click.command()
@click.argument("path", type=FILE, default=Path())
@cache_dir_option
def clean(path: Path, cache_dir: Path | None) -> None:
    """Remove what runs remember of the project at PATH."""
    folder = cache_dir or find_root([path]) / FOLDER
    if not folder.is_dir():
        show(f"nothing to remove: {folder} is not there\n")
        return
    if not (folder / "CACHEDIR.TAG").is_file():
        raise Untrusted(f"{folder} was not made by sqla-lint")
    shutil.rmtree(folder)
    show(f"removed {folder}\n")


@click.command()
def version() -> None:
    """Show the version, and the name of the distribution to install."""
    python = ".".join(map(str, sys.version_info[:3]))
    show(f"sqla-lint {__version__}\ndistribution {DISTRIBUTION}\nPython {python}\n")
