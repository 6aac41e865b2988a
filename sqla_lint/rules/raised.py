"""What is raised where a statement is sent that nothing awaits: it depends on the version of SQLAlchemy."""

from __future__ import annotations

from ..project import Project
from ..project.versions import is_before, is_from

WRAPPING = (2, 1)
"""The first version that raises another error around it, where the driver is aiosqlite."""


def missing_greenlet(project: Project) -> str:
    """The error's name, and what may be around it in the versions that the project allows."""
    said = project.requires.get("sqlalchemy")
    if is_before(said, WRAPPING):
        return "MissingGreenlet"
    where = "aiosqlite" if is_from(said, WRAPPING) else "SQLAlchemy 2.1 and aiosqlite"
    return f"MissingGreenlet (with {where} a StatementError around it)"
