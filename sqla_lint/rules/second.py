"""Whether a project's SQLAlchemy is the second, which takes no strings and commits nothing by itself."""

from __future__ import annotations

from ..model import Confidence
from ..project import Project
from ..project.modules import Module
from ..project.versions import allowed

_SECOND = (2, 0)
_SINCE = frozenset(
    {"DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass", "mapped_column", "async_sessionmaker"}
)
"""What no version before that has."""


def is_second(project: Project) -> Confidence | None:
    """How sure it is that the project's SQLAlchemy is 2.0 or newer; None when it is not."""
    low, high = allowed(project.requires.get("sqlalchemy", ""))
    if high <= _SECOND:
        return None
    new = low >= _SECOND or any(_is_new(module) for module in project.names.modules.values())
    return Confidence.CERTAIN if new else Confidence.POSSIBLE


def _is_new(module: Module) -> bool:
    """Whether a module imports what only 2.0 has."""
    imports = module.facts.header.imports
    return any(one.name in _SINCE and one.module.partition(".")[0] == "sqlalchemy" for one in imports)
