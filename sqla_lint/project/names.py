"""What a name means across files: imports, re-exports, stars, relative and conditional imports, source roots.

A symbol is a dotted string: of a project's definition or module variable (`app.repo.Orders`), or of a library's
(`sqlalchemy.orm.Session`), under the name the knowledge tables use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..facts import store
from ..facts.schema import Attr, Bind, Body, Branch, Expr, Import, Items, Name, Repeat, Try, With
from ..knowledge import canonical
from .asking import NAMED, Asking, Kept, flat
from .modules import Module, Unit, units_of

_OVERLOADS = {"overload"}


_BEING_LOOKED_UP = Kept("", {})


class _Table(dict[str, Unit]):
    """Units by key or symbol. Whoever asks for one rests on the module in which it is, or would be."""

    def __init__(self, names: Names, by_symbol: bool) -> None:
        self._names = names
        self._by_symbol = by_symbol

    def __getitem__(self, key: str) -> Unit:
        unit = super().__getitem__(key)
        self._names.look(unit.module)
        return unit

    def get(self, key: str) -> Unit | None:  # type: ignore[override]  # nobody gives a default
        unit = super().get(key)
        if unit is not None:
            self._names.look(unit.module)
        elif self._by_symbol and (module := self._names.home(key)) is not None:
            self._names.look(module)
        return unit

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None


class Names:
    """The table of all modules, units and module variables, and the resolution of names against it."""

    def __init__(self, modules: Sequence[Module], asking: Asking) -> None:
        self._asking = asking
        self.modules: dict[str, Module] = {}
        self.units = _Table(self, False)
        self.by_symbol = _Table(self, True)
        self._children: dict[str, dict[str, Unit]] = {}
        self.inner: dict[str, list[Unit]] = {}
        self._units_of: dict[str, list[Unit]] = {}
        self._imports: dict[str, dict[str, Import]] = {}
        self._local: dict[tuple[str, int], dict[str, Import]] = {}
        self._stars: dict[str, list[Import]] = {}
        self._variables: dict[str, dict[str, list[Bind]]] = {}
        self._binders: dict[str, dict[str, list[Unit]]] = {}
        self._cache: dict[tuple[Module, str], Kept[str]] = {}
        self._looking = self._circles = 0
        self._homes: dict[str, Module | None] = {}
        self._by_name: dict[str, list[Unit]] | None = None
        self._roots = sorted({module.root for module in modules})
        for module in sorted(modules, key=lambda module: (module.name, module.path)):
            self._add(module)

    def _add(self, module: Module) -> None:
        if module.name in self.modules:
            module = Module(f"{module.name}@{module.root}", module.root, module.path, module.facts)
            if module.name in self.modules:
                return
        self.modules[module.name] = module
        units = units_of(module)
        self._units_of[module.name] = units
        for unit in units:
            self.units[unit.key] = unit
            if unit.owner is not None and unit.owner.kind in ("function", "lambda"):
                self.inner.setdefault(unit.owner.key, []).append(unit)
            for name in unit.definition.globals if unit.kind == "function" else ():
                self._binders.setdefault(module.name, {}).setdefault(name, []).append(unit)
            if unit.kind != "lambda" and not _is_overload(unit):
                self.by_symbol[unit.symbol] = unit
            if unit.owner is not None and not _is_overload(unit):
                self._children.setdefault(unit.owner.key, {})[unit.definition.name] = unit
        table: dict[str, Import] = {}
        for found in module.facts.header.imports:
            if found.scope:
                self._local.setdefault((module.name, found.scope), {})[found.local] = found
                continue
            if found.name == "*":
                self._stars.setdefault(module.name, []).append(found)
            elif found.local not in table or table[found.local].guard in ("except", "typing"):
                table[found.local] = found
        self._imports[module.name] = table

    def look(self, module: Module) -> None:
        """Whoever asks rests on what this module defines, imports and says at its top."""
        self._asking.log[module.mark] = None

    def home(self, symbol: str) -> Module | None:
        """The module in which a symbol would be defined, if it is one of the project's."""
        if symbol not in self._homes:
            owner = symbol
            while owner and owner not in self.modules:
                owner = owner.rpartition(".")[0]
            self._homes[symbol] = self.modules.get(owner)
        return self._homes[symbol]

    def units_in(self, module: str) -> Sequence[Unit]:
        if module in self.modules:
            self.look(self.modules[module])
        return self._units_of.get(module, ())

    def children(self, unit: Unit) -> Mapping[str, Unit]:
        """The definitions that stand directly in this one, by name."""
        self.look(unit.module)
        return self._children.get(unit.key, {})

    def local_imports(self, unit: Unit) -> dict[str, Import]:
        """Imports made inside this unit and the functions around it, nearest first."""
        found = self._local.get((unit.module.name, unit.index), {})
        owner = unit.owner
        while owner is not None and owner.kind != "module":
            outer = self._local.get((unit.module.name, owner.index))
            if outer:
                found = {**outer, **found}
            owner = owner.owner
        return found

    def nested_in(self, keys: set[str]) -> Iterator[Unit]:
        """The units that stand in any of these, at any depth."""
        waiting = list(keys)
        for key in waiting:
            for unit in self.inner.get(key, ()):
                waiting.append(unit.key)
                yield unit

    def named(self, name: str) -> list[Unit]:
        """The functions of the project with this name, wherever they stand."""
        self._asking.log[f"{NAMED}{name}"] = None
        if self._by_name is None:
            self._by_name = {}
            for unit in sort_units(self.units.values()):
                if unit.kind == "function":
                    self._by_name.setdefault(unit.definition.name, []).append(unit)
        return self._by_name.get(name, [])

    def child(self, unit: Unit, name: str) -> Unit | None:
        """A definition that stands directly in this one."""
        self.look(unit.module)
        return self._children.get(unit.key, {}).get(name)

    def getter(self, unit: Unit) -> Unit:
        """The property that a setter of the same name belongs to; the unit itself when it is no setter."""
        if "setter" not in unit.decorators:
            return unit
        same = (one for one in self.units_in(unit.module.name) if one.symbol == unit.symbol)
        return next((one for one in same if "setter" not in one.decorators), unit)

    def variable(self, symbol: str) -> tuple[Module, list[Bind]] | None:
        """The bindings of a module variable at the top of its module, in source order, or None when there is no such
        variable. One that only functions bind is declared there."""
        owner, _, name = symbol.rpartition(".")
        module = self.modules.get(owner)
        if module is None:
            return None
        self.look(module)
        binds = self._variables_of(module).get(name)
        return (module, binds) if binds else None

    def binders(self, symbol: str) -> Sequence[Unit]:
        """The functions that say a module variable is global: what they bind by its name is what it is."""
        owner, _, name = symbol.rpartition(".")
        return self._binders.get(owner, {}).get(name, ())

    def bound(self, symbol: str) -> Iterator[tuple[Unit, Bind]]:
        """The bindings of a module variable, each with the unit in which it stands: the module, or a function that says
        the name is global. For judging, when all have been read."""
        found = self.variable(symbol)
        if found is not None:
            module, binds = found
            yield from ((self.units_in(module.name)[0], bind) for bind in binds)
        for unit in self.binders(symbol):
            for bind in bindings(unit.body):
                if Name(symbol.rpartition(".")[2]) in bind.targets:
                    yield unit, bind

    def module_binds(self, module: Module) -> list[Bind]:
        """The assignments at the top of a module, each once."""
        self.look(module)
        return list(dict.fromkeys(bind for binds in self._variables_of(module).values() for bind in binds))

    def _variables_of(self, module: Module) -> dict[str, list[Bind]]:
        table = self._variables.get(module.name)
        if table is None:
            table = {}
            for bind in bindings(store.body(module.facts, 0)):
                for target in bind.targets:
                    for name in _names(target):
                        table.setdefault(name, []).append(bind)
            for name in self._binders.get(module.name, ()):
                table.setdefault(name, [Bind((Name(name),), None, None, "", -1)])
            self._variables[module.name] = table
        return table

    def lookup(self, module: Module, name: str) -> str:
        """The symbol a module-level name of this module stands for; "" when there is none."""
        found = self._cache.get((module, name))
        if found is None:
            found = self._looked_up(module, name)
        elif found is _BEING_LOOKED_UP:
            self._circles += 1
        self._asking.log[found.mark] = None
        return found.value

    def _looked_up(self, module: Module, name: str) -> Kept[str]:
        """What modules that import each other's names answer is kept only of the one that was asked first."""
        circles = self._circles
        self._cache[module, name] = _BEING_LOOKED_UP
        self._looking += 1
        with self._asking.apart() as log:
            found = Kept(self._lookup(module, name), flat(log))
        self._looking -= 1
        if circles == self._circles or not self._looking:
            self._cache[module, name] = found
        else:
            del self._cache[module, name]
        return found

    def _lookup(self, module: Module, name: str) -> str:
        self.look(module)
        top = self._units_of[module.name][0]
        unit = self.child(top, name)
        imported = self._imports[module.name].get(name)
        if imported is not None and unit is not None and unit.definition.order > imported.order and not imported.guard:
            return unit.symbol
        if imported is not None and (imported.guard != "except" or unit is None):
            variable = name in self._variables_of(module) if imported.guard == "except" else False
            if not variable:
                return self.target(module, imported)
        if unit is not None:
            return unit.symbol
        if name in self._variables_of(module):
            return f"{module.name}.{name}"
        for star in self._stars.get(module.name, ()):
            source = self._module_named(module, self._absolute(module, star))
            if source is None or name.startswith("_"):
                continue
            self.look(source)
            exports = source.facts.header.exports
            if exports is not None and name not in exports:
                continue
            found = self.lookup(source, name)
            if found:
                return found
        return ""

    def target(self, module: Module, imported: Import) -> str:
        """The symbol that an import brings in, through every re-export."""
        base = self._absolute(module, imported)
        if not imported.name:
            return self.follow(
                module, imported.module if imported.local != imported.module.split(".")[0] else imported.local
            )
        return self.follow(module, f"{base}.{imported.name}" if base else imported.name)

    def follow(self, module: Module, dotted: str) -> str:
        """A dotted path as seen from a module, resolved through the project's own modules."""
        whole = self._module_named(module, dotted)
        owner, _, name = dotted.rpartition(".")
        if owner:
            source = self._module_named(module, owner)
            if source is not None:
                found = self.lookup(source, name) if source is not module or whole is None else ""
                if found and not (whole is not None and found == f"{owner}.{name}"):
                    return found
                if whole is not None:
                    return whole.name
                return f"{source.name}.{name}"
        if whole is not None:
            return whole.name
        return canonical(dotted)

    def attribute(self, symbol: str, name: str) -> str:
        """The symbol of an attribute of a module or package."""
        symbol, _, root = symbol.partition("@")
        at = f"@{root}" if root else ""
        module = self.modules.get(f"{symbol}{at}") or self.modules.get(symbol)
        if module is not None:
            found = self.lookup(module, name)
            if found:
                return found
        inner = f"{symbol}.{name}"
        if f"{inner}{at}" in self.modules:
            return f"{inner}{at}"
        if inner in self.modules or inner in self.by_symbol:
            return inner
        return canonical(inner)

    def _absolute(self, module: Module, imported: Import) -> str:
        if not imported.level:
            return imported.module
        parts = module.name.split("@")[0].split(".")
        if not module.facts.package:
            parts = parts[:-1]
        parts = parts[: len(parts) - (imported.level - 1)] if imported.level > 1 else parts
        return ".".join([*parts, imported.module] if imported.module else parts)

    def _module_named(self, near: Module, dotted: str) -> Module | None:
        for root in (near.root, *self._roots):
            module = self.modules.get(f"{dotted}@{root}")
            if module is not None and module.root == near.root:
                return module
        return self.modules.get(dotted)

    def dotted(self, module: Module, expr: Expr) -> str:
        """The symbol of a name or attribute chain read at module level; "" for anything else."""
        if isinstance(expr, Name):
            return self.lookup(module, expr.id)
        if isinstance(expr, Attr):
            of = self.dotted(module, expr.of)
            return self.attribute(of, expr.name) if of else ""
        return ""


def _is_overload(unit: Unit) -> bool:
    return not _OVERLOADS.isdisjoint(unit.decorators)


def _names(target: Expr) -> Iterator[str]:
    if isinstance(target, Name):
        yield target.id
    elif isinstance(target, Items):
        for inner in target.of:
            yield from _names(inner)


def bindings(body: Body) -> Iterator[Bind]:
    """The assignments of a body that run in its own scope, wherever they are nested."""
    for stmt in body:
        if isinstance(stmt, Bind):
            yield stmt
        elif isinstance(stmt, Branch):
            for arm in stmt.arms:
                yield from bindings(arm.body)
            yield from bindings(stmt.orelse)
        elif isinstance(stmt, With):
            for item in stmt.items:
                if item.target is not None:
                    yield Bind((item.target,), item.context, None, "", stmt.at)
            yield from bindings(stmt.body)
        elif isinstance(stmt, Repeat):
            yield from bindings(stmt.body)
        elif isinstance(stmt, Try):
            for inner in (stmt.body, *(handler.body for handler in stmt.handlers), stmt.orelse, stmt.final):
                yield from bindings(inner)


def sort_units(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (unit.module.name, unit.index))
