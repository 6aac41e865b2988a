"""What packages that nobody reads give the project, told by what the project's mapped classes are made of."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Bind, Call, Name
from ..knowledge import CLASSES, canonical
from ..knowledge.sqlalchemy import NAMES
from .asking import ELSEWHERE
from .modules import Unit

if TYPE_CHECKING:
    from .project import Project

_TABLE = frozenset({"__table__", "__tablename__"})
_SESSIONS = NAMES - {"db"}


def is_extension(project: Project, symbol: str) -> bool:
    """Whether an object of an unread package is one of Flask-SQLAlchemy: its `Model` is the base of mapped classes."""
    return f"{symbol}.Model" in _bases(project)


def is_session(project: Project, symbol: str) -> bool:
    """Whether something of an unread package is a session: it is called so, and lies beside the base of the project's
    mapped classes."""
    package, _, name = symbol.partition(".")
    return name.rpartition(".")[2].lower() in _SESSIONS and any(
        base.startswith(f"{package}.") for base in _bases(project)
    )


def _bases(project: Project) -> frozenset[str]:
    project.asking.log[ELSEWHERE] = None
    return project.bases_elsewhere


def bases_elsewhere(project: Project) -> frozenset[str]:
    """The classes of unread packages below which the project's own name a table or have columns."""
    with project.asking.apart():
        return frozenset(base for unit in project.units if unit.kind == "class" for base in _made_of(project, unit))


def _made_of(project: Project, unit: Unit) -> Iterator[str]:
    dotted = project.names.dotted
    for base in unit.definition.bases:
        symbol = dotted(unit.module, base.value) if isinstance(base.value, (Name, Attr)) else ""
        if is_unread(project, symbol) and canonical(symbol) not in CLASSES:
            columns = f"{symbol.rpartition('.')[0]}.Column"
            for stmt in unit.body:
                match stmt:
                    case Bind(targets=(Name(name),), value=value) if name in _TABLE or (
                        isinstance(value, Call) and dotted(unit.module, value.func) == columns
                    ):
                        yield symbol


def is_unread(project: Project, symbol: str) -> bool:
    """Whether a symbol is of a library that nobody has read."""
    return "." in symbol and symbol.split(".")[0] not in sys.stdlib_module_names and project.names.home(symbol) is None
