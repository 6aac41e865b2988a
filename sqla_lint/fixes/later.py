"""A value that is given to a call becomes a function that makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.fixes.edits import Replacement
from sqla_lint.fixes.tree import Tree

_EMPTY: dict[type[cst.CSTNode], str] = {cst.Dict: "dict", cst.List: "list"}


def call_later(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """What a word is given is made when it is needed, and is given under another word if that is what is wanted. The
    anchor is the call that has the argument, or a call in its value."""
    word, instead = arguments
    call = tree.call_at(at)
    found = _given(tree, call, word) if call is not None else None
    if found is None:
        return
    given, value = found
    edit = _made_later(tree, value)
    if edit is None:
        return
    if isinstance(given, cst.Arg) and given.keyword is None:
        start = tree.span(value)[0]
        if edit.start == start:
            yield edit._replace(text=f"{instead}={edit.text}")
            return
        yield Replacement(start, start, f"{instead}=")
    elif isinstance(given, cst.Arg) and given.keyword is not None and word != instead:
        yield Replacement(*tree.span(given.keyword), instead)
    yield edit


def _given(tree: Tree, call: cst.Call, word: str) -> tuple[cst.CSTNode, cst.BaseExpression] | None:
    """The argument, or the entry of a dict, under a word: of the call, or around it."""
    for arg in call.args:
        if word and _word(arg) == word:
            return arg, arg.value
        for part in arg.value.elements if isinstance(arg.value, cst.Dict) else ():
            if isinstance(part, cst.DictElement) and word and _word(part) == word:
                return part, part.value
    for around in tree.above(call):
        if isinstance(around, (cst.Arg, cst.DictElement)) and _word(around) == word:
            owner = tree.parents[around]
            if word or (isinstance(owner, cst.Call) and owner.args[0] is around and _is_field(owner)):
                return around, around.value
    return None


def _word(node: cst.Arg | cst.DictElement) -> str | None:
    if isinstance(node, cst.Arg):
        return node.keyword.value if node.keyword is not None else node.star
    return str(node.key.evaluated_value) if isinstance(node.key, cst.SimpleString) else None


def _is_field(call: cst.Call) -> bool:
    """Whether a call is one whose first argument is a default."""
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(name, cst.Name) and name.value == "Field"


def _made_later(tree: Tree, value: cst.BaseExpression) -> Replacement | None:
    """The edit that makes a function of a value: the one it calls, the class of an empty container, or a lambda. None
    in a class whose names the lambda would not see."""
    start, end = tree.span(value)
    if isinstance(value, cst.Call) and not value.args and _is_plain(value.func):
        return Replacement(tree.span(value.func)[1], tree.bare(value)[1], "")
    kind = _EMPTY.get(type(value))
    klass = _class_around(tree, value)
    own = set(_bound(klass)) if klass is not None else set()
    empty = kind is not None and not tree.text[start:end].strip("[]{}() \t")
    if kind is not None and empty and kind not in own and not _is_bound_at_top(tree, kind):
        return Replacement(start, end, kind)
    if own & set(_read(tree, value)):
        return None
    return Replacement(start, start, "lambda: ")


def _is_plain(func: cst.BaseExpression) -> bool:
    while isinstance(func, cst.Attribute):
        func = func.value
    return isinstance(func, cst.Name)


def _class_around(tree: Tree, node: cst.CSTNode) -> cst.ClassDef | None:
    """The class whose body a node stands in, outside its methods."""
    for around in tree.above(node):
        if isinstance(around, (cst.FunctionDef, cst.Lambda)):
            return None
        if isinstance(around, cst.ClassDef):
            return around
    return None


def _bound(node: cst.ClassDef) -> Iterator[str]:
    """The names that a class body binds at its top."""
    for line in node.body.body:
        if isinstance(line, (cst.FunctionDef, cst.ClassDef)):
            yield line.name.value
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            targets = [target.target for target in one.targets] if isinstance(one, cst.Assign) else []
            targets += [one.target] if isinstance(one, cst.AnnAssign) else []
            yield from (target.value for target in targets if isinstance(target, cst.Name))
            if isinstance(one, (cst.Import, cst.ImportFrom)) and not isinstance(one.names, cst.ImportStar):
                for alias in one.names:
                    yield alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _is_bound_at_top(tree: Tree, name: str) -> bool:
    """Whether a file has a name of a builtin for something else, anywhere it could be seen from a class."""
    return any(
        isinstance(node, cst.Name) and node.value == name and _binds(tree, node, tree.parents[node])
        for node in tree.parents
    )


def _binds(tree: Tree, node: cst.Name, parent: cst.CSTNode) -> bool:
    match parent:
        case cst.AssignTarget() | cst.AnnAssign() | cst.AsName() | cst.ImportAlias():
            return True
        case cst.FunctionDef(name=own) | cst.ClassDef(name=own):
            return own is node and not isinstance(tree.parents[tree.parents[parent]], cst.ClassDef)
    return False


def _read(tree: Tree, value: cst.BaseExpression) -> Iterator[str]:
    """The names that an expression reads, attributes and keywords apart."""
    for node, parent in tree.parents.items():
        if not isinstance(node, cst.Name) or not any(around is value for around in (node, *tree.above(node))):
            continue
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if isinstance(parent, cst.Arg) and parent.keyword is node:
            continue
        yield node.value
