"""Where something stands in a text, for people: lines, columns, and how far a call or a statement reaches.

Facts keep only the offset at which something begins. The rest is found here, by brackets, when a finding is printed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from sqla_lint.model import Extent
from sqla_lint.syntax.tokens import NAME, NUMBER, SKIPPED_KEYWORDS, STRING_START, Braces

_LINE_END = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(
    rf"(?P<string>{STRING_START})|(?P<word>{NAME}|{NUMBER})|#[^\r\n]*|(?P<newline>\r\n|\r|\n)|\\(?:\r\n|\r|\n)"
    r"|(?P<sign>\.\.\.|[^\s\w])"
)
# What may stand before a bracket without the bracket belonging to it: `return (x)`, `in [1]`.
_KEYWORDS = (SKIPPED_KEYWORDS | {"return", "raise", "yield", "with", "lambda"}) - {"None", "True", "False"}
_AFTER_TEST = frozenset({",", ")", "]", "}", ";", ":", "if", "else", "for", "async", "|", "&"})


class SourceText:
    """A decoded text and its lines. Lines end at "\\n", "\\r\\n" and "\\r" only; lines and columns count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line without its end; "" for a line that is not there."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def extent(self, at: int, extent: Extent) -> tuple[int, int]:
        """The offsets between which something with the anchor `at` stands.

        A call reaches from the start of its callee (`await` is not part of it) to its closing bracket. Several calls
        may share an anchor: `f(a)(b)` is a call of `f` and a call of what `f` returns. The outermost of them is meant.
        """
        match extent:
            case Extent.CALL:
                return self._layout_around(at).call(at)
            case Extent.STATEMENT:
                return at, self._layout.statement_end(at)
            case Extent.NAME:
                return at, self._layout_around(at).word_end(at)
            case Extent.TEST:
                return self._layout_around(at).test(at)

    def logical_line(self, offset: int) -> tuple[int, int]:
        """The first and the last line of the statement around an offset; a line between statements is its own."""
        line, _ = self.position(offset)
        statements = self._logical_lines
        index = bisect_right(statements, (line, len(self._starts) + 1)) - 1
        if index >= 0 and statements[index][1] >= line:
            return statements[index]
        return line, line

    @cached_property
    def _logical_lines(self) -> list[tuple[int, int]]:
        return [(self.position(begin)[0], self.position(end)[0]) for begin, end in self._layout.lines]

    @cached_property
    def _layout(self) -> _Layout:
        return _Layout(self.text, 0)

    def _layout_around(self, at: int) -> _Layout:
        """The layout of the file, or that of the f-string's expression in which `at` stands."""
        layout = self._layout
        token = layout.token_at(at)
        if token < 0 or layout.begins[token] == at or layout.kinds[token] != "string":
            return layout
        braces = Braces(self.text)
        braces.string(layout.begins[token])
        around = [begin for begin, end in braces.fields if begin <= at < end]
        return _Layout(self.text, max(around)) if around else layout


class _Layout:
    """The tokens of a text from an offset on, which brackets belong together, and where logical lines end."""

    def __init__(self, text: str, begin: int) -> None:
        self.text = text
        self.begins: list[int] = []
        self.ends: list[int] = []
        self.kinds: list[str] = []
        self.partners: dict[int, int] = {}
        self.lines: list[tuple[int, int]] = []  # the first and the last character of each logical line
        self.first: set[int] = set()  # the tokens that begin a logical line
        self._read(begin)

    def _read(self, position: int) -> None:
        open_brackets: list[int] = []
        first = 0
        while found := _TOKEN.search(self.text, position):
            kind = found.lastgroup or ""
            position = found.end()
            if kind == "quote" or kind == "string":
                kind = "string"
                position = Braces(self.text).string(found.start())
            elif kind == "newline":
                if not open_brackets:
                    first = self._end_line(first)
                continue
            elif not kind:
                continue
            index = len(self.begins)
            if found[0] in "([{":
                open_brackets.append(index)
            elif found[0] in ")]}":
                if not open_brackets:
                    break
                opening = open_brackets.pop()
                self.partners[opening] = index
                self.partners[index] = opening
            self.begins.append(found.start())
            self.ends.append(position)
            self.kinds.append(kind)
        self._end_line(first)

    def _end_line(self, first: int) -> int:
        if first < len(self.begins):
            self.lines.append((self.begins[first], self.ends[-1] - 1))
            self.first.add(first)
        return len(self.begins)

    def token_at(self, offset: int) -> int:
        """The token in which an offset stands, -1 if it stands between two."""
        index = bisect_right(self.begins, offset) - 1
        return index if index >= 0 and offset < self.ends[index] else -1

    def word_end(self, at: int) -> int:
        index = self.token_at(at)
        return self.ends[index] if index >= 0 else at

    def statement_end(self, at: int) -> int:
        line = bisect_right(self.lines, (at, len(self.text))) - 1
        if line < 0:
            return at
        index = max(self.token_at(at), 0)
        last = self.token_at(self.lines[line][1])
        while index < last and self._sign(index + 1) != ";":
            index = self.partners.get(index, index) if self._sign(index) in ("(", "[", "{") else index
            if index < last and self._sign(index + 1) != ";":
                index += 1
        return self.ends[index] if index >= 0 else at

    def call(self, at: int) -> tuple[int, int]:
        index = self.token_at(at)
        if index < 0:
            return at, at
        first = self._chain_start(index)
        found = at, self.ends[index]
        last = index
        while True:
            following = "" if last + 1 in self.first else self._sign(last + 1)
            if following in ("(", "[") and last + 1 in self.partners:
                last = self.partners[last + 1]
                if following == "(":
                    found = self.begins[first], self.ends[last]
            elif following == ")" and self.partners.get(last + 1) == first - 1 and not self._trails(first - 1):
                first -= 1
                last += 1
            else:
                return found

    def test(self, at: int) -> tuple[int, int]:
        """From `not`, or the parenthesis of the first operand, to the end of the last."""
        first = last = self.token_at(at)
        if first < 0:
            return at, at
        last = self.partners.get(last, last)
        while first > 0 and first not in self.first and self._word(first - 1) == "not":
            first -= 1
        while last + 1 < len(self.begins) and last + 1 not in self.first:
            word = self._word(last + 1)
            if word == ")" and self._word(last + 2) in ("and", "or") and self.partners.get(last + 1) == first - 1:
                first -= 1
            elif word in _AFTER_TEST:
                break
            last = self.partners.get(last + 1, last + 1) if word in ("(", "[", "{") else last + 1
        return self.begins[first], self.ends[last]

    def _chain_start(self, index: int) -> int:
        """The first token of the attributes, calls and subscripts that lead to the token `index`."""
        while index >= 2 and self._sign(index - 1) == ".":
            index = self._primary_start(index - 2)
        return index

    def _primary_start(self, index: int) -> int:
        """The first token of what ends at the token `index`, up to the next dot to the left."""
        while self._sign(index) in (")", "]", "}") and index in self.partners:
            index = self.partners[index]
            if not self._trails(index):
                return index
            index -= 1
        while self.kinds[index] == "string" and index not in self.first and self.kinds[index - 1] == "string":
            index -= 1
        return index

    def _trails(self, index: int) -> bool:
        """Whether the bracket `index` calls or subscripts what stands before it."""
        if index in self.first or self._sign(index) == "{":
            return False
        before = index - 1
        if self.kinds[before] == "word":
            word = self._word(before)
            return word not in _KEYWORDS and not (word in ("match", "case") and self._opens_block(before))
        return self.kinds[before] == "string" or self._sign(before) in (")", "]", "}", "...")

    def _opens_block(self, index: int) -> bool:
        """Whether the token begins a logical line that ends with a colon, as `match (x):` does."""
        if index not in self.first:
            return False
        line = bisect_right(self.lines, (self.begins[index], len(self.text))) - 1
        return self.text[self.lines[line][1]] == ":"

    def _word(self, index: int) -> str:
        return self.text[self.begins[index] : self.ends[index]] if index < len(self.begins) else ""

    def _sign(self, index: int) -> str:
        """The token if it is a sign, else ""."""
        return self._word(index) if 0 <= index < len(self.kinds) and self.kinds[index] == "sign" else ""
