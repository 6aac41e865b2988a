"""A name that a fix writes: how the file can say it there, and the import that it needs for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from sqla_lint.fixes.edits import Replacement, one_more
from sqla_lint.fixes.tree import Tree

_Scope = cst.Module | cst.FunctionDef | cst.Lambda | cst.ClassDef


class Imported(NamedTuple):
    """What to write for a name, and the edits that make it mean what it should: none where it does already."""

    said: str
    edits: tuple[Replacement, ...]


def imported(tree: Tree, module: str, name: str, node: cst.CSTNode) -> Imported | None:
    """How to say at a node what a module has under a name: by an import that the file has at its top, or by one more.
    None where the name is taken there."""
    top = [(line, one) for line in _top(tree, node) for one in line.body]
    scopes = _scopes(tree, node)
    for _, one in top:
        for alias in _aliases(one, module):
            local = alias.evaluated_alias or name
            if alias.evaluated_name == name and not _is_taken(tree, local, scopes, alias):
                return Imported(local, ())
    for _, one in top:
        for alias in one.names if isinstance(one, cst.Import) else ():
            local = alias.evaluated_alias or module.partition(".")[0]
            if alias.evaluated_name == module and not _is_taken(tree, local, scopes, alias):
                return Imported(f"{alias.evaluated_alias or module}.{name}", ())
    if _is_taken(tree, name, scopes, None):
        return None
    for _, one in top:
        if isinstance(one, cst.ImportFrom) and (aliases := _aliases(one, module)):
            return Imported(name, _longer(tree, one, aliases, name))
    return Imported(name, (_line(tree, top, module, name),))


def _top(tree: Tree, node: cst.CSTNode) -> Iterator[cst.SimpleStatementLine]:
    """The lines of imports at the top of the file: those before its first definition, and before the node."""
    around = {id(node), *map(id, tree.above(node))}
    for line in tree.module.body:
        if id(line) in around or isinstance(line, (cst.FunctionDef, cst.ClassDef)):
            return
        if isinstance(line, cst.SimpleStatementLine) and any(
            isinstance(one, (cst.Import, cst.ImportFrom)) for one in line.body
        ):
            yield line


def _module(one: cst.CSTNode) -> str:
    """The module that names are imported from; "" for any other statement, and for a relative import."""
    if not isinstance(one, cst.ImportFrom) or one.relative or one.module is None:
        return ""
    return _dotted(one.module)


def _dotted(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=value):
            return value
        case cst.Attribute(value=value, attr=cst.Name(value=last)):
            return f"{_dotted(value)}.{last}"
    return ""


def _aliases(one: cst.CSTNode, module: str) -> Sequence[cst.ImportAlias]:
    """What a statement imports from a module, name by name."""
    if isinstance(one, cst.ImportFrom) and _module(one) == module and not isinstance(one.names, cst.ImportStar):
        return one.names
    return ()


def _scopes(tree: Tree, node: cst.CSTNode) -> list[_Scope]:
    """The scopes in which a name at a node is looked for: a class around a function has none of them."""
    around = [one for one in tree.above(node) if isinstance(one, _Scope)]
    return [one for index, one in enumerate(around) if not index or not isinstance(one, cst.ClassDef)]


def _is_taken(tree: Tree, name: str, scopes: Sequence[_Scope], but: cst.ImportAlias | None) -> bool:
    """Whether a name is bound in one of the scopes by anything but an import."""
    ids = set(map(id, scopes))
    for node in tree.parents:
        if isinstance(node, cst.Name) and node.value == name:
            binder = _binder(tree, node)
            if binder is not None and binder is not but and id(_scope(tree, binder)) in ids:
                return True
    return False


def _binder(tree: Tree, name: cst.Name) -> cst.CSTNode | None:
    """What binds a name that stands there; None where it is only read, or is an attribute."""
    node: cst.CSTNode = name
    for parent in tree.above(name):
        match parent:
            case cst.Tuple() | cst.List() | cst.Element() | cst.StarredElement():
                node = parent
            case cst.AsName():
                around = tree.parents[parent]
                return around if isinstance(around, cst.ImportAlias) else parent
            case cst.AssignTarget() | cst.NameItem():
                return parent
            case (
                cst.Param(name=own)
                | cst.FunctionDef(name=own)
                | cst.ClassDef(name=own)
                | cst.For(target=own)
                | cst.CompFor(target=own)
                | cst.NamedExpr(target=own)
                | cst.AugAssign(target=own)
                | cst.AnnAssign(target=own)
                | cst.MatchAs(name=own)
                | cst.MatchStar(name=own)
            ):
                return parent if own is node else None
            case cst.ImportAlias(asname=None):
                return parent
            case cst.Attribute(value=inner) if inner is node and _is_imported(tree, parent):
                node = parent  # `import a.b` binds `a`
            case _:
                return None
    return None


def _is_imported(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a dotted name is what an `import` names."""
    around = next(one for one in tree.above(node) if not isinstance(one, cst.Attribute))
    return isinstance(around, cst.ImportAlias)


def _scope(tree: Tree, binder: cst.CSTNode) -> cst.CSTNode:
    """The scope that a binder binds in."""
    for parent in tree.above(binder):
        if isinstance(parent, _Scope):
            return parent
    return tree.module


def _longer(tree: Tree, one: cst.ImportFrom, aliases: Sequence[cst.ImportAlias], name: str) -> tuple[Replacement, ...]:
    """An import with one more name: in its place where the names are sorted, else after the last."""
    names = [alias.evaluated_name for alias in aliases]
    later = [alias for alias in aliases if _rank(alias.evaluated_name) > _rank(name)]
    if later and names == sorted(names, key=_rank):
        start, end = tree.bare(later[0])
        line = tree.line_start(start)
        rest = tree.text[end : tree.line_end(end)].strip()
        own = not tree.text[line:start].strip() and rest.partition("#")[0].strip(" ,") == "" and one.lpar
        gap = f"{tree.line_break(start)}{tree.text[line:start]}" if own else " "
        return (Replacement(start, start, f"{name},{gap}", shared=True),)
    last = aliases[-1]
    span = tree.bare(last)
    if one.lpar is None:
        return (Replacement(span[1], span[1], f", {name}", shared=True),)
    return tuple(edit._replace(shared=True) for edit in one_more(tree, span, last.comma, name))


def _rank(name: str) -> tuple[int, str]:
    """Constants, classes and the rest follow each other, as sorted imports have them."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


def _line(
    tree: Tree, top: Sequence[tuple[cst.SimpleStatementLine, cst.BaseSmallStatement]], module: str, name: str
) -> Replacement:
    """A line of its own: after the last import of the same package that it may follow, else after the last import."""
    said = f"from {module} import {name}"
    package = module.partition(".")[0]
    near = [(line, found) for line, one in top if (found := _first(one)).partition(".")[0] == package]
    before = [line for line, found in near if found <= module]
    if near and not before:
        start = tree.bare(near[0][0])[0]
        return Replacement(start, start, said + tree.line_break(start), shared=True)
    first = tree.module.body[0]
    if top or tree.module.get_docstring() is not None:
        last = before[-1] if before else top[-1][0] if top else first
        after = tree.line_end(_end(tree, last))
        gap = 1 if top and _first(top[-1][1]) != "__future__" else 2
        return Replacement(after, after, tree.line_break(after) * gap + said, shared=True)
    decorators = first.decorators if isinstance(first, (cst.FunctionDef, cst.ClassDef)) else ()
    start = tree.bare(decorators[0] if decorators else first)[0]
    return Replacement(start, start, said + tree.line_break(start) * 2, shared=True)


def _first(one: cst.BaseSmallStatement) -> str:
    """The module that a statement imports, or imports from; the first of several."""
    if isinstance(one, cst.Import):
        return one.names[0].evaluated_name
    return _module(one)


def _end(tree: Tree, line: cst.BaseStatement) -> int:
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else line
    return tree.bare(last)[1]
