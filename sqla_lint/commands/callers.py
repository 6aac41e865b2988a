"""`sqla-lint callers`: who calls a function, up to the entries."""

from __future__ import annotations

from pathlib import Path

import click

from sqla_lint.commands.common import FILE, Untrusted, config_option, jobs_option, read_whole, show
from sqla_lint.config import nearest


@click.command()
@click.argument("symbol")
@click.argument("path", type=FILE, default=Path())
@config_option
@jobs_option
@click.option("--limit", type=click.IntRange(0), default=200, show_default=True, help="Functions to tell of; 0: all.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def callers(symbol: str, path: Path, options: tuple[str, ...], jobs: int, limit: int, format_: str) -> None:
    """Show who calls a function of the project at PATH, and what each call carries of its effects on sessions.

    SYMBOL is its qualified name, or the end of it: add, OrderRepository.add, app.repositories.OrderRepository.add.
    """
    from sqla_lint.engine.run import link
    from sqla_lint.model import Place, Spot
    from sqla_lint.project import callers as known
    from sqla_lint.report.callers import callers_json, callers_text

    configuration, whole = read_whole((path,), options, jobs)
    project = link(whole, configuration.settings)
    found = known.named(project, symbol)
    if not found:
        names = {unit.symbol for unit in project.functions() if unit.kind == "function"}
        ends = {".".join(name.split(".")[-symbol.count(".") - 1 :]) for name in names}
        raise Untrusted(f"no function is called `{symbol}`{nearest(symbol, sorted(ends))}")
    if len(found) > 1:
        listed = "".join(f"\n  {unit.symbol}" for unit in found)
        raise Untrusted(f"`{symbol}` may be any of {len(found)}:{listed}")
    paths = whole.paths()

    def place(spot: Spot) -> Place:
        name = paths[spot.module]
        return whole.texts.place(name, *whole.texts.reach(name, spot.at, spot.extent))

    unit = found[0]
    shape = callers_json if format_ == "json" else callers_text
    tree = known.callers(project, unit, limit or len(project.units) + 1)
    show(shape(tree, known.effects(project, unit), place))
