"""Fixes one by one: each is shown as a diff, and somebody at a terminal says whether it is made."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice

from sqla_lint.commands.common import show
from sqla_lint.engine.run import Whole
from sqla_lint.model import Finding
from sqla_lint.report.full import head
from sqla_lint.report.plain import printable
from sqla_lint.report.theme import theme

_KEYS = "y,n,a,q,?"
_HELP = """\
y - make this fix
n - leave it
a - make this fix and all that follow
q - leave this fix and all that follow
? - say what the keys do
"""
_RED, _GREEN, _CYAN = "\x1b[31m", "\x1b[32m", "\x1b[36m"
_TINTS = {"-": _RED, "+": _GREEN, "@": _CYAN}

_Known = tuple[str, str, str, str]


def _known(finding: Finding) -> _Known:
    """What stays the same of a finding while fixes move it."""
    return finding.place.path, finding.symbol, finding.code, finding.message


class Review:
    """Asks about each fix, pass after pass, and never again about one that was left; nothing is made that was not
    shown, unless all that follow are taken."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._left: Counter[_Known] = Counter()
        self._rest: bool | None = None

    def __call__(self, whole: Whole, findings: Sequence[Finding]) -> list[Finding]:
        """Those of the findings whose fixes are wanted."""
        there = Counter(map(_known, findings))
        asked = [one for one in findings if there[_known(one)] > self._left[_known(one)]]
        hunks = [(one, hunk) for one in asked if (hunk := list(_hunk(whole, one)))]
        self._left &= there
        for mark in set(map(_known, asked)):
            del self._left[mark]
        chosen: list[Finding] = []
        for number, (finding, hunk) in enumerate(hunks, 1):
            if self._rest is None:
                self._present(finding, hunk)
            if self._wants(f"({number}/{len(hunks)}) Make this fix", finding):
                chosen.append(finding)
            else:
                self._left[_known(finding)] += 1
        return chosen

    def _present(self, finding: Finding, hunk: Sequence[str]) -> None:
        lines = [*head(finding, theme(self._colour)), *map(self._tinted, map(printable, hunk))]
        show("\n".join(lines) + "\n")

    def _tinted(self, line: str) -> str:
        tint = _TINTS.get(line[:1], "") if self._colour else ""
        return f"{tint}{line}\x1b[0m" if tint else line

    def _wants(self, question: str, finding: Finding) -> bool:
        while self._rest is None:
            unsure = finding.fix is not None and not finding.fix.safe
            show(f"{question}{' and look at it afterwards' if unsure else ''} [{_KEYS}]? ")
            match sys.stdin.readline().lower():
                case "y\n" | "n\n" as answer:
                    return answer == "y\n"
                case "a\n":
                    self._rest = True
                case "q\n":
                    self._rest = False
                case "":  # the end of the input
                    show("\n")
                    self._rest = False
                case _:
                    show(_HELP)
        return self._rest


def _hunk(whole: Whole, finding: Finding) -> Iterator[str]:
    """The diff that the fix of a finding is by itself, without the names of files; nothing if it cannot be made."""
    from sqla_lint.fixes.files import mend
    from sqla_lint.syntax.decoding import decode

    if finding.fix is None:
        return
    before = whole.reading.data[finding.place.path]
    after = mend(before, [finding.fix]).data
    yield from islice(unified_diff(_lines(decode(before)), _lines(decode(after)), lineterm=""), 2, None)


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", re.sub(r"(?:\r\n|\r|\n)\Z", "", text))
