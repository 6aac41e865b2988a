"""From the bytes of a file to its text, and the error for a file that nobody can read."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|$)([^\r\n]*)")


class Unparsed(Exception):  # noqa: N818  it is reported, not an error of ours
    """A file that cannot be read as Python. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def decode(data: bytes) -> str:
    """The text of a file, without its BOM; line ends stay as they are."""
    mark, encoding, line = _encoding(data)
    data = data[len(mark) :]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before) - max(before.rfind(b"\n"), before.rfind(b"\r"))
        raise Unparsed(f"not {encoding} text: {error.reason}", _lines(before) + 1, column) from None
    except (LookupError, ValueError) as error:
        raise Unparsed(f"cannot decode as {encoding}: {error}", line) from None
    if "\0" in text:
        before_nul = text[: text.index("\0")]
        column = len(before_nul) - max(before_nul.rfind("\n"), before_nul.rfind("\r"))
        raise Unparsed("source code cannot contain null bytes", _lines(before_nul.encode()) + 1, column)
    return text


def encode(text: str, like: bytes) -> bytes | None:
    """A text as bytes, with the BOM and in the encoding of the file `like`; None where that does not lead back to it,
    or would not be read so again."""
    mark, encoding, _ = _encoding(like)
    try:
        if mark + decode(like).encode(encoding) != like:
            return None
        data = mark + text.encode(encoding)
        return data if decode(data) == text else None
    except (UnicodeEncodeError, Unparsed):
        return None


def _encoding(data: bytes) -> tuple[bytes, str, int]:
    """The BOM of a file or nothing, the name of its encoding, and the line that declares it."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    line, cookie = _cookie(data[len(mark) :])
    if not cookie:
        return mark, "utf-8", line
    try:
        encoding = codecs.lookup(cookie).name
    except LookupError:
        raise Unparsed(f"unknown encoding: {cookie}", line) from None
    if mark and encoding != "utf-8":
        raise Unparsed(f"encoding {cookie} contradicts the UTF-8 byte order mark", line)
    return mark, encoding, line


def _cookie(data: bytes) -> tuple[int, str]:
    """The line and the name of the encoding that a file declares in its first two lines."""
    lines = _FIRST_LINES.match(data)
    if lines is None:
        return 1, ""
    if found := _COOKIE.match(lines[1]):
        return 1, found[1].decode("ascii", "replace")
    if _BLANK.match(lines[1]) and (found := _COOKIE.match(lines[2])):
        return 2, found[1].decode("ascii", "replace")
    return 1, ""


def _lines(before: bytes) -> int:
    return before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
