from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Commands in an empty folder."""
    return Shell(tmp_path, monkeypatch, capfdbinary)
