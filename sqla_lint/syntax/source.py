"""From the bytes of a file to a tree: encoding, errors, and parsing that no nesting can bring down."""

from __future__ import annotations

import codecs
import gc
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import TypeVar

import libcst as cst

from sqla_lint.syntax.tokens import Tokens, scan

T = TypeVar("T")

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|$)([^\r\n]*)")
# CPython's own limit; the parser's stack lasts for three times as many on eight megabytes.
_MOST_BRACKETS = 200
# Below these the parser needs less than a quarter of eight megabytes.
_CALM_BRACKETS = 50
_CALM_STATEMENT = 2_000
_CALM_ELIFS = 300
_LARGE_STACK = 512 * 1024 * 1024
_BRACKETS = str.maketrans("[]{}", "()()")
_one_at_a_time = threading.Lock()


class Unparsed(Exception):
    """A file that cannot be read as Python. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def decode(data: bytes) -> str:
    """The text of a file, without its BOM; line ends stay as they are."""
    encoding = "utf-8"
    marked = data.startswith(codecs.BOM_UTF8)
    if marked:
        data = data[len(codecs.BOM_UTF8) :]
    line, cookie = _cookie(data)
    if cookie:
        try:
            encoding = codecs.lookup(cookie).name
        except LookupError:
            raise Unparsed(f"unknown encoding: {cookie}", line) from None
        if marked and encoding != "utf-8":
            raise Unparsed(f"encoding {cookie} contradicts the UTF-8 byte order mark", line)
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


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: a tree is many objects and no garbage, looking through it costs a third."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def parse(text: str, tokens: Tokens | None = None) -> cst.Module:
    """The tree of a text; `tokens` are those of `scan(text)`, for whoever has them already."""
    deep = _deep(text, tokens or scan(text))
    with collector_paused():
        try:
            return with_room(cst.parse_module, text) if deep else with_room_if_needed(cst.parse_module, text)
        except cst.ParserSyntaxError as error:
            raise Unparsed(_reason(error), max(error.raw_line, 1), max(error.raw_column, 0) + 1) from None
        except RecursionError:
            raise Unparsed("nested too deeply") from None


def _reason(error: cst.ParserSyntaxError) -> str:
    return error.message.removeprefix("parser error: error at ").strip() or "invalid syntax"


def _deep(text: str, tokens: Tokens) -> bool:
    """Whether parsing may need more stack than a thread has by default. The parser does not say: it crashes.

    Depth comes from brackets, from chains within one statement (each link leaves a character in the gaps between
    words) and from `elif`.
    """
    if len(text) < _CALM_STATEMENT and text.count("(") + text.count("[") + text.count("{") < _CALM_BRACKETS:
        return False
    lines = tokens.gaps.translate(_BRACKETS).split("\n")
    depths = list(accumulate([line.count("(") - line.count(")") for line in lines]))
    if max(depths) > _CALM_BRACKETS or max(map(len, lines)) > _CALM_STATEMENT:
        deepest = max(accumulate([(char == "(") - (char == ")") for char in tokens.gaps.translate(_BRACKETS)]))
        if deepest > _MOST_BRACKETS:
            raise Unparsed("too many nested parentheses")
        return True
    statement = 0
    for line, depth in zip(lines, depths):
        statement += len(line.strip())
        if statement > _CALM_STATEMENT:
            return True
        if depth <= 0:
            statement = 0
    return text.count("elif") > _CALM_ELIFS


def with_room_if_needed(function: Callable[..., T], *arguments: object) -> T:
    try:
        return function(*arguments)
    except RecursionError:
        return with_room(function, *arguments)


def with_room(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a thread with a large stack, where Python's own recursion limit is out of the way."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function(*arguments))
        except BaseException as error:
            errors.append(error)

    with _one_at_a_time:
        limit = sys.getrecursionlimit()
        stack = threading.stack_size(_LARGE_STACK)
        try:
            sys.setrecursionlimit(1_000_000)
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack)
            sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]
