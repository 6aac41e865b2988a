"""The floor that links files into one project and answers what rules ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from .archive import Archive
from .modules import Module, Unit
from .project import Project

if TYPE_CHECKING:
    from ..config import Settings

__all__ = ["Archive", "Module", "Project", "Unit", "link"]


def link(
    modules: Sequence[Module],
    settings: Settings,
    archive: Archive | None = None,
    requires: Mapping[str, str] = MappingProxyType({}),
    entries: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Project:
    """The project that these modules make, summarised, with what it `requires` of the versions of its libraries, and
    the entry points that it has, by group and name. The order of the modules does not matter."""
    project = Project(modules, settings, archive, requires, entries)
    if archive is not None and archive.rows:
        if project.take_over():
            return project
        project = Project(modules, settings, archive, requires, entries)
    project.summarise()
    return project
