"""`sqla-lint completion`: what makes a shell complete commands, options and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sqla_lint.engine.record import COMPLETING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
_EVERY = ("default", "all")


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

    from sqla_lint.engine.run import load_catalogue

    found = [CompletionItem(one.name, help=one.code) for one in load_catalogue().rules]
    found += [CompletionItem(one.code, help=one.name) for one in load_catalogue().rules]
    return [item for item in found if item.value.startswith(incomplete)]


def selectors(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The selectors that a list of rules may go on with: rules, chapters, and what stands for many."""
    from click.shell_completion import CompletionItem

    from sqla_lint.engine.run import load_catalogue

    before, comma, begun = incomplete.rpartition(",")
    many = [CompletionItem(word, help="rules") for word in (*_EVERY, *sorted(load_catalogue().chapters))]
    found = [*rules(ctx, param, begun), *(item for item in many if item.value.startswith(begun))]
    return [CompletionItem(f"{before}{comma}{item.value}", help=item.help) for item in found]
