"""Who gets what a provider gives: the functions whose parameters a framework fills by calling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import meanings
from .meanings import Meaning
from .modules import Unit
from .summary import INJECTED

if TYPE_CHECKING:
    from .project import Project


class Dependent(NamedTuple):
    """A parameter that is filled with what a provider gives: `marker` is the symbol of what says so, "" when it is the
    parameter's name or type; `scope` how long the provider waits before it goes on, "" when nothing is said."""

    unit: Unit
    position: int
    key: str
    marker: str
    scope: str


class Dependents:
    """The dependents of one project's providers; the index is built on first use."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: dict[str, list[Dependent]] | None = None

    def of(self, unit: Unit) -> tuple[Dependent, ...]:
        """Who gets what this function gives, in a fixed order."""
        if self._found is None:
            self._found = {}
            for one in self._project.units:
                if one.kind in ("function", "lambda") and self._project.summaries.says(one, INJECTED):
                    for key, index in self._project.summary(one).injected.items():
                        said = self._said(one, index)
                        dependent = Dependent(one, index, key, said.marker, said.scope)
                        self._found.setdefault(provided_by(key), []).append(dependent)
        return tuple(self._found.get(unit.symbol, ()))

    def _said(self, unit: Unit, index: int) -> Meaning:
        param = unit.definition.params[index]
        said = meanings.meaning(self._project, unit.module, param.annotation)
        if said.marker or param.default is None:
            return said
        return meanings.dependency(self._project, unit.module, param.default) or said


def provided_by(key: object) -> str:
    """The symbol of the provider that an injected value is known by."""
    return str(key).partition(":")[0].partition("#")[0]
