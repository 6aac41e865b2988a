"""What is imported from one module comes from another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.fixes.edits import Replacement
from sqla_lint.fixes.tree import Tree


def import_elsewhere(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """The names, which the last arguments are, come from the module that is the first, wherever the file imports them
    from the one that the name at the anchor is imported from; the others stay where they are."""
    target, *names = arguments
    first = tree.name_at(at)
    statement = _around(tree, first) if first is not None else None
    if statement is None or statement.module is None:
        return
    module = tree.code(statement.module)
    for node in tree.parents:
        match node:
            case cst.ImportFrom(relative=(), module=cst.Attribute() | cst.Name() as old, names=[*aliases]):
                if tree.code(old) == module:
                    yield from _moved(tree, node, old, aliases, target, set(names))


def _around(tree: Tree, name: cst.Name) -> cst.ImportFrom | None:
    return next((one for one in tree.above(name) if isinstance(one, cst.ImportFrom)), None)


def _moved(
    tree: Tree,
    node: cst.ImportFrom,
    module: cst.Attribute | cst.Name,
    aliases: Sequence[cst.ImportAlias],
    target: str,
    names: set[str],
) -> Iterator[Replacement]:
    moving = [alias for alias in aliases if alias.evaluated_name in names]
    if not moving:
        return
    if len(moving) == len(aliases):
        yield Replacement(*tree.span(module), target)
        return
    start, end = tree.bare(node)
    taken = [
        edit
        for index, alias in enumerate(aliases)
        if alias in moving
        for edit in _without(tree, aliases, index, moving)
    ]
    if any("#" in tree.text[edit.start : edit.end] for edit in taken):
        return  # a comment would go with them
    yield from taken
    said = f"from {target} import {', '.join(tree.text[slice(*tree.bare(alias))] for alias in moving)}"
    line = tree.text[tree.line_start(start) : start]
    if line.strip() or tree.text[end : tree.line_end(end)].lstrip().startswith(";"):
        yield Replacement(end, end, f"; {said}")
        return
    after = tree.line_end(end)
    yield Replacement(after, after, f"{tree.line_break(after)}{line}{said}")


def _without(
    tree: Tree, aliases: Sequence[cst.ImportAlias], index: int, moving: Sequence[cst.ImportAlias]
) -> Iterator[Replacement]:
    """One name less: up to the next, or, when all after it go as well, from the end of the last that stays."""
    staying = [i for i, alias in enumerate(aliases) if alias not in moving]
    if index < staying[-1]:
        yield Replacement(tree.bare(aliases[index])[0], tree.bare(aliases[index + 1])[0], "")
    elif index == staying[-1] + 1:
        start = tree.bare(aliases[staying[-1]])[1]
        yield Replacement(start, tree.bare(aliases[-1])[1], "")
