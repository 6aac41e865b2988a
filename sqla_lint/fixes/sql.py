"""What is said by Python's operators, said in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.fixes.edits import Replacement
from sqla_lint.fixes.imports import imported
from sqla_lint.fixes.tree import Tree

_METHODS: dict[type[cst.BaseCompOp], str] = {cst.Is: "is_", cst.IsNot: "is_not", cst.In: "in_", cst.NotIn: "not_in"}
_WORDS = {
    **{cst.And: "and", cst.Or: "or", cst.Not: "not"},
    **{cst.Is: "is", cst.IsNot: "is not", cst.In: "in", cst.NotIn: "not in"},
}
_CONSTANTS = frozenset({"None", "True", "False"})
_Asked = cst.BooleanOperation | cst.UnaryOperation | cst.Comparison


def say_in_sql(tree: Tree, at: int, arguments: Sequence[str]) -> Iterator[Replacement]:
    """The edits for the outermost expression of an operator that begins with the name at an offset."""
    (operator,) = arguments
    node = _outermost(tree, at, operator)
    if node is None:
        return
    said = _Said(tree)
    text = said.inside(node)
    if not said.fails:
        yield from said.imports
        yield Replacement(*tree.bare(node), text)


def _outermost(tree: Tree, at: int, operator: str) -> _Asked | None:
    found: _Asked | None = None
    node: cst.CSTNode | None = tree.name_at(at)
    while node is not None:
        around = tree.parents.get(node)
        match around:
            case cst.UnaryOperation(expression=inner) | cst.BooleanOperation(left=inner) | cst.Comparison(left=inner):
                if inner is not node:
                    return found
                found = around if _operator(around) == operator else found
            case (
                cst.Attribute(value=inner)
                | cst.Subscript(value=inner)
                | cst.Call(func=inner)
                | cst.BinaryOperation(left=inner)
            ):
                if inner is not node:
                    return found
            case _:
                return found
        node = around
    return found


def _operator(node: cst.CSTNode) -> str:
    if isinstance(node, (cst.BooleanOperation, cst.UnaryOperation)):
        return _WORDS.get(type(node.operator), "")
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        return _WORDS.get(type(node.comparisons[0].operator), "")
    return ""


class _Said:
    """How expressions are said, and the imports for that; `fails` where a name of SQLAlchemy means something else, and
    where a comment would be lost."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.imports: tuple[Replacement, ...] = ()
        self.fails = False

    def inside(self, node: cst.BaseExpression) -> str:
        """An expression in SQL, without its own parentheses."""
        match node:
            case cst.BooleanOperation():
                return self._joined(node)
            case cst.UnaryOperation(operator=cst.Not(), expression=of):
                self._gap(self.tree.bare(node)[0], self.tree.bare(of)[0])
                if isinstance(of, cst.BooleanOperation):
                    return f"~{self._argument(of)}"
                alone = of.lpar or isinstance(of, (cst.Name, cst.Attribute, cst.Call, cst.Subscript))
                return f"~{self.whole(of)}" if alone else f"~({self.whole(of)})"
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
                if type(operator) in _METHODS:
                    return self._called(left, operator, right)
        return self.tree.text[slice(*self.tree.bare(node))]

    def whole(self, node: cst.BaseExpression) -> str:
        """An expression in SQL, with its own parentheses."""
        (start, end), (first, last) = self.tree.span(node), self.tree.bare(node)
        return self.tree.text[start:first] + self.inside(node) + self.tree.text[last:end]

    def _argument(self, node: cst.BaseExpression) -> str:
        """An expression in SQL, without parentheses that an argument does not need."""
        (start, end), (first, last) = self.tree.span(node), self.tree.bare(node)
        simple = len(node.lpar) == 1 and (first, end) == (start + 1, last + 1)
        return self.inside(node) if simple and not isinstance(node, (cst.Tuple, cst.Yield)) else self.whole(node)

    def _joined(self, node: cst.BooleanOperation) -> str:
        """`a and b` is `and_(a, b)`."""
        kind = type(node.operator)
        word = _WORDS[kind]
        found = imported(self.tree, "sqlalchemy", f"{word}_", node)
        if found is None:
            self.fails = True
            return ""
        self.imports += tuple(edit for edit in found.edits if edit not in self.imports)
        parts = [node]
        while (
            isinstance(left := parts[-1].left, cst.BooleanOperation) and type(left.operator) is kind and not left.lpar
        ):
            parts.append(left)
        text = self._argument(parts[-1].left)
        for part in reversed(parts):
            text += self._comma(part, word) + self._argument(part.right)
        return f"{found.said}({text})"

    def _comma(self, node: cst.BooleanOperation, word: str) -> str:
        """The white space around an operator, with a comma for it."""
        at = self.tree.span(node.operator.whitespace_before)[1]
        before = self.tree.text[self.tree.span(node.left)[1] : at]
        after = self.tree.text[at + len(word) : self.tree.span(node.right)[0]]
        return f",{before}{after.lstrip()}" if "\n" in before or "\r" in before else f",{after}"

    def _gap(self, start: int, end: int) -> None:
        """White space that goes, with what is written between two offsets."""
        self.fails = self.fails or "#" in self.tree.text[start:end]

    def _called(self, left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression) -> str:
        """`a is None` is `a.is_(None)`, `a in b` is `a.in_(b)`; `a is b` is `a == b`."""
        self._gap(self.tree.span(left)[1], self.tree.bare(right)[0])
        if isinstance(operator, (cst.Is, cst.IsNot)) and not (
            isinstance(right, cst.Name) and right.value in _CONSTANTS
        ):
            return f"{self.tree.code(left)} {'==' if isinstance(operator, cst.Is) else '!='} {self.tree.code(right)}"
        return f"{self.tree.code(left)}.{_METHODS[type(operator)]}({self._argument(right)})"
