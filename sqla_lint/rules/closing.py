"""Who closes a session that an object keeps, as rules about the scope of sessions ask it."""

from __future__ import annotations

from collections.abc import Iterator

from ..knowledge import Verb
from ..project import Project, Unit
from ..project.layers import UNIT_OF_WORK
from ..project.once import once
from ..project.questions.unit_of_work import closes
from ..project.summary import Opened
from ..project.values import NOTHING, Values


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
        if closes(project, method, name) or any(value.path == opened.path for value in returns):
            return True
        if any(_is_closed_in(*holder, project) for holder in _holders(method, opened, project)):
            return True
        if method is unit and any(project.classes.session_kind(value.type) for value in returns):
            return True
    return False


def _holders(method: Unit, opened: Opened, project: Project) -> Iterator[tuple[str, str]]:
    """The objects that a method makes, hands out and gives the session: their classes, and what they call it."""
    summary = project.summary(method)
    for value in summary.returns:
        for path, held in summary.heap.items() if value.path.root == "fresh" else ():
            if path[:2] == value.path[:2] and len(path.attrs) == 1 and any(one.path == opened.path for one in held):
                yield str(value.type.name), path.attrs[0].removeprefix("@")


def _is_closed_in(symbol: str, name: str, project: Project) -> bool:
    """Whether somebody who keeps an object of a class closes the session that this one calls so."""
    return any(
        value.type.name == symbol
        for unit, attrs in _closed_by_keepers(project)
        if attrs[1:] in ((name,), (f"@{name}",))
        for value in _kept(unit, attrs[0], project)
    )


@once
def _closed_by_keepers(project: Project) -> tuple[tuple[Unit, tuple[str, ...]], ...]:
    """The methods that close what an object which their own object keeps has, and by which attributes it is reached."""
    return tuple(
        (unit, key.path.attrs)
        for unit in project.units
        for key in project.summary(unit).effects
        if key.verb is Verb.CLOSE and key.path[:2] == ("param", 0) and len(key.path.attrs) > 1
    )


def _kept(method: Unit, name: str, project: Project) -> Values:
    """What an object of the class of a method keeps by a name, or was made of ("@name")."""
    symbol = method.klass.symbol if method.klass is not None else ""
    if name.startswith("@"):
        made = project.classes.method(symbol, "__init__")
        return project.summary(made).env.get(name[1:], NOTHING) if made is not None else NOTHING
    found = project.classes.field(symbol, name)
    return found.values if found is not None else NOTHING


def closes_its_own(klass: Unit | None, name: str, project: Project) -> bool:
    """Whether a method of a class closes the session that its attribute of this name keeps."""
    return klass is not None and any(closes(project, method, name) for method in _methods(klass, project))


def _methods(klass: Unit, project: Project) -> Iterator[Unit]:
    """The methods of a class, of those below it and of those above these."""
    for symbol in (klass.symbol, *project.classes.subclasses(klass.symbol)):
        yield from project.classes.methods(symbol)
