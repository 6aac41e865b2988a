"""`sqla-lint debug`: what the linter sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from sqla_lint.commands.common import FILE, Untrusted, config_option, jobs_option, read_whole, show


@click.group()
def debug() -> None:
    """Show what the linter sees."""


def _debug_command(name: str, help_: str) -> Callable[[Callable[..., None]], click.Command]:
    def decorate(function: Callable[..., None]) -> click.Command:
        function = click.argument("path", type=FILE)(config_option(jobs_option(function)))
        function = click.option("--format", "format_", type=click.Choice(("text", "json")), default="text")(function)
        return debug.command(name, help=help_)(function)

    return decorate


@_debug_command("facts", "What one file says.")
def debug_facts(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    from sqla_lint.engine.outcome import Broken, Crash, read_one
    from sqla_lint.report import dump

    try:
        data = path.read_bytes()
    except OSError as error:
        raise Untrusted(f"{path} cannot be read: {error.strerror or error}") from error
    facts = read_one(data, path.name == "__init__.py")
    if isinstance(facts, Broken):
        raise Untrusted(f"{path}:{facts.line}:{facts.column}: {facts.message}")
    if isinstance(facts, Crash):
        raise Untrusted(f"{path}: {facts.message}")
    show(dump.facts_json(facts) if format_ == "json" else dump.facts_text(facts))


@_debug_command("layers", "Which layer each symbol belongs to, and by what evidence.")
def debug_layers(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    from sqla_lint.engine.run import link
    from sqla_lint.project import describe
    from sqla_lint.report import dump

    configuration, whole = read_whole((path,), options, jobs)
    paths = whole.paths()
    rows: list[dump.Layer] = []
    for spot, symbol, layer, because in describe.layers(link(whole, configuration.settings)):
        path_of = paths[spot.module]
        if path_of in whole.discovery.reported:
            place = whole.texts.place(path_of, *whole.texts.reach(path_of, spot.at, spot.extent))
            rows.append((place, symbol, layer, because))
    rows.sort()
    show(dump.layers_json(rows) if format_ == "json" else dump.layers_text(rows))


@_debug_command("types", "What is known about the values in each file.")
def debug_types(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    _describe("types", path, options, jobs, format_)


@_debug_command("summary", "What each function does to sessions, for all its callers.")
def debug_summary(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    _describe("summary", path, options, jobs, format_)


@_debug_command("calls", "How many calls on sessions are known as such, and why others are not.")
def debug_calls(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    import json

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe

    configuration, whole = read_whole((path,), options, jobs)
    found = describe.calls(link(whole, configuration.settings))
    reasons = found.unknown.most_common()
    if format_ == "json":
        show(json.dumps({"known": found.known, "unknown": dict(reasons)}, indent=2) + "\n")
        return
    show(f"{found.known} calls on sessions, {found.unknown.total()} on what is only called so\n")
    show("".join(f"  {count:5} {why}\n" for why, count in reasons))


def _describe(what: str, path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    import json

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe

    configuration, whole = read_whole((path,), options, jobs)
    project = link(whole, configuration.settings)
    said = {
        module.path: getattr(describe, what)(project, module.path)
        for module in whole.modules()
        if module.path in whole.discovery.reported
    }
    if format_ == "json":
        show(json.dumps(said, indent=2) + "\n")
        return
    for name, rows in said.items():
        show("".join([f"{name}\n", *(f"  {row}\n" for row in rows)]))
