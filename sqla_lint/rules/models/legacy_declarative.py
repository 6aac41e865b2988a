"""Imports from where declarative mapping was before 1.4, and columns that say nothing of their type."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Bind, Call, Import, Index
from ...knowledge.sqlalchemy import BASES, LEGACY, LIBRARIES, MOVED
from ...model import Change, Claim, Confidence, Extent, Recipe, Severity
from ...project import Project, Unit
from ...project.layers import OUTSIDE
from ...project.modules import last_name
from ...project.versions import allowed
from ..registry import Defined, rule

_ATTRIBUTES = frozenset({"Column", "mapped_column", "relationship", "deferred", "column_property"})
_TYPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped", "ClassVar", "InitVar"})
_FIRST = (1, 4)
"""The version that moved declarative mapping into `sqlalchemy.orm`."""
_SHOWN = 3


@rule("SQA805", on=Defined, severity=Severity.INFO, default=False)
def legacy_declarative(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for a module that imports what has moved, and for a class of today with columns of yesterday."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    if unit.kind == "module":
        yield from _imports(unit, project)
    elif any(project.names.dotted(module, base) in BASES for module, base in _written(unit, project)):
        yield from _columns(unit, project)
