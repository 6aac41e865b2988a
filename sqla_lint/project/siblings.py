"""Fields of one GraphQL type: their resolvers run at the same time, and nobody writes the call that starts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import OWN_NAME, Attr, Call, Expr
from ..knowledge import SENDS, Verb, canonical
from ..knowledge.graphql import PACKAGES, QUERIES, TYPES
from .modules import Unit, last_name
from .summary import Overlap, Race, Use
from .text import path_text
from .values import Path

if TYPE_CHECKING:
    from .project import Project

_USES = SENDS | {Verb.COMMIT, Verb.ROLLBACK, Verb.CLOSE}


def siblings(project: Project, unit: Unit) -> Iterator[Overlap]:
    """The session that two or more asynchronous resolvers of one type use; those of mutations run in turn."""
    if PACKAGES.isdisjoint(project.packages(unit.module)):
        return
    if unit.kind == "class" and _is_type(project, unit):
        yield from _shared(project, unit, OWN_NAME, unit.definition.name, list(_resolvers(project, unit)))
    elif unit.kind == "module":
        for (name, at), found in _bound(project, unit).items():
            yield from _shared(project, unit, at, name, found)


def _is_type(project: Project, unit: Unit) -> bool:
    if "mutation" in unit.definition.name.lower():
        return False
    symbols = {_symbol(project, unit, decorator) for decorator in unit.definition.decorators}
    return bool(symbols & TYPES) or project.classes.is_a(unit.symbol, frozenset({"graphene.ObjectType"}))


def _symbol(project: Project, unit: Unit, expr: Expr) -> str:
    return canonical(project.names.dotted(unit.module, expr.func if isinstance(expr, Call) else expr))


def _resolvers(project: Project, unit: Unit) -> Iterator[Unit]:
    for child in project.names.children(unit).values():
        symbols = {_symbol(project, unit, decorator) for decorator in child.definition.decorators}
        if "strawberry.field" in symbols or child.definition.name.startswith("resolve_"):
            yield child
    for binds in project.classes.body(unit.symbol).values():
        for bind in binds:
            if isinstance(bind.value, Call) and _symbol(project, unit, bind.value) == "strawberry.field":
                for arg in bind.value.args:
                    found = project.names.by_symbol.get(project.names.dotted(unit.module, arg.value))
                    if arg.name == "resolver" and found is not None:
                        yield found


def _bound(project: Project, module: Unit) -> dict[tuple[str, int], list[Unit]]:
    """The functions of a module that a query type's decorator binds, by the variable that holds it."""
    found: dict[tuple[str, int], list[Unit]] = {}
    for unit in project.names.units_in(module.module.name):
        for decorator in unit.definition.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            if isinstance(func, Attr) and func.name == "field":
                symbol = project.names.dotted(module.module, func.of)
                variable = project.names.variable(symbol) if symbol else None
                for bind in variable[1] if variable is not None and variable[0] is module.module else ():
                    if isinstance(bind.value, Call) and _symbol(project, module, bind.value) in QUERIES:
                        found.setdefault((last_name(func.of), bind.value.at), []).append(unit)
    return found


def _shared(project: Project, unit: Unit, at: int, name: str, resolvers: list[Unit]) -> Iterator[Overlap]:
    users: dict[Path, list[tuple[Unit, Use]]] = {}
    for resolver in resolvers:
        if resolver.definition.is_async:
            for use in _uses(project, resolver):
                users.setdefault(use.path, []).append((resolver, use))
    for path, found in users.items():
        if len(found) > 1:
            branches = tuple((use,) for _, use in found)
            race = Race(unit.key, at, name, branches, tuple(range(-len(found), 0)))
            first = found[0][1]
            sure = min(use.sure for _, use in found)
            yield Overlap(race, path, path_text(unit, path), first.kind, len(found), sure)
            return


def _uses(project: Project, unit: Unit) -> Iterator[Use]:
    seen: set[Path] = set()
    for key, rank in project.summary(unit).effects.items():
        if key.verb in _USES and key.path.root in ("injected", "free") and key.path not in seen and not rank.locked:
            seen.add(key.path)
            yield Use(key.path, rank.kind, rank.sure)
