"""Colours: escapes for a terminal, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.model import Severity


@dataclass(frozen=True, slots=True)
class Theme:
    """What stands before a piece of text to colour it, and after it to stop."""

    error: str = ""
    warning: str = ""
    info: str = ""
    strong: str = ""
    frame: str = ""
    off: str = ""

    def of(self, severity: Severity) -> str:
        """The colour of a severity."""
        return {Severity.ERROR: self.error, Severity.WARNING: self.warning, Severity.INFO: self.info}[severity]


_PLAIN = Theme()
_ANSI = Theme("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[1;34m", "\x1b[0m")


def theme(colour: bool) -> Theme:
    return _ANSI if colour else _PLAIN
