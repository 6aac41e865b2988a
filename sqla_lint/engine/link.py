"""From files that were read to a linked project, with what the cache remembers of earlier readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqla_lint.syntax.room import collector_paused, with_room_if_needed

if TYPE_CHECKING:
    from sqla_lint.config import Settings
    from sqla_lint.engine.cache import Cache
    from sqla_lint.project import Project
    from sqla_lint.project.modules import Module

_LINKER = ("facts", "knowledge", "project")
"""The folders whose code decides what a reading finds."""


def link(
    modules: Sequence[Module],
    settings: Settings,
    cache: Cache | None = None,
    requires: Mapping[str, str] = MappingProxyType({}),
    entries: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Project:
    """The project floor's view of the modules. What `cache` remembers saves time and changes nothing."""
    from sqla_lint.project import Archive, link
    from sqla_lint.project.archive import layout
    from sqla_lint.project.shown import is_new

    with collector_paused():
        if cache is None:
            return with_room_if_needed(link, modules, settings, None, requires, entries)
        linker = _linker(settings, is_new(modules, requires), entries)
        world = blake2b(linker + layout(modules), digest_size=20).digest()
        archive = Archive(cache.readings(world))
        project = with_room_if_needed(link, modules, settings, archive, requires, entries)
        cache.keep_readings(world, archive.changed(project.structure))
        return project


def _linker(settings: Settings, new: bool | None, entries: Mapping[str, Mapping[str, str]]) -> bytes:
    """What stands for the code that links, and for the settings, the version and the entry points that it looks at."""
    offered = sorted((group, sorted(named.items())) for group, named in entries.items())
    asked = (settings.layers, settings.library, settings.migrations, new, offered)
    whole = blake2b(repr(asked).encode(), digest_size=20)
    package = Path(__file__).parent.parent
    for folder in _LINKER:
        for path in sorted((package / folder).rglob("*.py")):
            whole.update(path.read_bytes())
    whole.update((package / "model.py").read_bytes())
    return whole.digest()
