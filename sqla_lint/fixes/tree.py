"""The tree of a text in which every node knows where it stands and what it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState

from sqla_lint.syntax.decoding import Unparsed
from sqla_lint.syntax.room import with_room_if_needed
from sqla_lint.syntax.source import parse

Span = tuple[int, int]


class Tree:
    """Offsets are those of the decoded text. Raises `Unparsed` for a text without a tree, or with one that does not
    lead back to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.module = parse(text)
        written = _Written(self.module.default_indent, self.module.default_newline)
        with_room_if_needed(self.module._codegen, written)
        if "".join(written.tokens) != text:
            raise Unparsed("is not what its tree says")
        self.parents = written.parents
        self._spans = written.spans
        self._bare = written.bare

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands, with its own parentheses and the white space that belongs to it."""
        start, end = self._spans[node]
        return start, min(end, len(self.text))

    def bare(self, node: cst.CSTNode) -> Span:
        """Where a node stands, without parentheses and white space."""
        return self._bare.get(node) or self.span(node)

    def code(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What a node stands in, the nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def name_at(self, at: int) -> cst.Name | None:
        """The name that begins at an offset."""
        return next((node for node, span in self._bare.items() if isinstance(node, cst.Name) and span[0] == at), None)

    def call_at(self, at: int) -> cst.Call | None:
        """The call of what ends in the name at an offset; None where there are several of them, as in `f()()`."""
        node: cst.CSTNode | None = self.name_at(at)
        while node is not None:
            parent = self.parents[node]
            match parent:
                case cst.Call(func=func) if func is node:
                    around = self.parents[parent]
                    return None if isinstance(around, cst.Call) and around.func is parent else parent
                case cst.Attribute(attr=inner) | cst.Subscript(value=inner) if inner is node:
                    node = parent
                case _:
                    return None
        return None

    def comment_at(self, at: int) -> cst.Comment | None:
        """The comment around an offset."""
        for node, (start, end) in self._spans.items():
            if isinstance(node, cst.Comment) and start <= at < end:
                return node
        return None

    def within_strings(self, offsets: range) -> list[Span]:
        """The strings, of any kind, that stand in a range."""
        kinds = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
        spans = (self._bare[node] for node in self._bare if isinstance(node, kinds))
        return [span for span in spans if span[0] >= offsets.start and span[1] <= offsets.stop]

    def line_start(self, at: int) -> int:
        """The offset at which the line around an offset begins."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """The offset at which the line around an offset ends, its line break not included."""
        ends = [end for sign in "\r\n" if (end := self.text.find(sign, at)) >= 0]
        return min(ends, default=len(self.text))

    def line_break(self, at: int) -> str:
        """The line break at the end of the line around an offset; of the file, where that has none."""
        end = self.line_end(at)
        if self.text.startswith("\r\n", end):
            return "\r\n"
        return self.text[end : end + 1] or self.module.default_newline


def tree_of(text: str) -> Tree | None:
    """The tree of a text; None where it has none."""
    try:
        return Tree(text)
    except Unparsed:
        return None


class _Written(CodegenState):
    """Writes a tree, noting for each node where it is written and from which other."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.offset = 0
        self.spans: dict[cst.CSTNode, Span] = {}
        self.bare: dict[cst.CSTNode, Span] = {}
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._open: list[tuple[cst.CSTNode, int]] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        if self._open:
            self.parents[node] = self._open[-1][0]
        self._open.append((node, self.offset))

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.spans[node] = self._open.pop()[1], self.offset

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Iterator[None]:
        start = self.offset
        yield
        start = self.spans[start_node][0] if start_node is not None else start
        self.bare[node] = start, self.spans[end_node][1] if end_node is not None else self.offset

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)
        self.offset += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)
