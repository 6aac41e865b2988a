"""`sqla-lint rule`: the page of a rule, or the list of all."""

from __future__ import annotations

import click

from sqla_lint.commands.common import Untrusted, show
from sqla_lint.commands.completion import rules


@click.command()
@click.argument("name", required=False, shell_complete=rules)
@click.option("--all", "every", is_flag=True, help="List every rule.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def rule(name: str | None, every: bool, format_: str) -> None:
    """Show the page of a rule: what it reports, why, and how to repair it."""
    from sqla_lint.engine.run import load_catalogue, page

    catalogue = load_catalogue()
    if bool(name) == every:
        raise Untrusted("give the name or code of one rule, or --all")
    chosen = list(catalogue.rules) if name is None else [catalogue.find(name)]
    if format_ == "json":
        import json

        rows = [
            {
                "code": one.code,
                "name": one.name,
                "severity": one.severity.value,
                "default": one.default,
                "chapter": one.chapter,
                "page": page(one.code),
            }
            for one in chosen
        ]
        show(json.dumps(rows if every else rows[0], indent=2) + "\n")
    elif name is not None:
        show(page(chosen[0].code))
    else:
        width = max(len(one.name) for one in chosen)
        lines = [
            f"{one.code}  {one.name:<{width}}  {one.severity.value:<7}  {'on' if one.default else 'off'}"
            for one in chosen
        ]
        show("\n".join(lines) + "\n")
