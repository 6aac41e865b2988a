"""From the text of a file to a tree: errors, and parsing that no nesting can bring down."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import accumulate
from operator import add, sub
from typing import TypeVar

import libcst as cst

from sqla_lint.syntax.decoding import Unparsed
from sqla_lint.syntax.room import collector_paused, with_room, with_room_if_needed
from sqla_lint.syntax.tokens import Tokens, scan
from sqla_lint.syntax.unchecked import unchecked

T = TypeVar("T")

_LINE_END = re.compile(r"\r\n|\r|\n")
_PARSER_ERROR = re.compile(r"parser error: error at (\d+):(\d+): (.*)", re.DOTALL)
_LAST_TOKEN = re.compile(r"(?:\w+|[^\w\s])\s*$")
# CPython's own limit; the parser's stack lasts for three times as many on eight megabytes.
_MOST_BRACKETS = 200
# Below these the parser needs less than a quarter of eight megabytes.
_CALM_BRACKETS = 50
_CALM_STATEMENT = 2_000
_CALM_ELIFS = 300
_BRACKETS = str.maketrans("[]{}", "()()")


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
