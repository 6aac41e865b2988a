"""Executors of the user's, which read files wherever they run them: named in the settings as `module:factory`.

What the analysed project says is never run: a module that lies in the project needs the user's word on the command
line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Executor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqla_lint.config import ConfigError
from sqla_lint.engine.discover import NEVER


def named(name: str, root: Path, *, trusted: bool) -> Callable[[], Executor]:
    """The factory that `module:factory` names. Raises `ConfigError`; a module in the project is only imported when
    it is `trusted`."""
    module, _, attribute = name.partition(":")
    if _lies_in(module, root):
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


def _lies_in(module: str, root: Path) -> bool:
    """Whether importing a module would run code of the project, found without importing anything."""
    top = module.partition(".")[0]
    root = root.resolve()
    if (root / f"{top}.py").exists() or (root / top).exists():
        return True
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return False
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec is not None else []
    for place in filter(None, places):
        path = Path(place).resolve()
        if path.is_relative_to(root) and NEVER.isdisjoint(path.relative_to(root).parts):
            return True
    return False
