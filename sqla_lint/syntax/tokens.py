"""Which names stand where in a text: every identifier with its offset, in source order, without a parser.

Strings, comments and numbers are skipped, the expressions inside f-strings are not. Hard keywords are left out, except
those that facts take as a place: return, raise, yield, with, lambda. A text this reads wrongly (there are a few odd
ones) disagrees with its tree, and whoever compares the two asks for exact places instead.
"""

from __future__ import annotations

import re
from itertools import accumulate, compress
from typing import NamedTuple

SKIPPED_KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is nonlocal not or pass try while".split()
)
_PREFIX = r"(?:[rR][bB]?|[bB][rR]?|[uU]|[fFtT][rR]?|[rR][fFtT])?"
STRING = (
    _PREFIX + r'(?:"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"'
    r"|'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*')"
)
_NAME = r"[^\W\d]\w*"
_NUMBER = r"\d\w*\.?\w*"
# An identifier is tried before a string, because most tokens are identifiers; it may not touch a quote.
_TOKEN = re.compile(rf"({_NAME}(?![\w'\"])|{STRING}|#[^\n\r]*|{_NUMBER})", re.DOTALL)

_STRING_START = re.compile(_PREFIX + r"(\"\"\"|'''|\"|')")
_IN_BRACES = re.compile(rf"{_PREFIX}(\"\"\"|'''|\"|')|({_NAME})|#[^\n\r]*|{_NUMBER}|!=|[()\[\]{{}}!:]", re.DOTALL)
_CONVERSION = re.compile(r"!\s*\w+\s*")
_LITERAL_PART = {
    quote: re.compile(rf"\\N\{{[^{{}}]*\}}|\\[^{{}}]|\{{\{{|\}}\}}|({quote})|(\{{)", re.DOTALL)
    for quote in ('"', "'", '"""', "'''")
}
_RAW_LITERAL_PART = {
    quote: re.compile(rf"\\[^{{}}]|\{{\{{|\}}\}}|({quote})|(\{{)", re.DOTALL) for quote in ('"', "'", '"""', "'''")
}
_SPEAKS = re.compile(r"sqla:|noqa", re.IGNORECASE)
# A text that needs more new starts than this has given the expression many surprises: exact places are cheaper.
_MOST_RESTARTS = 20


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
    wanted = [word not in SKIPPED_KEYWORDS and word.isidentifier() for word in words]
    done = 0
    for index in [i for i, word in enumerate(words) if word[-1] in "\"'" and word[0] in "fFtTrR" or word[0] == "#"]:
        word = words[index]
        at = places[index]
        if word[0] == "#":
            if _SPEAKS.search(word):
                comments.append((at, word))
            continue
        start = _STRING_START.match(word)
        if start is None or "{" not in word or not {"f", "F", "t", "T"} & set(word[: start.start(1)]):
            continue
        names += compress(words[done:index], wanted[done:index])
        starts += compress(places[done:index], wanted[done:index])
        done = index + 1
        end = _fstring(text, at, names, starts)
        if end != at + len(word):
            gaps += pieces[0 : 2 * index + 1 : 2]
            return end
    names += compress(words[done:], wanted[done:])
    starts += compress(places[done:], wanted[done:])
    gaps += pieces[0::2]
    return -1


def _fstring(text: str, at: int, names: list[str], starts: list[int]) -> int:
    """Read the f-string that begins at `at`; the offset after its closing quote."""
    start = _STRING_START.match(text, at)
    if start is None:
        return len(text)
    quote = start[1]
    raw = "r" in text[at : start.start(1)].lower()
    part = (_RAW_LITERAL_PART if raw else _LITERAL_PART)[quote]
    position = start.end()
    while found := part.search(text, position):
        if found[1]:
            return found.end()
        position = _braces(text, found.end(), names, starts) if found[2] else found.end()
    return len(text)


def _braces(text: str, position: int, names: list[str], starts: list[int]) -> int:
    """Read an f-string's expression up to and with its `}`, format specification included."""
    depth = 0
    while found := _IN_BRACES.search(text, position):
        token = found[0]
        position = found.end()
        if found[1]:
            position = _string(text, found.start(), found.start(1), names, starts)
        elif found[2]:
            if token not in SKIPPED_KEYWORDS:
                names.append(token)
                starts.append(found.start())
        elif token in "([{":
            depth += 1
        elif depth:
            depth -= token in ")]}"
        elif token == "}":
            return position
        elif token == "!":
            conversion = _CONVERSION.match(text, found.start())
            position = conversion.end() if conversion else position
        elif token == ":":
            return _specification(text, position, names, starts)
    return len(text)


def _specification(text: str, position: int, names: list[str], starts: list[int]) -> int:
    while position < len(text):
        if text[position] == "}":
            return position + 1
        position = _braces(text, position + 1, names, starts) if text[position] == "{" else position + 1
    return position


def _string(text: str, at: int, quote: int, names: list[str], starts: list[int]) -> int:
    if {"f", "F", "t", "T"} & set(text[at:quote]):
        return _fstring(text, at, names, starts)
    whole = _WHOLE_STRING.match(text, at)
    return whole.end() if whole else len(text)


_WHOLE_STRING = re.compile(STRING, re.DOTALL)
