"""Rules of others: of modules that the settings name, and of distributions that are installed beside the linter."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_lint.config import MODULE, Configuration
from sqla_lint.engine.offers import offers
from sqla_lint.engine.trust import is_of_project, lies_in

if TYPE_CHECKING:
    from sqla_lint.rules.registry import RuleInfo


@dataclass(frozen=True, slots=True)
class Plugged:
    """The rules of plugins by code, what is wrong with the others, and the modules that were named."""

    rules: tuple[RuleInfo, ...] = ()
    troubles: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


NONE = Plugged()
_used = NONE


def used() -> Plugged:
    """The plugins of this run."""
    return _used


def use(modules: Iterable[str], root: Path) -> Plugged:
    """Imports modules and takes their rules, in place of those taken before; those of the project are found from its
    root. One that cannot be used is a trouble of the run, and costs none of the others."""
    global _used
    rules: dict[str, RuleInfo] = {}
    troubles: list[str] = []
    named = tuple(modules)
    for name in named:
        try:
            rules.update((info.code, info) for info in _rules_of(name, root))
        except (Exception, SystemExit) as error:  # whatever a module does when it is imported
            troubles.append(f"plugin `{name}` cannot be used: {type(error).__name__}: {error}")
    _used = Plugged(tuple(rules[code] for code in sorted(rules)), tuple(troubles), named)
    return _used


def forget() -> None:
    """As if there were no plugins."""
    global _used
    _used = NONE


def vetted(configuration: Configuration, *, trusted: bool) -> tuple[str, ...]:
    """The modules with rules that a run of these settings uses. Raises `ConfigError` if one is code of the project and
    that is not `trusted`."""
    named = _named(configuration)
    for name in named if not trusted else ():
        if lies_in(name, configuration.root):
            message = f"plugin `{name}` is code of the project; say --trust-project to run it"
            raise configuration.blame(message, name)
    return named


def installed(configuration: Configuration) -> tuple[str, ...]:
    """Those of the modules that are no code of the project."""
    return tuple(name for name in _named(configuration) if not lies_in(name, configuration.root))


def _named(configuration: Configuration) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*offered(configuration.root), *configuration.settings.plugins)))


def offered(root: Path) -> tuple[str, ...]:
    """The modules that installed distributions offer."""
    return tuple(sorted({module for folder in _folders(root) for _, module in offers(folder)}))


def rests_on(root: Path) -> tuple[set[str], set[str]]:
    """The folders with what is installed, and the files on which it depends what plugins there are and say."""
    folders = set(_folders(root))
    files = {file for folder in folders for file, _ in offers(folder)}
    if _used.modules:
        files |= {str(info.page_path) for info in _used.rules} | set(_imported())
    return folders, files


def _rules_of(name: str, root: Path) -> tuple[RuleInfo, ...]:
    from sqla_lint.rules import registry

    registry.load()  # so that of two rules with one name it is the plugin that is blamed
    if not re.fullmatch(MODULE, name):
        raise ValueError("an entry point must name a module")
    with _found_from(root) if lies_in(name, root) else nullcontext(), redirect_stdout(sys.stderr):
        import_module(name)
    found = registry.defined_in(name)
    if not found:
        raise ValueError("it has no rules")
    for info in found:
        if info.name in _taken():
            raise ValueError(f"`{info.name}` means something else")
    return tuple(replace(info, chapter=name) for info in found)


def _taken() -> frozenset[str]:
    """Words that stand for other rules where rules are selected."""
    from sqla_lint.engine.catalogue import OWN, PLUGINS, Catalogue
    from sqla_lint.rules import registry

    chapters = Catalogue(registry.load()).chapters
    return frozenset(("default", "all", PLUGINS, *chapters, *(rule.name for rule in OWN)))


@contextmanager
def _found_from(root: Path) -> Iterator[None]:
    """Modules are looked for in a folder first; afterwards last, so that nothing there passes for what others need."""
    folder = str(root.resolve())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def _folders(root: Path) -> Iterator[str]:
    """Where Python finds what is installed: neither the project nor the folder that somebody happens to be in."""
    here = os.getcwd()
    for folder in dict.fromkeys(map(os.path.abspath, filter(None, sys.path))):
        if os.path.isdir(folder) and os.path.realpath(folder) != here and not is_of_project(Path(folder), root):
            yield folder


def _imported() -> Iterator[str]:
    """The files of the plugins, and of all else that was imported and is not installed for good."""
    from sysconfig import get_paths

    lasting = tuple(os.path.join(get_paths()[key], "") for key in ("stdlib", "platstdlib", "purelib", "platlib"))
    tops = {name.partition(".")[0] for name in _used.modules}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (name.partition(".")[0] in tops or not file.startswith(lasting)):
            yield os.path.abspath(file)
