"""Command lines of `sqla-lint`, typed in this process."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sqla_lint import cli


class Printed(NamedTuple):
    """What a command left: its exit code, and what it wrote where."""

    code: int
    out: str
    err: str


class Shell:
    """Runs command lines in a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[bytes]) -> None:
        self._monkeypatch = monkeypatch
        self._captured = captured
        monkeypatch.chdir(folder)
        monkeypatch.delenv("FORCE_COLOR", raising=False)

    def __call__(self, *args: str, stdin: str | bytes = "") -> Printed:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with pytest.raises(SystemExit) as stop:
            cli.main(args)
        out, err = self._captured.readouterr()
        assert isinstance(stop.value.code, int)
        return Printed(stop.value.code, out.decode(), err.decode())
