"""Which names stand where in a tree: the slow, exact answer, from writing the tree out again."""

from __future__ import annotations

import libcst as cst
from libcst._nodes.internal import CodegenState

from sqla_lint.syntax.tokens import SKIPPED_KEYWORDS


class _Marking(CodegenState):
    """Writes a tree, noting each identifier it writes and how many characters stand before it."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.offset = 0
        self.names: list[str] = []
        self.starts: list[int] = []
        self.literal = False
        self.previous = ""

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.literal = isinstance(node, (cst.FormattedStringText, cst.TemplatedStringText))

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)
        self.offset += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        # A conversion (`!r`) is the only word that is written after an exclamation mark.
        word = not self.literal and self.previous != "!" and value not in SKIPPED_KEYWORDS
        if word and value.isidentifier():
            self.names.append(value)
            self.starts.append(self.offset)
        self.literal = False
        self.previous = value
        self.tokens.append(value)
        self.offset += len(value)


def written_names(tree: cst.Module, text: str) -> tuple[list[str], list[int]]:
    """What `scan(text)` would say, from the tree alone; every offset is -1 if the tree writes another text."""
    state = _Marking(tree.default_indent, tree.default_newline)
    tree._codegen(state)
    # A lone carriage return at the end is not written again, so only what stands before the last name counts.
    before = state.starts[-1] if state.starts else 0
    if "".join(state.tokens)[:before] != text[:before]:
        return state.names, [-1] * (len(state.names) + 1)
    return state.names, [*state.starts, len(text)]
