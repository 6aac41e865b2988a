"""What code belongs to the analysed project: it is never run unless the user says so on the command line."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sqla_lint.engine.discover import NEVER


def lies_in(module: str, root: Path) -> bool:
    """Whether importing a module would run code of the project, found without importing anything."""
    top = module.partition(".")[0]
    if (root / f"{top}.py").exists() or (root / top).exists():
        return True
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return False
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec is not None else []
    return any(is_of_project(Path(place), root) for place in places if place)


def is_of_project(path: Path, root: Path) -> bool:
    """Whether a file or folder is the project's own, and not of what was installed below its root."""
    path, root = path.resolve(), root.resolve()
    return path.is_relative_to(root) and NEVER.isdisjoint(path.relative_to(root).parts)
