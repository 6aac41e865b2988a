"""Fields of objects in a reading, and which of them callers need to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from ...knowledge import FLAGS
from ..classes import Classes
from ..values import DEEPEST, NOTHING, Path, Type, Value, Values, clipped, matters

_MOST_FIELDS = 64
_ENTERS = ("__enter__", "__aenter__")
_MOST_OBJECTS = 16
_CALLABLE = frozenset({"function", "method", "libmethod", "partial", "coroutine", "callable"})
_GROWING = frozenset({"", "list", "dict", "set"})
_NESTED = 6
_MOST_TYPES = 8
_MADE = frozenset({"fresh"})
_PLAIN = frozenset({"literal", "none", "other"})
_ALIKE = ({("many", "list")}, {("many", "dict")}, {("many", "set")})
_Object = tuple[str, object]
"""The root and key of a path: an object, whatever its field."""


def exported(
    heap: Mapping[Path, Values], handed_out: Iterable[Value], classes: Classes, flags: frozenset[Path]
) -> dict[Path, Values]:
    """The part of a heap that callers can reach and that can matter to a session: fields of parameters, and in what is
    handed out or stored those objects that hold a session, something received, or something to call; and where the
    parameters that are `flags` are kept.

    Of objects made here `_MOST_FIELDS` fields are kept, in the order in which they were written: a parser that builds
    trees of itself would otherwise hand every caller its whole tree, and nothing of it is a session.
    """
    if not heap:
        return {}
    kept: dict[Path, Values] = {}
    fields: dict[_Object, list[Path]] = {}
    holding = _holders(heap, classes)
    wanted = list(handed_out)
    for path, values in heap.items():
        if path.root == "fresh":
            if path[:2] in holding:
                fields.setdefault(path[:2], []).append(path)
        elif len(path.attrs) > DEEPEST:
            continue
        elif matters(values) or (len(values) == 1 and values[0].path in flags):
            kept[path] = values
            wanted.extend(values)
    seen: set[_Object] = set()
    limit = len(kept) + _MOST_FIELDS

    def holds(value: Value) -> bool:
        return value.path[:2] in holding or _can_matter(value, classes)

    for value in wanted:
        made = value.path[:2]
        if made[0] != "fresh" or made in seen:
            continue
        seen.add(made)
        for path in fields.get(made, ()):
            values = heap[path]
            if len(kept) < limit and (path.attrs[-1] in FLAGS or any(map(holds, values))):
                kept[path] = values
                wanted.extend(values)
    return {path: clipped(values) for path, values in kept.items()}


def holder(heap: Mapping[Path, Values], path: Path) -> Path:
    """Where an object that was made here is kept as well, when others can reach that; else its own path."""
    if path.root != "fresh":
        return path
    return next((key for key, values in heap.items() if key.root != "fresh" and _is_among(path, values)), path)


def inside(heap: Mapping[Path, Values], value: Value, roots: Set[str] = _MADE) -> list[Value]:
    """What the fields of an object made here hold, and the fields of that, and so on."""
    found: list[Value] = []
    seen: set[_Object] = set()
    queue = [value]
    for one in queue:
        if one.path.root not in roots or one.path[:2] in seen or len(seen) >= _MOST_OBJECTS:
            continue
        seen.add(one.path[:2])
        fields = [held for path, values in heap.items() if path[:2] == one.path[:2] for held in values]
        found.extend(fields)
        queue.extend(fields)
    return found


def filled(heap: Mapping[Path, Values], values: Values) -> Values:
    """These values; containers among them that were made here are of all that was put into them since."""
    return tuple(value._replace(type=_filled(heap, value, 0)) for value in values) if heap else values


def _filled(heap: Mapping[Path, Values], value: Value, depth: int) -> Type:
    kind = value.type
    own = value.path.root == "fresh" and isinstance(value.path.key, str)
    if kind.kind != "many" or kind.name not in _GROWING or not own or depth >= _NESTED:
        return kind
    start, count = value.path, len(value.path.attrs)
    inside = (
        one
        for path, values in heap.items()
        if len(path.attrs) == count + 1 and path[:2] == start[:2] and path.attrs[:count] == start.attrs
        if _are_alike(values)
        for one in values
    )
    found = [_filled(heap, one, depth + 1) for one in inside if one.type.kind in ("many", "instance", "columns")]
    return Type(kind.kind, kind.name, tuple(dict.fromkeys((*found, *kind.args)))[:_MOST_TYPES]) if found else kind


def _are_alike(values: Values) -> bool:
    """Whether what is kept in one place is of one type, or all containers of a kind, whatever is in each."""
    kinds = {one.type for one in values}
    return len(kinds) == 1 or {(kind.kind, kind.name) for kind in kinds} in _ALIKE


def kept_by_others(path: Path, values: Values, returns: Values) -> Values:
    """Those values that a function returns and has put where others than its caller can reach them."""
    if path.root != "global":
        return NOTHING
    return tuple(value for value in values if value.path.root == "fresh" and _is_among(value.path, returns))


def _is_among(path: Path, values: Values) -> bool:
    return any(value.path[:2] == path[:2] for value in values)


def _holders(heap: Mapping[Path, Values], classes: Classes) -> set[_Object]:
    """The objects made here that hold, directly or not, what can matter to a session."""
    held_by: dict[_Object, set[_Object]] = {}
    found: set[_Object] = set()
    for path, values in heap.items():
        if path.root != "fresh":
            continue
        for value in values:
            if _can_matter(value, classes):
                found.add(path[:2])
            elif value.path.root == "fresh":
                held_by.setdefault(value.path[:2], set()).add(path[:2])
    queue = list(found)
    for inner in queue:
        for outer in held_by.get(inner, ()):
            if outer not in found:
                found.add(outer)
                queue.append(outer)
    return found


def _can_matter(value: Value, classes: Classes) -> bool:
    if value.path.root not in ("fresh", "const"):
        return _is_told(value.type, classes)
    return classes.telling.get(value.type, lambda kind: _is_told(kind, classes) and _holds(kind, classes))


def _is_told(kind: Type, classes: Classes) -> bool:
    """Whether it is known what something of this type is."""
    return kind.kind not in _PLAIN and (kind.kind != "instance" or classes.is_known(str(kind.name)))


def _holds(kind: Type, classes: Classes) -> bool:
    """Whether something of this type can be a session, an entity or a call, or can hold one."""
    if kind.kind in _CALLABLE or any(arg.kind in _CALLABLE for arg in kind.args):
        return True
    for inner in (kind, *kind.args):
        if inner.kind == "variable":  # an entity, for all that is known before a caller tells
            return True
        if inner.kind == "instance" and (classes.is_entity(str(inner.name)) or _is_entered(inner, classes)):
            return True
    return bool(kind.kind == "instance" and classes.session_kind(kind))


def _is_entered(kind: Type, classes: Classes) -> bool:
    """Whether a `with` block may enter what is of this class of the project: it may be a unit of work."""
    return any(classes.method(str(kind.name), name) is not None for name in _ENTERS)
