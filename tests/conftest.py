from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqla_lint.commands.check import WATCHED
from sqla_lint.commands.ci import HOSTS
from sqla_lint.engine import record
from tests.commands import Shell


@pytest.fixture(autouse=True, scope="session")
def nobody_special_reads() -> Iterator[None]:
    """What is printed depends on who reads, and who runs the tests shall not matter."""
    with pytest.MonkeyPatch.context() as patch:
        hosts = [name for one in HOSTS for name in (one.told_by, one.branch, one.commit, one.summary) if name]
        for name in (*record.AGENTS, *record.ENVIRONMENT, *WATCHED, *hosts):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def imports_as_before() -> Iterator[None]:
    """A run with code of a project leaves its root on the import path, where the next test would find modules of it."""
    before = list(sys.path)
    yield
    sys.path[:] = before


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Commands in an empty folder."""
    return Shell(tmp_path, monkeypatch, capfdbinary)
