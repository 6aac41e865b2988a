"""From the bytes of a file to a tree: encoding, errors, and parsing that no nesting can bring down."""

from __future__ import annotations

import ast
import codecs
import gc
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from operator import add, sub
from typing import TypeVar

import libcst as cst

from sqla_lint.syntax.tokens import Tokens, scan
from sqla_lint.syntax.unchecked import unchecked

T = TypeVar("T")

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|$)([^\r\n]*)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_PARSER_ERROR = re.compile(r"parser error: error at (\d+):(\d+): (.*)", re.DOTALL)
_LAST_TOKEN = re.compile(r"(?:\w+|[^\w\s])\s*$")
# CPython's own limit; the parser's stack lasts for three times as many on eight megabytes.
_MOST_BRACKETS = 200
# Below these the parser needs less than a quarter of eight megabytes.
_CALM_BRACKETS = 50
_CALM_STATEMENT = 2_000
_CALM_ELIFS = 300
_LARGE_STACK = 512 * 1024 * 1024
_BRACKETS = str.maketrans("[]{}", "()()")
_one_at_a_time = threading.Lock()


class Unparsed(Exception):  # noqa: N818  it is reported, not an error of ours
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
    """No garbage collection inside: trees and summaries are many objects and little garbage; a tree is read in a third
    less time."""
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
    with collector_paused(), unchecked():
        try:
            return with_room(cst.parse_module, text) if deep else with_room_if_needed(cst.parse_module, text)
        except cst.ParserSyntaxError as error:
            raise _refused(error.message, text) from None
        except RecursionError:
            raise Unparsed("nested too deeply") from None


def _refused(message: str, text: str) -> Unparsed:
    """The parser says in its message where the unexpected token ends; the tokenizer says nothing about places."""
    found = _PARSER_ERROR.match(message)
    if found is None:
        line, column = _place_by_the_interpreter(text)
        return Unparsed(message.removeprefix("tokenizer error: "), line, column)
    line = int(found[1])
    before = _LINE_END.split(text)[line - 1 : line]
    token = _LAST_TOKEN.search(before[0][: int(found[2])]) if before else None
    column = token.start() + 1 if token else 1
    expected = "invalid syntax" if "one of" in found[3] else found[3]
    return Unparsed(expected.replace("INDENT", "an indented block").replace("NAME", "a name"), line, column)


def _place_by_the_interpreter(text: str) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return max(error.lineno or 1, 1), max(error.offset or 1, 1)
    except (ValueError, RecursionError, MemoryError):
        pass
    return 1, 1


def _deep(text: str, tokens: Tokens) -> bool:
    """Whether parsing may need more stack than a thread has by default. The parser does not say: it crashes.

    Depth comes from brackets, from chains within one statement (each link leaves a character in the gaps between
    words) and from `elif`.
    """
    if len(text) < _CALM_STATEMENT and text.count("(") + text.count("[") + text.count("{") < _CALM_BRACKETS:
        return False
    gaps = tokens.gaps.translate(_BRACKETS)
    lines = gaps.split("\n")
    opened = [line.count("(") for line in lines]
    closed = [line.count(")") for line in lines]
    depths = list(accumulate(map(sub, opened, closed)))
    # Where a line ends, plus whatever it closed again: no less than its deepest point.
    if max(map(add, depths, closed)) > _CALM_BRACKETS:
        deepest = max(accumulate([(sign == "(") - (sign == ")") for sign in gaps]))
        if deepest > _MOST_BRACKETS:
            raise Unparsed("too many nested parentheses", *_place_by_the_interpreter(text))
        if deepest > _CALM_BRACKETS:
            return True
    statement = 0
    for line, depth in zip(lines, depths, strict=True):
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
