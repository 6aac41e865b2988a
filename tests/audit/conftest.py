"""The command, as its user sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sqla_lint import cli
from tests.audit.browser import browser
from tests.audit.by_hand import Command, Printed


@pytest.fixture
def lint(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*args: str) -> Printed:
        with pytest.raises(SystemExit) as stop:
            cli.main(args)
        out, err = capfdbinary.readouterr()
        assert isinstance(stop.value.code, int)
        return Printed(stop.value.code, out.decode(), err.decode())

    return call


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started
