"""The command `sqla-lint`. Exit codes: 0 nothing to report, 1 findings, 2 the run itself is not to be trusted."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import CompletionItem

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.commands.check import Typed
from sqla_lint.commands.common import Untrusted, tell
from sqla_lint.config import ConfigError, nearest

if TYPE_CHECKING:
    from sqla_lint.engine.ahead import Ahead

_MODULES = {
    "check": "check:check",
    "rule": "rules:rule",
    "explain": "rules:rule",
    "ci": "ci:ci",
    "audit": "audit:audit",
    "init": "init:init",
    "baseline": "baseline:baselines",
    "trace": "trace:trace",
    "callers": "callers:callers",
    "config": "settings:show_config",
    "clean": "upkeep:clean",
    "version": "upkeep:version",
    "debug": "debug:debug",
    "completion": "completion:completion",
}
"""Where each command is; only the one that runs is imported."""


class _Commands(click.Group):
    """`sqla-lint PATH` means `sqla-lint check PATH`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module, _, name = _MODULES[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"sqla_lint.commands.{module}"), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if ctx.resilient_parsing and not args:  # a shell asks how the first word may go on
            return super().parse_args(ctx, args)
        if not args or (args[0] not in _MODULES and args[0] not in own):
            unclear = args and not args[0].startswith("-") and not os.path.lexists(args[0])
            if unclear and not ctx.resilient_parsing:
                close = nearest(args[0], list(_MODULES))
                raise Untrusted(f"`{args[0]}` is neither a command nor a file or folder{close}")
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options, or else the files that a bare `sqla-lint PATH` may mean."""
        return super().shell_complete(ctx, incomplete) or [CompletionItem(incomplete, type="file")]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message=f"sqla-lint {__version__} (distribution {DISTRIBUTION})")
def commands() -> None:
    """Finds who ends whose transaction: a static analyzer for SQLAlchemy code.

    `sqla-lint PATH` is the same as `sqla-lint check PATH`.
    """


def main(args: Sequence[str] | None = None, ahead: Ahead | None = None) -> NoReturn:
    """Runs the command line and leaves with 0, 1 or 2."""
    try:
        sys.exit(_run(Typed(sys.argv[1:] if args is None else list(args), ahead)))
    except Exception:  # the boundary: a bug of ours must not look like findings
        import traceback

        traceback.print_exc()
        tell("error: this is a bug in sqla-lint; nothing is known about the project")
        sys.exit(2)


def _run(typed: Typed) -> int:
    try:
        commands.main(args=typed.args, prog_name="sqla-lint", standalone_mode=False, obj=typed)
    except ConfigError as error:
        tell(f"error: {error}")
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        tell("interrupted")
        os._exit(2)  # an orderly exit would wait for workers that are gone
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    return 0
