"""A domain that knows how it is stored."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Import
from ...knowledge.sqlalchemy import ORM
from ...model import Claim, Confidence, Extent, Severity, Spot
from ...project import Project, Unit
from ...project.layers import DOMAIN
from ..registry import Defined, rule


@rule("SQA407", on=Defined, severity=Severity.WARNING, default=False)
def domain_imports_orm(unit: Unit, answer: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every import by which a module of the declared domain gets to the ORM."""
    role = project.layers.of(unit)
    if unit.kind != "module" or role.layer != DOMAIN:
        return
    seen = {""}
    for imported in unit.module.facts.header.imports:
        what = "" if imported.guard == "typing" else _brings(project, unit, imported)
        if what not in seen:
            seen.add(what)
            yield Claim(
                spot=_spot(project, unit, imported),
                symbol=unit.symbol,
                message=f"the domain imports {what}",
                confidence=Confidence.CERTAIN,
                label="the domain depends on the ORM here",
                why="its rules cannot be tested or changed without the ORM, and loading decides what its objects hold",
                help="keep a plain class here and map it from outside (map_imperatively), or convert in the repository",
                role=f"domain ({', '.join(role.because)})",
                legs=(unit.symbol,),
            )


def _brings(project: Project, unit: Unit, imported: Import) -> str:
    """What of the ORM an import brings in, in words; "" for nothing."""
    symbol = project.names.target(unit.module, imported).removesuffix(".*")
    package, source = symbol.partition(".")[0], imported.module.partition(".")[0]
    if package in ORM:
        return f"`{package}`" if source == package else f"`{symbol}` by way of `{imported.module}`"
    owner = project.names.by_symbol.get(symbol)
    if owner is not None and project.layers.of(owner).layer == DOMAIN:
        return ""  # it is reported where that module imports the ORM
    if owner is not None and owner.kind == "class" and project.classes.is_entity(symbol):
        kind = "mapped class" if project.classes.is_mapped(symbol) else "base of mapped classes"
        return f"the {kind} `{owner.definition.name}`"
    if symbol in project.names.modules:
        units = project.names.units_in(symbol)
        mapped = next((one for one in units if one.kind == "class" and project.classes.is_mapped(one.symbol)), None)
        if mapped is not None and project.layers.of(units[0]).layer != DOMAIN:
            return f"`{symbol}`, where `{mapped.definition.name}` is mapped"
    return ""


def _spot(project: Project, unit: Unit, imported: Import) -> Spot:
    """Where an import stands; a bare `from . import *` has no name to point at but that of what it stands in."""
    around = project.names.units_in(unit.module.name)[imported.scope]
    return around.spot(imported.at if imported.at >= 0 else OWN_NAME, Extent.NAME)
