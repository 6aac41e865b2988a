"""Executors of the user's, which read files wherever they run them: named in the settings as `module:factory`.

What the analysed project says is never run: a module that lies in the project needs the user's word on the command
line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Executor
from importlib import import_module
from pathlib import Path

from sqla_lint.config import ConfigError
from sqla_lint.engine.trust import lies_in


def named(name: str, root: Path, *, trusted: bool) -> Callable[[], Executor]:
    """The factory that `module:factory` names. Raises `ConfigError`; a module in the project is only imported when
    it is `trusted`."""
    module, _, attribute = name.partition(":")
    if lies_in(module, root):
        if not trusted:
            raise ConfigError(f"executor `{name}` is code of the project; say --trust-project to run it")
        sys.path.insert(0, str(root))
    try:
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"executor `{name}` cannot be imported: {error}") from error
    if not callable(factory):
        raise ConfigError(f"executor `{name}` cannot be called")

    def make() -> Executor:
        made = factory()
        if not isinstance(made, Executor):
            raise ConfigError(f"executor `{name}` gives a {type(made).__name__}, not a concurrent.futures.Executor")
        return made

    return make
