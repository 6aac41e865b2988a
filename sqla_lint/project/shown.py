"""What the code itself shows of the version of SQLAlchemy that it was written for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Arg, Call, Items
from ..knowledge import canonical
from ..knowledge.sqlalchemy import LISTED, SINCE_OUTERMOST
from .modules import Module
from .parts import parts

if TYPE_CHECKING:
    from .project import Project


def is_new(project: Project) -> bool:
    """Whether something is imported that is there since 2.0."""
    return any(
        f"{one.module}.{one.name}" in SINCE_OUTERMOST and not one.level
        for module in project.names.modules.values()
        for one in module.facts.header.imports
    )


def is_old(project: Project) -> bool:
    """Whether something is written in a way that 2.0 refuses."""
    return any(
        canonical(project.names.dotted(module, call.func)) in LISTED
        for module in project.names.modules.values()
        if project.mentions_library(module)
        for call in _given_lists(project, module)
    )


def _given_lists(project: Project, module: Module) -> Iterator[Call]:
    for unit in project.names.units_in(module.name):
        for part in parts(unit.body):
            match part:
                case Call(args=(Arg(name="", value=Items(kind="list")), *_)):
                    yield part
