"""Reports in files: what `-o` asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import click

from sqla_lint.commands.common import Untrusted, encoded
from sqla_lint.config import nearest
from sqla_lint.report.formats import FORMATS

STANDARD_OUTPUT = "-"
outputs_option = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Also write a report to a file; - is standard output. May be given again.",
)


class Target(NamedTuple):
    """A report that `-o` asks for."""

    format: str
    path: str


def target_of(output: str, chosen: str) -> Target:
    """What `-o` says: `FORMAT:FILE`, or a file for the report in the format that is printed."""
    name, colon, path = output.partition(":")
    if not colon:
        return Target(chosen, output)
    if name in FORMATS:
        return Target(name, path)
    if re.fullmatch("[a-z]{2,}", name):
        close = nearest(name, list(FORMATS))
        raise Untrusted(f"no format is called `{name}`{close} (a file of that name: `{chosen}:{output}`)")
    return Target(chosen, output)


def write_file(path: str, text: str) -> None:
    try:
        Path(path).write_bytes(encoded(text))
    except OSError as error:
        raise Untrusted(f"{path} cannot be written: {error.strerror or error}") from error
