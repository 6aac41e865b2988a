"""`sqla-lint rule`: the page of a rule, or the list of all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sqla_lint.commands.common import Untrusted, show, tell_troubles, trust_option
from sqla_lint.commands.completion import rules

if TYPE_CHECKING:
    from sqla_lint.engine.catalogue import Catalogue, Rule


@click.command()
@click.argument("name", required=False, shell_complete=rules)
@click.option("--all", "every", is_flag=True, help="List every rule.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@trust_option
def rule(name: str | None, every: bool, format_: str, trust_project: bool) -> None:
    """Show the page of a rule: what it reports, why, and how to repair it."""
    from sqla_lint.engine.run import page

    if bool(name) == every:
        raise Untrusted("give the name or code of one rule, or --all")
    catalogue = _catalogue(name, trusted=trust_project)
    chosen = list(catalogue.rules) if name is None else [catalogue.find(name)]
    if format_ == "json":
        import json

        rows = [
            {
                "code": one.code,
                "name": one.name,
                "severity": one.severity.value,
                "default": one.default,
                "since": one.since,
                "preview": one.preview,
                "options": [{"name": told.name, "default": told.default} for told in one.options],
                "chapter": one.chapter,
                "page": page(one.code),
            }
            for one in chosen
        ]
        show(json.dumps(rows if every else rows[0], indent=2) + "\n")
    elif name is not None:
        show(page(chosen[0].code))
    else:
        width, longest = max(len(one.name) for one in chosen), max(len(one.code) for one in chosen)
        lines = [
            f"{one.code:<{longest}}  {one.name:<{width}}  {one.severity.value:<7}  {_standing(one)}" for one in chosen
        ]
        show("\n".join(lines) + "\n")
    if name is None:
        tell_troubles()


def _standing(one: Rule) -> str:
    """Where a rule is on that nobody selects by name."""
    return "preview" if one.preview else "on" if one.default else "off"


def _catalogue(name: str | None, *, trusted: bool) -> Catalogue:
    """The rules among which one is looked for: those of plugins, which need settings, only where it is none of ours."""
    from sqla_lint.engine import plugins
    from sqla_lint.engine.run import load_catalogue

    plugins.forget()
    catalogue = load_catalogue()
    if name is not None and catalogue.get(name) is not None:
        return catalogue
    from sqla_lint.config import load

    configuration = load((Path(),))
    plugins.use(plugins.vetted(configuration, trusted=trusted), configuration.root)
    catalogue = load_catalogue()
    if name is not None and catalogue.get(name) is None:
        tell_troubles()
    return catalogue
