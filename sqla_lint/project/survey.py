"""What a project is made of: which packages are repositories, handlers or services, and who commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..knowledge import Verb
from .layers import COMMAND, HANDLER, OUTSIDE, REPOSITORY, TASK, UNIT_OF_WORK
from .modules import Module, Unit

if TYPE_CHECKING:
    from .project import Project

SERVICE = "service"
"""No layer that rules know, but a word that people have for what stands between handlers and repositories."""
ELSEWHERE = "elsewhere"
LAYERS = (HANDLER, TASK, COMMAND, SERVICE, UNIT_OF_WORK, REPOSITORY)
"""What is looked for, from the entries down."""
_SERVICES = frozenset({"services", "service", "usecases", "use_cases", "usecase", "use_case", "application"})
_SERVICE_CLASSES = ("Service", "UseCase", "Interactor")
_FEWEST, _SHARE = 3, 0.6


class Package(NamedTuple):
    """A package or module most of whose functions are of one layer: how many, of how many, and the most frequent
    evidence; `pure` says that none of the others is of another layer."""

    layer: str
    name: str
    found: int
    of: int
    because: tuple[str, ...]
    pure: bool

    @property
    def pattern(self) -> str:
        """What stands for it in the settings."""
        return f"{self.name}.**"


class Survey(NamedTuple):
    """What was found: packages by layer, how many functions commit by who they are, and the libraries imported."""

    packages: tuple[Package, ...]
    commits: tuple[tuple[str, int], ...]
    imports: frozenset[str]
    migrations: tuple[str, ...]


def survey(project: Project) -> Survey:
    """Looks through all modules; tests, scripts and migrations count for nothing but the last field."""
    layers = project.layers
    modules = list(project.names.modules.values())
    tops = {module: layers.of(project.names.units_in(module.name)[0]).layer for module in modules}
    inside = [module for module in modules if tops[module] not in OUTSIDE]
    functions = [
        unit
        for module in inside
        for unit in project.names.units_in(module.name)
        if unit.kind == "function" and (unit.owner is None or unit.owner.kind in ("module", "class"))
    ]
    packages = [package for layer in LAYERS for package in _packages(project, functions, layer)]
    imports = frozenset(name for module in inside for name in project.packages(module))
    migrations = sorted({folder_of(module) for module, layer in tops.items() if layer == "migration"})
    return Survey(tuple(packages), _commits(project, functions), imports, tuple(_topmost(migrations)))


def folder_of(module: Module) -> str:
    """The folder that a module lies in; "" for the project root."""
    return module.path.rpartition("/")[0]


def _topmost(folders: Iterable[str]) -> list[str]:
    found: list[str] = []
    for folder in folders:
        if not any(folder == above or folder.startswith(f"{above}/") for above in found):
            found.append(folder)
    return found


def _packages(project: Project, functions: Sequence[Unit], layer: str) -> list[Package]:
    """The topmost packages and modules of a layer, in the order of their names."""
    of_layer = [unit for unit in functions if _who(project, unit)[0] == layer]
    names = {name for unit in of_layer for name in _above(unit.module.name)}
    found: list[Package] = []
    for name in sorted(names, key=lambda name: (name.count("."), name)):
        if any(_is_in(name, one.name) for one in found):
            continue
        here = [unit for unit in functions if _is_in(unit.module.name, name)]
        mine = [unit for unit in of_layer if _is_in(unit.module.name, name)]
        if len(mine) >= _FEWEST and len(mine) >= _SHARE * len(here):
            evidence = Counter(reason for unit in mine for reason in _who(project, unit)[1])
            because = tuple(reason for reason, _ in sorted(evidence.items(), key=lambda row: (-row[1], row[0]))[:2])
            pure = all(_who(project, unit)[0] in (ELSEWHERE, layer) for unit in here)
            found.append(Package(layer, name, len(mine), len(here), because, pure))
    return sorted(found, key=lambda one: one.name)


def _above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _commits(project: Project, functions: Iterable[Unit]) -> tuple[tuple[str, int], ...]:
    """How many functions commit themselves, or begin a block that does, by who they are; the most frequent first."""
    counts: Counter[str] = Counter()
    for unit in functions:
        verbs = {event.verb for event in project.summary(unit).events}
        if Verb.COMMIT in verbs or Verb.BEGIN in verbs:
            counts[_who(project, unit)[0]] += 1
    return tuple(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _who(project: Project, unit: Unit) -> tuple[str, tuple[str, ...]]:
    """The layer of a function, or whether it is called a service, and the evidence."""
    role = project.layers.of(unit)
    if role.layer:
        return role.layer, role.because
    folder = next((part for part in unit.module.name.split(".") if part in _SERVICES), "")
    if folder:
        return SERVICE, (f"package {folder}",)
    klass = unit.klass.definition.name if unit.klass is not None else ""
    return (SERVICE, (f"class {klass}",)) if klass.endswith(_SERVICE_CLASSES) else (ELSEWHERE, ())
