"""How many examples the laws draw: few and always the same ones, unless the variable LAWS asks for more.

`LAWS=search` draws many and new ones; `LAWS=shrink` also makes what fails as small as it can, which may take minutes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from sqla_lint.commands.check import WATCHED
from sqla_lint.commands.ci import HOSTS
from sqla_lint.engine import record
from tests.commands import Shell

COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
DRAW = (Phase.explicit, Phase.reuse, Phase.generate)

settings.register_profile("ci", COMMON, max_examples=25, derandomize=True, database=None, phases=DRAW)
settings.register_profile("search", COMMON, max_examples=400, phases=DRAW)
settings.register_profile("shrink", COMMON, max_examples=400)
settings.load_profile(os.environ.get("LAWS", "ci"))


@pytest.fixture(autouse=True, scope="session")
def nobody_special_reads() -> Iterator[None]:
    """What is printed depends on who reads, and who runs the tests shall not matter."""
    with pytest.MonkeyPatch.context() as patch:
        hosts = [name for one in HOSTS for name in (one.told_by, one.branch, one.commit, one.summary) if name]
        for name in (*record.AGENTS, *record.ENVIRONMENT, *WATCHED, *hosts):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def an_interrupt_is_heard() -> None:
    """A shell has what runs in its background ignore Ctrl-C, and so would every command that is started here."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
