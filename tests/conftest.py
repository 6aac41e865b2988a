from __future__ import annotations

from collections.abc import Iterator

import pytest

from sqla_lint.commands.check import WATCHED
from sqla_lint.commands.ci import HOSTS
from sqla_lint.engine import record


@pytest.fixture(autouse=True, scope="session")
def nobody_special_reads() -> Iterator[None]:
    """What is printed depends on who reads, and who runs the tests shall not matter."""
    with pytest.MonkeyPatch.context() as patch:
        hosts = [name for one in HOSTS for name in (one.told_by, one.branch, one.commit, one.summary) if name]
        for name in (*record.AGENTS, *record.ENVIRONMENT, *WATCHED, *hosts):
            patch.delenv(name, raising=False)
        yield
