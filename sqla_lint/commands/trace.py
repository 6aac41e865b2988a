"""`sqla-lint trace`: why the linter thinks so, at one line."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sqla_lint.commands.common import Untrusted, config_option, jobs_option, read_path, read_whole, show


@click.command()
@click.argument("where", metavar="FILE:LINE")
@config_option
@jobs_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def trace(where: str, options: tuple[str, ...], jobs: int, format_: str) -> None:
    """Show why the linter thinks so: types, layer and effects at one line, and the calls that carry them."""
    found = re.fullmatch(r"(.+?):(\d+)(?::\d+)?", where)
    if not found:
        raise Untrusted(f"`{where}` is not FILE:LINE")
    path, line = Path(found[1]), int(found[2])
    if not path.is_file():
        raise Untrusted(f"{path}: no such file")
    configuration, whole = read_whole((path,), options, jobs)
    name = read_path(whole, path, configuration)
    text = whole.texts.plain(name)
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]
    if not 1 <= line <= len(starts):
        raise Untrusted(f"{name} has {len(starts)} lines, not {line}")
    start = starts[line - 1]
    end = starts[line] if line < len(starts) else len(text)

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe
    from sqla_lint.report.traced import traced_json, traced_text

    said = describe.trace(link(whole, configuration.settings), name, start, end)
    show(traced_json(said, name, line) if format_ == "json" else traced_text(said, name, line))
