"""Objects that open a session of their own each time they are entered: units of work, and where one of them is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Arm, Attr, Name
from ...knowledge import Verb
from ...knowledge.sqlalchemy import SESSIONS
from ..parts import parts
from ..summary import Frame, Held, Opened, Shared
from ..values import NOTHING, Path, Value, Values
from .lending import COMMITS

if TYPE_CHECKING:
    from ..modules import Unit
    from ..project import Project
    from ..reading.reading import Reading

_ENTERS, _EXITS = ("__enter__", "__aenter__"), ("__exit__", "__aexit__")


def opens(project: Project, symbol: str) -> str:
    """The field in which a class keeps the session that entering it opens; "" when it is no such class."""
    for name in _ENTERS:
        method = project.classes.method(symbol, name)
        for path, values in project.summary(method).heap.items() if method is not None else ():
            own = path.root == "param" and path.key == 0 and len(path.attrs) == 1
            if own and any(one.path.root == "fresh" and _is_session(project, one) for one in values):
                return path.attrs[0] if project.classes.method(symbol, path.attrs[0]) is None else ""
    return ""


def keeps(project: Project, symbol: str) -> Iterator[tuple[Unit, Opened]]:
    """The sessions that are opened once for each object of a class and kept by it, and the methods that do so: the
    constructor, properties that are remembered, and what asks first whether there is one, unless the class closes it.
    """
    for unit in project.classes.methods(symbol):
        if project.classes.method(symbol, unit.definition.name) is not unit:
            continue
        made = unit.definition.name == "__init__" or unit.is_remembered
        asked = () if made else tuple(name for name in unit.definition.stores if _asks_for(unit, name))
        for one in project.summary(unit).opened if made or asked else ():
            if one.exit == "kept" and one.at >= 0 and one.kind in SESSIONS:
                name = one.path.attrs[0]
                if made or (name in asked and not _is_closed(project, symbol, name)):
                    yield unit, one


def _is_closed(project: Project, symbol: str, name: str) -> bool:
    return any(closes(project, method, name) for method in project.classes.methods(symbol))


def closes(project: Project, method: Unit, name: str) -> bool:
    """Whether a method closes what its object, or another that it is given, keeps by a name."""
    return any(
        key.verb is Verb.CLOSE and key.path.root == "param" and key.path.attrs[:1] == (name,)
        for key in project.summary(method).effects
    )


def _asks_for(method: Unit, name: str) -> bool:
    """Whether a method does something only where a test of an attribute of its object allows it."""
    params = method.definition.params
    own = Attr(Name(params[0].name), name) if params else None
    return own is not None and any(isinstance(part, Arm) and own in parts(part.test) for part in parts(method.body))


def held_by(project: Project, symbol: str) -> Held | None:
    """What all who use one object of a class share then: the session that it keeps, or the class itself where entering
    its objects opens one."""
    for unit, one in keeps(project, symbol):
        return Held(one.kind, (unit.key, one.at))
    return Held(symbol) if opens(project, symbol) else None


def _is_session(project: Project, value: Value) -> bool:
    return project.classes.session_kind(value.type) in SESSIONS


def frames(r: Reading, value: Value) -> tuple[Frame, ...]:
    """The block that ends with a commit, when an object of the project does so on leaving it."""
    for name in _EXITS:
        method = r.classes.method(str(value.type.name), name)
        for key, rank in r.project.summary(method).effects.items() if method is not None else ():
            if key.verb is Verb.COMMIT and key.path.root == "param" and key.path.key == 0 and method is not None:
                return (Frame(COMMITS, value.path, method.key, rank.at, f"{_last(value)}.{name}"),)
    return ()


def committed(r: Reading, frame: Frame) -> Iterator[Path]:
    """The sessions that such an object commits when its block has ended as it should."""
    unit = r.names.units.get(frame.where)
    if unit is None or frame.kind != COMMITS or unit.definition.name not in _EXITS:
        return
    for key in r.project.summary(unit).effects:
        own = key.verb is Verb.COMMIT and key.path.root == "param" and key.path.key == 0
        if own and all(one.param >= 1 and one.holds == (one.test == "none") for one in key.guard):
            path = frame.path
            for name in key.path.attrs:
                path = path.attr(name)
            yield from dict.fromkeys(held.path.owner() for held in r.heap.get(path, NOTHING)) or (path.owner(),)


def kept(r: Reading, found: Iterable[tuple[Value, int]], target: str, holder: str) -> None:
    """These objects, made at these calls, are bound where everyone shares them: remember the units of work."""
    for value, at in found:
        if opens(r.project, str(value.type.name)):
            r.shared.setdefault((target, at), Shared(target, at, str(value.type.name), holder, value.sure))


def made(r: Reading, values: Values) -> Iterator[tuple[Value, int]]:
    """The instances of the project's classes among these values and in the fields of those that were made here, and the
    calls that made them."""
    for value in _made(r, values):
        at = value.path.key
        while isinstance(at, tuple):
            at = at[0]
        if isinstance(at, int) and at >= 0:
            yield value, at


def _made(r: Reading, values: Values) -> Iterator[Value]:
    """The instances of the project's classes among these values and in the fields of those that were made here."""
    seen: set[Path] = set()
    queue = [(value, 0) for value in values]
    for value, depth in queue:
        if value.path in seen or value.path.root != "fresh" or value.type.kind != "instance":
            continue
        seen.add(value.path)
        if r.classes.unit(str(value.type.name)) is None:
            continue
        yield value
        for path, inner in list(r.heap.items()) if depth < 3 else ():
            if path[:2] == value.path[:2] and path != value.path:
                queue.extend((one, depth + 1) for one in inner)


def _last(value: Value) -> str:
    return str(value.type.name).rpartition(".")[2]
