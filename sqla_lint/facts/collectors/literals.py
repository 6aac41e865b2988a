"""The value of a string or a number as it is written."""

from __future__ import annotations

import re
import unicodedata

_PREFIX = re.compile(r"[A-Za-z]*")
_ESCAPE = re.compile(
    r"\\(?:(\n)|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|N\{([^}]*)\})"
)
_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def string(written: str) -> str | None:
    """The value of a string literal; None for bytes and for what no text can hold (a lone surrogate)."""
    if written[0] in "'\"" and "\\" not in written and "\r" not in written:
        return written[3:-3] if written[:3] in ('"""', "'''") else written[1:-1]
    prefix = _PREFIX.match(written)
    length = prefix.end() if prefix else 0
    letters = written[:length].lower()
    if "b" in letters:
        return None
    quotes = 3 if written[length : length + 3] in ('"""', "'''") else 1
    return literal_part(written[length + quotes : -quotes], "r" in letters)


def literal_part(inside: str, raw: bool) -> str | None:
    """The value of what stands between quotes."""
    if "\r" in inside:
        inside = inside.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in inside:
        return inside
    try:
        value = _ESCAPE.sub(_unescaped, inside)
        value.encode()
    except (ValueError, OverflowError, KeyError):
        return None
    return value


def _unescaped(found: re.Match[str]) -> str:
    newline, simple, octal, two, four, eight, name = found.groups()
    if newline:
        return ""
    if simple:
        return _SIMPLE[simple]
    if octal:
        return chr(int(octal, 8))
    if name is not None:
        return unicodedata.lookup(name)
    return chr(int(two or four or eight, 16))


def integer(written: str) -> int | None:
    """None for a number that does not fit into 64 bits, which facts cannot hold."""
    try:
        value = int(written) if written.isdecimal() else int(written, 0)
    except ValueError:
        return None
    return value if value < 1 << 63 else None
