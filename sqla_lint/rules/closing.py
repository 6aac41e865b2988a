"""Who closes a session that an object keeps, as rules about the scope of sessions ask it."""

from __future__ import annotations

from collections.abc import Iterator

from ..knowledge import Verb
from ..project import Project, Unit
from ..project.layers import UNIT_OF_WORK
from ..project.summary import Opened


def is_closed_elsewhere(unit: Unit, opened: Opened, project: Project) -> bool:
    """Whether a method of the class closes the session it keeps, or the class hands it out, or a property, which is
    asked anew each time, has its name."""
    klass = unit.klass
    if klass is None or project.layers.of(unit).layer == UNIT_OF_WORK:
        return True
    name = opened.path.attrs[0]
    own = unit if unit.is_remembered and name == unit.definition.name else None
    if own is None and project.classes.method(klass.symbol, name) is not None:
        return True
    for method in _methods(klass, project):
        if method is own:
            continue
        returns = project.summary(method).returns
        if _closes(method, name, project) or any(value.path == opened.path for value in returns):
            return True
        if method is unit and any(project.classes.session_kind(value.type) for value in returns):
            return True
    return False


def closes_its_own(klass: Unit | None, name: str, project: Project) -> bool:
    """Whether a method of a class closes the session that its attribute of this name keeps."""
    return klass is not None and any(_closes(method, name, project) for method in _methods(klass, project))


def _methods(klass: Unit, project: Project) -> Iterator[Unit]:
    """The methods of a class, of those below it and of those above these."""
    for symbol in (klass.symbol, *project.classes.subclasses(klass.symbol)):
        for ancestor in project.classes.line(symbol):
            owner = project.classes.unit(ancestor.symbol)
            inner = project.names.children(owner).values() if owner is not None else ()
            yield from (method for method in inner if method.kind == "function")


def _closes(method: Unit, name: str, project: Project) -> bool:
    return any(
        key.verb is Verb.CLOSE and key.path.root == "param" and key.path.attrs[:1] == (name,)
        for key in project.summary(method).effects
    )
