"""Where there is no project: which files those that were given import, beside them and above."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b(?:[ \t]*\(([^)]*)\)|([^\n;#]*))|import[ \t]+([^\n;#]+))",
    re.MULTILINE,
)
_COMMENT = re.compile(rb"#[^\n]*")

Parts = tuple[str, ...]


def imported(data: bytes, package: Parts) -> Iterator[tuple[bool, Parts]]:
    """The modules that a text imports, and the names that may be modules; whether each is relative, and then from the
    same folder as `package`. What only looks like an import is there too: it names no file, as a rule."""
    for dots, module, grouped, listed, plain in _IMPORT.findall(data):
        if plain:
            for one in plain.split(b","):
                yield False, _parts(one.split(b" as ")[0])
            continue
        if len(dots) > len(package) + 1:
            continue
        above = (*package[: len(package) + 1 - len(dots)], *_parts(module)) if dots else _parts(module)
        yield bool(dots), above
        for name in _COMMENT.sub(b"", grouped or listed).split(b","):
            yield bool(dots), (*above, *_parts(name.split(b" as ")[0]))


def candidates(root: str, folder: Parts, data: bytes) -> Iterator[Parts]:
    """The files below `root` that an import in a file of this folder may mean: those of modules, and of the packages
    around them. An absolute import is looked for from the top of the file's package, and from the root."""
    top = folder
    while top and os.path.isfile(os.path.join(root, *top, "__init__.py")):
        top = top[:-1]
    for relative, parts in dict.fromkeys(imported(data, folder)):
        for base in ((),) if relative else dict.fromkeys((top, ())):
            for length in range(1, len(parts) + 1):
                *above, name = (*base, *parts[:length])
                yield (*above, f"{name}.py")
                yield (*above, name, "__init__.py")


def _parts(dotted: bytes) -> Parts:
    name = dotted.strip().decode("utf-8", "replace")
    return tuple(filter(None, name.split("."))) if "*" not in name else ()
