"""Who closes a session that an object keeps, as rules about the scope of sessions ask it."""

from __future__ import annotations

from ..knowledge import Verb
from ..project import Project, Unit
from ..project.layers import UNIT_OF_WORK
from ..project.summary import Opened


def is_closed_elsewhere(unit: Unit, opened: Opened, project: Project) -> bool:
    """Whether a method of the class closes the session it keeps, or the class hands it out, or a property holds it."""
    klass = unit.klass
    if klass is None or project.layers.of(unit).layer == UNIT_OF_WORK:
        return True
    name = opened.path.attrs[0]
    if project.classes.method(klass.symbol, name) is not None:
        return True
    for symbol in (klass.symbol, *project.classes.subclasses(klass.symbol)):
        for ancestor in project.classes.line(symbol):
            owner = project.classes.unit(ancestor.symbol)
            for method in project.names.children(owner).values() if owner is not None else ():
                if method.kind != "function":
                    continue
                summary = project.summary(method)
                if any(
                    key.verb is Verb.CLOSE and key.path.root == "param" and key.path.attrs[:1] == (name,)
                    for key in summary.effects
                ):
                    return True
                if any(value.path == opened.path for value in summary.returns):
                    return True
                if method is unit and any(project.classes.session_kind(value.type) for value in summary.returns):
                    return True
    return False
