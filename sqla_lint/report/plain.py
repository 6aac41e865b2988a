"""Source and names made fit for a terminal: no character in them can move the cursor or hide the next one."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
TAB = 4


def printable(text: str) -> str:
    """`text` with control, format and lone surrogate characters as escapes, and tabs as spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\t":
        return " " * TAB
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encodable(text: str) -> str:
    """`text` with lone surrogates, which stand for bytes of a name that are no UTF-8, as escapes: for JSON that others
    read, who take it for broken otherwise."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def width(text: str) -> int:
    """How many terminal cells printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def short(symbol: str, path: str) -> str:
    """A symbol without the module it is in, which the path beside it says already."""
    for folder in PurePosixPath(path).parents:
        symbol = symbol.replace(f"@{folder}", "", 1)
    stem = PurePosixPath(path).with_suffix("")
    module = stem.parent.parts if stem.name == "__init__" else stem.parts
    names = symbol.split(".")
    for length in range(len(names) - 1, 0, -1):
        if tuple(names[:length]) == module[-length:]:
            return ".".join(names[length:])
    return symbol
