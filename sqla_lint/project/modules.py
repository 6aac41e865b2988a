"""Files as the project sees them: modules, and the units of code (module, class, function, lambda) in them."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from ..facts import store
from ..facts.schema import OWN_NAME, Attr, Body, Definition, Expr, FileFacts, Name
from ..model import Extent, Spot
from .asking import MODULE

_UNDECORATED: frozenset[str] = frozenset()
OF_CLASSES = frozenset({"classproperty", "class_property", "cached_classproperty", "memoized_classproperty"})
"""Decorators of properties that classes have as well, as they are called in many projects."""
_CLASSMETHODS = OF_CLASSES | {"classmethod", "declared_attr", "validator", "field_validator"}
_ON_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_PROPERTIES = OF_CLASSES | {"property", "cached_property", "hybrid_property", "setter", "memoized_property"}


_REMEMBERED = frozenset({"cached_property", "memoized_property"})
"""Properties whose value becomes an attribute of the object."""


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One file: its dotted name from the source root `root`, its path relative to the project root."""

    name: str
    root: str
    path: str
    facts: FileFacts
    mark: str = field(init=False)
    """The key under which a reading remembers that it has looked at the module."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mark", f"{MODULE}{self.name}")

    @property
    def package(self) -> str:
        """What a relative import of level 1 counts from."""
        return self.name if self.facts.package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One definition with its body. `key` is unique and stable; `symbol` is what people call it."""

    key: str
    symbol: str
    module: Module
    index: int
    definition: Definition
    owner: Unit | None
    kind: str
    klass: Unit | None
    """The class this is a method of, or None."""
    decorators: frozenset[str]
    """The last names of its decorators."""
    is_static: bool
    is_classmethod: bool
    is_property: bool

    @property
    def is_remembered(self) -> bool:
        """Whether it is a property that is asked once for each object."""
        return self.is_property and not _REMEMBERED.isdisjoint(self.decorators) and bool(self.definition.params)

    @property
    def code(self) -> msgspec.Raw:
        """Its statements as bytes: the same for the same statements, wherever they stand."""
        return self.module.facts.bodies[self.index]

    @property
    def body(self) -> Body:
        """Its statements, read anew each time."""
        return store.body(self.module.facts, self.index)

    def has(self, at: int) -> bool:
        """Whether one of its places goes by this key."""
        return at in store.places(self.module.facts)[self.index].offsets

    def spot(self, at: int, extent: Extent = Extent.CALL) -> Spot:
        """One of its places as a spot in the module."""
        offsets = store.places(self.module.facts)[self.index].offsets
        return Spot(self.module.name, offsets[at] if at >= 0 else -1, extent)

    def reaches(self) -> tuple[int, int]:
        """The offsets of its name and of its last token."""
        places = store.places(self.module.facts)[self.index]
        return places.offsets[OWN_NAME], places.end


def units_of(module: Module) -> list[Unit]:
    """All units of a module, in source order, owners first."""
    units: list[Unit] = []
    for index, definition in enumerate(module.facts.header.definitions):
        symbol = f"{module.name}.{definition.qualname}" if definition.qualname else module.name
        owner = units[definition.owner] if definition.owner >= 0 else None
        klass = owner if owner is not None and owner.kind == "class" else None
        decorators = frozenset(map(last_name, definition.decorators)) if definition.decorators else _UNDECORATED
        units.append(
            Unit(
                f"{module.name}:{index}",
                symbol,
                module,
                index,
                definition,
                owner,
                definition.kind,
                klass,
                decorators,
                "staticmethod" in decorators,
                definition.name in _ON_CLASS or not _CLASSMETHODS.isdisjoint(decorators),
                not _PROPERTIES.isdisjoint(decorators),
            )
        )
    return units


def last_name(expr: Expr) -> str:
    """The last name of a name, attribute chain or call; "" for anything else."""
    while True:
        if isinstance(expr, Name):
            return expr.id
        if isinstance(expr, Attr):
            return expr.name
        if hasattr(expr, "func"):
            expr = expr.func
        else:
            return ""
