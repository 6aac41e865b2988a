"""Which names stand where in a text: every identifier with its offset, in source order, without a parser.

Strings, comments and numbers are skipped, the expressions inside f-strings are not. Hard keywords are left out, except
those that facts take as a place: return, raise, yield, with, lambda. A text this reads wrongly (there are a few odd
ones) disagrees with its tree, and whoever compares the two asks for exact places instead.
"""

from __future__ import annotations

import keyword
import re
from itertools import accumulate, compress
from typing import NamedTuple

SKIPPED_KEYWORDS = frozenset(keyword.kwlist) - {"return", "raise", "yield", "with", "lambda"}
_PREFIX = r"(?:[rR][bB]?|[bB][rR]?|[uU]|[fFtT][rR]?|[rR][fFtT])?"
STRING = (
    _PREFIX + r'(?:"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"'
    r"|'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*')"
)
# Outside of strings and comments only an identifier has characters beyond ASCII.
NAME = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*"
NUMBER = (
    r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+"
    r"|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9][0-9_]*)?[jJ]?"
)
# An f-string whose expressions have newlines: what the expression for strings takes for an unclosed one.
_OPEN_FSTRING = r"(?:[fFtT][rR]?|[rR][fFtT])[\"']"
# An identifier is tried before a string, because most tokens are identifiers; it may not touch a quote.
_TOKEN = re.compile(rf"({NAME}(?![\w'\"])|{STRING}|#[^\n\r]*|{NUMBER}|{_OPEN_FSTRING})", re.DOTALL)

STRING_START = _PREFIX + r"(?P<quote>\"\"\"|'{3}|\"|')"
_STRING_START = re.compile(STRING_START)
_WHOLE_STRING = re.compile(STRING, re.DOTALL)
_IN_BRACES = re.compile(rf"{STRING_START}|({NAME})|#[^\n\r]*|{NUMBER}|!=|[()\[\]{{}}!:]", re.DOTALL)
_CONVERSION = re.compile(r"!\s*\w+\s*")
_QUOTES = ('"', "'", '"' * 3, "'" * 3)
_LITERAL_PART = {
    quote: re.compile(rf"\\N\{{[^{{}}]*\}}|\\[^{{}}]|\{{\{{|\}}\}}|({quote})|(\{{)", re.DOTALL) for quote in _QUOTES
}
_RAW_LITERAL_PART = {quote: re.compile(rf"\\[^{{}}]|\{{\{{|\}}\}}|({quote})|(\{{)", re.DOTALL) for quote in _QUOTES}
_SPEAKS = re.compile(r"sqla:|noqa", re.IGNORECASE)
# A text that needs more new starts than this has surprised the expression often: exact places are cheaper.
_MOST_RESTARTS = 10


class Tokens(NamedTuple):
    """`names[i]` begins at `starts[i]`; `starts` has one entry more, the length of the text.

    `comments` are those that speak to the linter. `gaps` is what stands between the words, strings and comments:
    operators, brackets, white space.
    """

    names: list[str]
    starts: list[int]
    comments: list[tuple[int, str]]
    gaps: str


def scan(text: str) -> Tokens:
    names: list[str] = []
    starts: list[int] = []
    comments: list[tuple[int, str]] = []
    gaps: list[str] = []
    begin = 0
    for _ in range(_MOST_RESTARTS):
        begin = _stretch(text, begin, names, starts, comments, gaps)
        if begin < 0:
            break
    starts.append(len(text))
    return Tokens(names, starts, comments, "\0".join(gaps))


def _stretch(
    text: str, begin: int, names: list[str], starts: list[int], comments: list[tuple[int, str]], gaps: list[str]
) -> int:
    """Read on from `begin`; -1 at the end of the text, or the end of an f-string that the expression cut wrongly."""
    pieces = _TOKEN.split(text[begin:] if begin else text)
    words = pieces[1::2]
    places = list(accumulate(map(len, pieces), initial=begin))[1::2]
    different = set(words)
    identifiers = {word for word in different if word.isidentifier()} - SKIPPED_KEYWORDS
    special = {word for word in different if word[0] == "#" or (word[-1] in "\"'" and word[0] in "fFtTrR")}
    wanted = list(map(identifiers.__contains__, words))
    done = 0
    for index in compress(range(len(words)), map(special.__contains__, words)):
        word = words[index]
        at = places[index]
        if word[0] == "#":
            if _SPEAKS.search(word):
                comments.append((at, word))
            continue
        start = _STRING_START.match(word)
        if start is None or not {"f", "F", "t", "T"} & set(word[: start.start(1)]):
            continue
        if "{" not in word and start.end() < len(word):
            continue
        names += compress(words[done:index], wanted[done:index])
        starts += compress(places[done:index], wanted[done:index])
        done = index + 1
        inside = Braces(text)
        end = inside.string(at)
        names += inside.names
        starts += inside.starts
        if end != at + len(word):
            gaps += pieces[0 : 2 * index + 1 : 2]
            return end
    names += compress(words[done:], wanted[done:])
    starts += compress(places[done:], wanted[done:])
    gaps += pieces[0::2]
    return -1


class Braces:
    """Reads f-strings: the names in their expressions, and where these expressions lie (`fields`, the inner first)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        self.starts: list[int] = []
        self.fields: list[tuple[int, int]] = []

    def string(self, at: int) -> int:
        """Read the string of any kind that begins at `at`; the offset after its closing quote."""
        start = _STRING_START.match(self.text, at)
        if start is None:
            return len(self.text)
        prefix = self.text[at : start.start(1)].lower()
        if "f" not in prefix and "t" not in prefix:
            whole = _WHOLE_STRING.match(self.text, at)
            return whole.end() if whole else len(self.text)
        part = (_RAW_LITERAL_PART if "r" in prefix else _LITERAL_PART)[start[1]]
        position = start.end()
        while found := part.search(self.text, position):
            if found[1]:
                return found.end()
            position = self._field(found.end()) if found[2] else found.end()
        return len(self.text)

    def _field(self, begin: int) -> int:
        """Read an expression and its format specification up to and with its `}`."""
        depth = 0
        position = begin
        while found := _IN_BRACES.search(self.text, position):
            token = found[0]
            position = found.end()
            if found[1]:
                position = self.string(found.start())
            elif found[2]:
                if token not in SKIPPED_KEYWORDS:
                    self.names.append(token)
                    self.starts.append(found.start())
            elif token in "([{":
                depth += 1
            elif depth:
                depth -= token in ")]}"
            elif token == "}":
                self.fields.append((begin, found.start()))
                return position
            elif token == "!":
                conversion = _CONVERSION.match(self.text, found.start())
                position = conversion.end() if conversion else position
            elif token == ":":
                self.fields.append((begin, found.start()))
                return self._specification(position)
        return len(self.text)

    def _specification(self, position: int) -> int:
        while position < len(self.text):
            if self.text[position] == "}":
                return position + 1
            position = self._field(position + 1) if self.text[position] == "{" else position + 1
        return position
