"""Files as the project sees them: modules, and the units of code (module, class, function, lambda) in them."""

from __future__ import annotations

from dataclasses import dataclass

from ..facts.schema import Body, Definition, FileFacts


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its dotted name from the source root `root`, its path relative to the project root."""

    name: str
    root: str
    path: str
    facts: FileFacts

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
    body: Body
    klass: Unit | None
    """The class this is a method of, or None."""


def units_of(module: Module) -> list[Unit]:
    """All units of a module, in source order, owners first."""
    units: list[Unit] = []
    for index, definition in enumerate(module.facts.header.definitions):
        symbol = f"{module.name}.{definition.qualname}" if definition.qualname else module.name
        owner = units[definition.owner] if definition.owner >= 0 else None
        klass = owner if owner is not None and owner.kind == "class" else None
        key, body = f"{module.name}:{index}", module.facts.bodies[index]
        units.append(Unit(key, symbol, module, index, definition, owner, definition.kind, body, klass))
    return units
