"""One function for each kind of change: from the anchor in a tree to the text edits that make it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from sqla_lint.engine import suppress
from sqla_lint.fixes.edits import Replacement, one_more
from sqla_lint.fixes.imports import imported
from sqla_lint.fixes.later import call_later
from sqla_lint.fixes.moved import import_elsewhere
from sqla_lint.fixes.sql import say_in_sql
from sqla_lint.fixes.tree import Tree
from sqla_lint.model import Change, Recipe


def replacements(tree: Tree, recipe: Recipe, at: int) -> tuple[Replacement, ...]:
    """The edits that follow a recipe at an anchor; none where the code has not the shape that the recipe is for."""
    return tuple(_CHANGES[recipe.change](tree, at, recipe.arguments))


def _add_await(tree: Tree, at: int, _: Sequence[str]) -> Iterator[Replacement]:
    call = tree.call_at(at)
    if call is None or not _may_await(tree, call):
        return
    start, end = tree.span(call)
    around = tree.parents[call]
    space = " " if start and (tree.text[start - 1].isalnum() or tree.text[start - 1] == "_") else ""
    if isinstance(around, (cst.Attribute, cst.Subscript)) and around.value is call:
        yield Replacement(start, start, f"{space}(await ")
        yield Replacement(end, end, ")")
    else:
        yield Replacement(start, start, f"{space}await ")


def _may_await(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether `await` can be written there: a generator would become an asynchronous one, which changes its users."""
    for around in tree.above(node):
        match around:
            case cst.GeneratorExp() | cst.Lambda():
                return False
            case cst.FunctionDef(asynchronous=word):
                return word is not None
    return False


def _drop_await(tree: Tree, at: int, _: Sequence[str]) -> Iterator[Replacement]:
    call = tree.call_at(at)
    around = tree.parents.get(call) if call is not None else None
    if not isinstance(around, cst.Await):
        return
    start = tree.bare(around)[0]
    simple = isinstance(around.whitespace_after_await, cst.SimpleWhitespace)
    yield Replacement(start, tree.span(around.expression)[0] if simple else start + len("await"), "")


def _enter_async(tree: Tree, at: int, _: Sequence[str]) -> Iterator[Replacement]:
    call = tree.call_at(at)
    item = tree.parents.get(call) if call is not None else None
    around = tree.parents.get(item) if item is not None else None
    if isinstance(around, cst.With) and len(around.items) == 1 and around.asynchronous is None:
        start = tree.bare(around)[0]
        yield Replacement(start, start, "async ")


def _set_keyword(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    name, value = arguments
    call = tree.call_at(at)
    if call is None:
        return
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == name:
            yield Replacement(*tree.span(arg.value), value)
            return
    said = f"{name}={value}"
    if not call.args:
        opened = tree.span(call.whitespace_before_args)[0]
        yield Replacement(opened, opened, said)
        return
    last = call.args[-1]
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        return
    yield from one_more(tree, (tree.bare(last)[0], tree.span(last.value)[1]), last.comma, said)


def _call_instead(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    (name,) = arguments
    found = tree.name_at(at)
    if found is not None and tree.call_at(at) is not None:
        yield Replacement(at, at + len(found.value), name)


def _wrap_argument(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """The first argument, given to what a module has under a name."""
    module, name = arguments
    call = tree.call_at(at)
    first = next((arg for arg in call.args if not arg.star), None) if call is not None else None
    if first is None or (isinstance(first.value, cst.GeneratorExp) and not first.value.lpar):
        return
    found = imported(tree, module, name, first)
    if found is not None:
        start, end = tree.span(first.value)
        yield from found.edits
        yield Replacement(start, start, f"{found.said}(")
        yield Replacement(end, end, ")")


def _call_before(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """Another method of the same object, before the one that is called."""
    (name,) = arguments
    call = tree.call_at(at)
    if call is not None and isinstance(call.func, cst.Attribute) and tree.bare(call.func.attr)[0] == at:
        yield Replacement(at, at, f"{name}().")


def _call_behind(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """A method of what a call returns or, when it is awaited, gives."""
    (name,) = arguments
    call = tree.call_at(at)
    if call is None:
        return
    around = tree.parents[call]
    if not isinstance(around, cst.Await):
        end = tree.span(call)[1]
        yield Replacement(end, end, f".{name}()")
    elif around.lpar:
        end = tree.span(around)[1]
        yield Replacement(end, end, f".{name}()")
    else:
        start, end = tree.span(around)
        yield Replacement(start, start, "(")
        yield Replacement(end, end, f").{name}()")


def _drop_statement(tree: Tree, at: int, _: Sequence[str]) -> Iterator[Replacement]:
    node = _statement_of(tree, tree.call_at(at))
    if node is None:
        return
    line = tree.parents[node]
    assert isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
    start, end = tree.bare(node)
    if len(line.body) > 1:
        index = next(i for i, one in enumerate(line.body) if one is node)
        if index:
            yield Replacement(tree.bare(line.body[index - 1])[1], end, "")
        else:
            yield Replacement(start, tree.bare(line.body[1])[0], "")
        return
    block = tree.parents[line]
    if isinstance(line, cst.SimpleStatementSuite) or (isinstance(block, cst.IndentedBlock) and len(block.body) == 1):
        yield Replacement(start, end, "pass")
        return
    line_end = tree.line_end(end)
    yield Replacement(tree.line_start(start), line_end + len(tree.line_break(end)) * (line_end < len(tree.text)), "")


def _statement_of(tree: Tree, call: cst.Call | None) -> cst.Expr | None:
    """The statement that is nothing but a call, perhaps awaited."""
    around = tree.parents.get(call) if call is not None else None
    if isinstance(around, cst.Await):
        around = tree.parents[around]
    return around if isinstance(around, cst.Expr) else None


def _call_after_loop(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """Another method in the loop, and the statement as it was once after it."""
    statement = _statement_of(tree, tree.call_at(at))
    if statement is None:
        return
    around = [one for one in tree.above(statement) if isinstance(one, (cst.For, cst.While, cst.FunctionDef))]
    code = tree.text[slice(*tree.bare(statement))]
    if not around or not isinstance(around[0], cst.For) or "\n" in code or "\r" in code:
        return
    loop = around[0]
    start = tree.bare(loop)[0]
    end = tree.span(loop.orelse or loop.body)[1]
    indent = tree.text[tree.line_start(start) : start]
    line = f"{indent}{code}"
    closed = tree.text[end - 1 : end] in ("\n", "\r")
    yield from _call_instead(tree, at, arguments)
    yield Replacement(end, end, line + tree.line_break(start) if closed else tree.line_break(start) + line)


def _open_in_with(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    (keyword,) = arguments
    call = tree.call_at(at)
    assign = tree.parents.get(call) if call is not None else None
    match assign:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            pass
        case _:
            return
    line = tree.parents[assign]
    block = tree.parents[line]
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
        return
    if not isinstance(block, cst.IndentedBlock) or not isinstance(tree.parents[block], cst.FunctionDef):
        return
    following = block.body[next(i for i, one in enumerate(block.body) if one is line) + 1 :]
    if not following:
        return
    assert call is not None
    yield Replacement(*tree.bare(assign), f"{keyword} {tree.code(call)} as {name}:")
    indent = block.indent if block.indent is not None else tree.module.default_indent
    yield from _indented(tree, tree.line_end(tree.bare(assign)[1]), tree.span(following[-1])[1], indent)


def _indented(tree: Tree, start: int, end: int, indent: str) -> Iterator[Replacement]:
    """Every line between two offsets one step further to the right, unless a string runs through its beginning."""
    strings = tree.within_strings(range(start, end))
    at = start
    while (at := _next_line(tree, at)) < end:
        inside = any(first < at < last for first, last in strings)
        if not inside and tree.text[at : tree.line_end(at)].strip():
            yield Replacement(at, at, indent)


def _next_line(tree: Tree, at: int) -> int:
    end = tree.line_end(at)
    return end + len(tree.line_break(at))


def _drop_name(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    for offset in (at, *map(int, arguments)):
        yield from _without_name(tree, offset)


def _without_name(tree: Tree, at: int) -> Iterator[Replacement]:
    comment = tree.comment_at(at)
    if comment is None:
        return
    start, end = tree.span(comment)
    left = suppress.without(comment.value, at - start)
    line = tree.line_start(start)
    before = tree.text[line:start].rstrip()
    if left:
        yield Replacement(start, end, left)
    elif before:
        yield Replacement(line + len(before), end, "")
    else:
        yield Replacement(line, min(_next_line(tree, start), len(tree.text)), "")


_CHANGES: dict[Change, Callable[[Tree, int, Sequence[str]], Iterator[Replacement]]] = {
    Change.ADD_AWAIT: _add_await,
    Change.DROP_AWAIT: _drop_await,
    Change.ENTER_ASYNC: _enter_async,
    Change.SET_KEYWORD: _set_keyword,
    Change.CALL_INSTEAD: _call_instead,
    Change.CALL_BEFORE: _call_before,
    Change.CALL_BEHIND: _call_behind,
    Change.DROP_STATEMENT: _drop_statement,
    Change.CALL_AFTER_LOOP: _call_after_loop,
    Change.OPEN_IN_WITH: _open_in_with,
    Change.CALL_LATER: call_later,
    Change.IMPORT_ELSEWHERE: import_elsewhere,
    Change.SAY_IN_SQL: say_in_sql,
    Change.WRAP_ARGUMENT: _wrap_argument,
    Change.DROP_NAME: _drop_name,
}
