"""Text edits as values, and the one for one more element of a list."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from sqla_lint.fixes.tree import Span, Tree


class Replacement(NamedTuple):
    """Text that takes the place of what stands from one offset to another. `shared` says that several fixes want it,
    and that once is enough for all of them: an import."""

    start: int
    end: int
    text: str
    shared: bool = False


def one_more(tree: Tree, last: Span, comma: object, said: str) -> tuple[Replacement, ...]:
    """One more element after the last, behind which a comma may stand: on a line of its own, where that has one."""
    text = tree.text
    start, end = last
    closed = isinstance(comma, cst.Comma)
    after = tree.span(comma.whitespace_before)[1] + 1 if isinstance(comma, cst.Comma) else end
    line, line_end = tree.line_start(start), tree.line_end(after)
    rest = text[after:line_end].strip()
    if text[line:start].strip() or (rest and not rest.startswith("#")):
        return (Replacement(after, after, f" {said}," if closed else f", {said}"),)
    own = f"{tree.line_break(after)}{text[line:start]}{said}{',' if closed else ''}"
    if closed:
        return (Replacement(line_end, line_end, own),)
    if not rest:
        return (Replacement(end, line_end, f",{own}"),)
    return (Replacement(end, end, ","), Replacement(line_end, line_end, own))
