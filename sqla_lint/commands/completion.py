"""`sqla-lint completion`: what makes a shell complete commands, options and rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sqla_lint.config import ConfigError, Configuration, Settings, load
from sqla_lint.engine.record import COMPLETING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sqla_lint.engine.catalogue import Catalogue

SHELLS = ("bash", "zsh", "fish")
_EVERY = ("default", "all", "plugins")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes SHELL complete commands, options and rules.

    \b
    bash: eval "$(sqla-lint completion bash)" in ~/.bashrc
    zsh:  eval "$(sqla-lint completion zsh)" in ~/.zshrc, after compinit
    fish: sqla-lint completion fish > ~/.config/fish/completions/sqla-lint.fish
    """
    from click.shell_completion import get_completion_class

    from sqla_lint.commands.common import show

    known = get_completion_class(shell)
    assert known is not None
    script = known(ctx.find_root().command, {}, "sqla-lint", COMPLETING).source()
    if shell == "fish":  # click's script would drop whatever follows a comma in a list of rules
        script = script.replace('string split ","', 'string split --max 1 ","')
    show(script.strip() + "\n")


def rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules whose name or code begins so."""
    from click.shell_completion import CompletionItem

    known = _catalogue().rules
    found = [CompletionItem(one.name, help=one.code) for one in known]
    found += [CompletionItem(one.code, help=one.name) for one in known]
    return [item for item in found if item.value.startswith(incomplete)]


def selectors(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The selectors that a list of rules may go on with: rules, chapters, and what stands for many."""
    from click.shell_completion import CompletionItem

    before, comma, begun = incomplete.rpartition(",")
    many = [CompletionItem(word, help="rules") for word in (*_EVERY, *_catalogue().chapters)]
    found = [*rules(ctx, param, begun), *(item for item in many if item.value.startswith(begun))]
    return [CompletionItem(f"{before}{comma}{item.value}", help=item.help) for item in found]


def _catalogue() -> Catalogue:
    """Our rules and those of installed plugins: who asks how a line may go on has not yet said to run anything of the
    project."""
    from sqla_lint.engine import plugins
    from sqla_lint.engine.run import load_catalogue

    try:
        configuration = load((Path(),))
    except ConfigError:
        configuration = Configuration(Path.cwd(), Settings())
    plugins.use(plugins.installed(configuration), configuration.root)
    return load_catalogue()
