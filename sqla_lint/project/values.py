"""Abstract values: where a value comes from (a path) and what it is (a type), with how sure that is.

`Values` is a set of at most `MOST` possibilities, as a sorted tuple; the empty tuple means nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import Confidence

MOST = 8
DEEPEST = 3
NESTED = 3
_TOLD = 8
_TUPLE = "tuple:"


Constant = bool | int | float | str | None
if TYPE_CHECKING:  # which of these it is follows from the root or kind beside it
    Key = Any
    Called = Any
else:
    Key = int | str | tuple[int | str | tuple[int | str | tuple[int | str | tuple[int | str, ...], ...], ...], ...]
    Called = int | str | tuple[str, Constant]


class Path(NamedTuple):
    """An access path: a root and up to `DEEPEST` attributes; "*" is any member of a container.

    Roots: `param` (key: index), `free` (key: name of an enclosing function's local), `global` (key: symbol), `fresh`
    (key: offset of the call that made it), `injected` (key: symbol of the provider), `const`, and `unknown`.
    """

    root: str
    key: Key
    attrs: tuple[str, ...] = ()

    def attr(self, name: str) -> Path:
        """This path with one more attribute; unknown when that is too deep."""
        if self.root == "unknown" or len(self.attrs) >= DEEPEST:
            return UNKNOWN
        return Path(self.root, self.key, (*self.attrs, name))

    def field(self, name: str) -> Path:
        """Where a reading keeps what this attribute is known to hold: that may be one deeper than paths go."""
        return UNKNOWN if self.root == "unknown" else Path(self.root, self.key, (*self.attrs, name))

    def owner(self) -> Path:
        """Without the parts that are derived from it: a session's transaction is the session's."""
        attrs = self.attrs
        while attrs and attrs[-1].startswith("<"):
            attrs = attrs[:-1]
        return self if attrs is self.attrs else Path(self.root, self.key, attrs)


class Type(NamedTuple):
    """`kind` is instance, class, function, module, coroutine, generator, many, variable, literal, none or any; columns
    (all of an entity as a dict: `name` says by what, the argument is the entity), column (one, by a computed name),
    payload (what a client sent, unchecked, or a part of it) or pairs (the keys of a mapping, with or without values).

    `name` is the symbol of a class or module, the key of a function's unit, or a variable's name; `args` are type
    arguments, or what is awaited, yielded or contained. The name of a tuple says which of the arguments stand where.
    """

    kind: str
    name: Called = ""
    args: tuple[Type, ...] = ()


class Value(NamedTuple):
    path: Path
    type: Type
    sure: Confidence


Values = tuple[Value, ...]

UNKNOWN = Path("unknown", "")
CONST = Path("const", "")
OWN = Path("param", 0)
"""The object that a method is called on."""
ANY = Type("any")
NONE = Type("none")
SENT = Type("payload")
OTHER = Type("other")
"""A type that is said, and is none that the linter knows."""
NOTHING: Values = ()
ALL_COLUMNS = "<all columns>"
"""The part of a thing that is all of its columns, if it is an entity."""
_ROW = "@row"
QUERIED_PART = "<query "
"""How the parts begin that `queried` names."""


def queried(name: str) -> str:
    """The part of an entity that a relationship is which is asked like a query."""
    return f"{QUERIED_PART}{name}>"


def instance(name: str, *args: Type) -> Type:
    return Type("instance", name, args)


@lru_cache(maxsize=4096, typed=True)
def literal(value: Constant) -> Values:
    """A constant; None is its own type."""
    kind = NONE if value is None else Type("literal", (type(value).__name__, value))
    return (Value(CONST, kind, Confidence.CERTAIN),)


def constant(values: Values) -> tuple[bool, Constant]:
    """Whether these values are one constant, and which."""
    if len(values) == 1:
        kind = values[0].type
        if kind is NONE or kind.kind == "none":
            return True, None
        if kind.kind == "literal":
            return True, kind.name[1]
    return False, None


def join(*sets: Values) -> Values:
    """Everything that is possible in any of the sets; the surer of two equal possibilities stays.

    More than `MOST` possibilities are cut to the first in a fixed order, so that the outcome never depends on history.
    """
    seen = [values for values in sets if values]
    if not seen:
        return NOTHING
    first = seen[0]
    if len(seen) == 1 or seen.count(first) == len(seen):
        return first
    best: dict[tuple[object, ...], Value] = {}
    for values in seen:
        for value in values:
            known = best.setdefault(value[:2], value)
            if value.sure > known.sure:
                best[value[:2]] = value
    found = list(best.values())
    if len(found) > MOST:
        found.sort(key=_spelled)
    return tuple(found[:MOST])


_spelled = lru_cache(maxsize=65536)(repr)
"""What decides which of many possibilities come first."""


def cap(values: Values, sure: Confidence) -> Values:
    """The same values, none surer than this."""
    return tuple(value if value.sure <= sure else value._replace(sure=sure) for value in values)


def replace_variables(kind: Type, bound: dict[str, Type]) -> Type:
    """A type with its type variables replaced where they are bound."""
    if not bound:
        return kind
    if kind.kind == "variable":
        return bound.get(kind.name, kind)
    if kind.args:
        return Type(kind.kind, kind.name, tuple(replace_variables(arg, bound) for arg in kind.args))
    return kind


def is_told(path: Path) -> bool:
    """Whether callers tell what it is: a parameter, or attributes of one."""
    return path.root == "param" and all(name.isidentifier() for name in path.attrs)


def row_of(path: Path) -> Type:
    """A row of the class that only callers know: a variable that is named by what they pass."""
    return Type("variable", ".".join((_ROW, str(path.key), *path.attrs)))


def path_of(kind: Type) -> Path | None:
    """What is passed for a variable that `row_of` has made; None for others."""
    head, _, rest = str(kind.name).partition(".")
    if kind.kind != "variable" or head != _ROW:
        return None
    key, *attrs = rest.split(".")
    return Path("param", int(key), tuple(attrs))


def replace_instances(kind: Type, names: dict[str, str]) -> Type:
    """A type with instances of some classes taken for instances of others."""
    name = names.get(kind.name, kind.name) if kind.kind == "instance" else kind.name
    if not kind.args:
        return kind if name == kind.name else Type(kind.kind, name)
    return Type(kind.kind, name, tuple(replace_instances(arg, names) for arg in kind.args))


def matters(values: Values) -> bool:
    """Whether there is anything but constants and plain data among these values."""
    return any(value.path.root != "const" and value.type.kind != "other" for value in values)


def clip(kind: Type, depth: int = NESTED) -> Type:
    """A type whose arguments nest at most so deep: a function that wraps its own result would never settle."""
    if not kind.args:
        return kind
    if not depth:
        return Type(kind.kind, kind.name)
    args = tuple(clip(arg, depth - 1) for arg in kind.args)
    return kind if args == kind.args else Type(kind.kind, kind.name, args)


def clipped(values: Values) -> Values:
    """The same values with clipped types; what leaves a function passes through here."""
    return tuple(value._replace(type=clip(value.type)) if value.type.args else value for value in values)


def members(parts: Iterable[Values]) -> tuple[Type, ...]:
    """The types of what a container displays, constants left out, at most four."""
    return tuple(dict.fromkeys(kind for part in parts for kind in _shown(part)))[:4]


def tuple_of(parts: Iterable[Values]) -> Type:
    """The type of a tuple of these parts; constants and plain data are nothing at their positions."""
    return of_positions([_shown(part) for part in parts])


def _shown(part: Values) -> list[Type]:
    return [clip(value.type, NESTED - 1) for value in part if value.path.root != "const"]


def of_positions(parts: Sequence[Iterable[Type]]) -> Type:
    """A tuple of which it is known what stands where: the types that each of its parts may be."""
    kinds = tuple(dict.fromkeys(kind for part in parts for kind in part))[:_TOLD]
    places = ("".join(str(kinds.index(kind)) if kind in kinds else "?" for kind in part) for part in parts)
    return Type("many", f"{_TUPLE}{','.join(places)}", kinds)


def at_position(kind: Type, index: int) -> tuple[int, tuple[Type, ...]] | None:
    """The position counted from the start, and what may stand there (empty: nothing that the linter knows); None when
    the positions of this type are not known."""
    if kind.kind != "many" or not isinstance(kind.name, str) or not kind.name.startswith(_TUPLE):
        return None
    places = kind.name.removeprefix(_TUPLE).split(",")
    if not -len(places) <= index < len(places):
        return None
    place = places[index]
    if "?" in place or (place and int(max(place)) >= len(kind.args)):
        return None
    found = (kind.args[int(one)] for one in place)
    return index % len(places), tuple(one for one in found if one not in (NONE, OTHER))
