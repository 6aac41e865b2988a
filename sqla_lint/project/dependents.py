"""Who gets what a provider gives: the functions whose parameters a framework fills by calling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import meanings
from .layers import HANDLER
from .meanings import Meaning
from .modules import Unit
from .summary import INJECTED, Frame, Key

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
        self._handlers: dict[str, list[tuple[Unit, Key]]] = {}
        self.scoped = False
        """Whether any of them says how long its provider lives."""

    def of(self, unit: Unit) -> tuple[Dependent, ...]:
        """Who gets what this function gives, in a fixed order."""
        return tuple(self._index().get(unit.symbol, ()))

    def frames(self, unit: Unit, handler: Unit) -> tuple[Frame, ...]:
        """The blocks that a handler is in, by what this provider was made with for it or its helpers."""
        dependents = self.of(unit)
        users = [one for one in dependents if one.unit == handler] or [
            one for one in dependents if self._project.layers.of(one.unit).layer != HANDLER
        ]
        whole = self._project.summary(unit).yield_frames
        if not users or not any(frame.asked for frame in whole):
            return whole
        provisions = self._project.provisions
        found = [provisions.parameter(one.unit, one.position, self._said(one.unit, one.position)) for one in users]
        left = {(frame.where, frame.at) for one in found if one is not None for frame in one.frames}
        return tuple(frame for frame in whole if not frame.asked or (frame.where, frame.at) in left)

    def handlers(self, unit: Unit) -> dict[Unit, list[Key]]:
        """The handlers that work with what this function gives, through whomever, and what they do to it."""
        self._index()
        found: dict[Unit, list[Key]] = {}
        for handler, key in self._handlers.get(unit.symbol, ()):
            found.setdefault(handler, []).append(key)
        return found

    def _index(self) -> dict[str, list[Dependent]]:
        if self._found is None:
            self._found = {}
            for one in self._project.units:
                if one.kind in ("function", "lambda") and self._project.summaries.says(one, INJECTED):
                    self._add(one, self._found)
        return self._found

    def _add(self, unit: Unit, found: dict[str, list[Dependent]]) -> None:
        summary = self._project.summary(unit)
        for key, index in summary.injected.items():
            said = self._said(unit, index)
            self.scoped = self.scoped or bool(said.scope)
            found.setdefault(provided_by(key), []).append(Dependent(unit, index, key, said.marker, said.scope))
        if self._project.layers.of(unit).layer == HANDLER:
            for effect in summary.effects:
                if effect.path.root == "injected":
                    self._handlers.setdefault(provided_by(effect.path.key), []).append((unit, effect))

    def _said(self, unit: Unit, index: int) -> Meaning:
        param = unit.definition.params[index]
        said = meanings.meaning(self._project, unit.module, param.annotation)
        if said.marker or param.default is None:
            return said
        given = meanings.dependency(self._project, unit.module, param.default)
        return given._replace(types=said.types) if given is not None else said


def provided_by(key: object) -> str:
    """The symbol of the provider that an injected value is known by."""
    return str(key).partition(":")[0].partition("#")[0]
