"""What installed distributions offer: modules with rules, named by entry points of the group `sqla_lint.rules`.

They are read from their files here: `importlib.metadata` takes longer to import than a run takes that has nothing to
do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

GROUP = "sqla_lint.rules"
_DESCRIBES = (".dist-info", ".egg-info")


def offers(folder: str) -> list[tuple[str, str]]:
    """The files of the distributions in a folder that offer something, each with a module that it names."""
    found: list[tuple[str, str]] = []
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_DESCRIBES))
    except OSError:
        return found
    for name in names:
        path = os.path.join(folder, name, "entry_points.txt")
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            continue
        if GROUP.encode() in data:
            found += ((path, module) for module in _modules(data.decode("utf-8", "replace")))
    return found


def _modules(text: str) -> Iterator[str]:
    """What the entry points of our group name."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == GROUP and not line.startswith(("#", ";")) and "=" in line:
            yield line.partition("=")[2].partition("[")[0].strip()
