"""How a page's case is run for real."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from tests.running import Cases


def test_a_case_runs_without_the_cycle_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = Cases(tmp_path, monkeypatch)
    assert not gc.isenabled()

    cases.end()

    assert gc.isenabled()
