"""How imports become facts; they leave no statement behind, only a line in the header."""

from __future__ import annotations

import libcst as cst

from sqla_lint.facts.collectors.walk import Walk, statement
from sqla_lint.facts.schema import Import, Stmt


@statement(cst.Import, cst.LazyImport)
def import_(node: cst.Import | cst.LazyImport, walk: Walk, depth: int, out: list[Stmt]) -> None:
    if isinstance(node, cst.LazyImport):
        walk.see("lazy")
    for alias in node.names:
        path = _dotted(alias.name)
        at = len(walk.seen)
        walk.seen += path
        local = _local(alias, walk) or path[0]
        walk.imports.append(Import(walk.index, local, ".".join(path), "", 0, walk.guard, walk.place(at), walk.order()))


@statement(cst.ImportFrom, cst.LazyImportFrom)
def import_from(node: cst.ImportFrom | cst.LazyImportFrom, walk: Walk, depth: int, out: list[Stmt]) -> None:
    if isinstance(node, cst.LazyImportFrom):
        walk.see("lazy")
    path = [] if node.module is None else _dotted(node.module)
    start = len(walk.seen)
    walk.seen += path
    module = ".".join(path)
    level = len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        at = walk.place(start) if path else -1
        walk.imports.append(Import(walk.index, "*", module, "*", level, walk.guard, at, walk.order()))
        return
    for alias in node.names:
        name = _dotted(alias.name)[0]
        walk.see(name)
        at = walk.place(-1)
        local = _local(alias, walk) or name
        walk.imports.append(Import(walk.index, local, module, name, level, walk.guard, at, walk.order()))


def _dotted(node: cst.CSTNode) -> list[str]:
    names = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        names.append(node.value)
    return names[::-1]


def _local(alias: cst.ImportAlias, walk: Walk) -> str:
    if alias.asname is None or not isinstance(alias.asname.name, cst.Name):
        return ""
    name = alias.asname.name.value
    walk.see(name)
    return name
