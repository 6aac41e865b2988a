"""What a proof needs: a page's case, running as the project it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.pages import SHIPPED, read_page
from tests.proofs.postgres import server
from tests.running import Cases


@dataclass(frozen=True, slots=True)
class Running:
    """The modules of a case, imported for real; its databases lie in its own folder."""

    modules: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.modules[name]


Start = Callable[[str, str], Running]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Imports the case under a heading of a rule's page."""
    cases = Cases(tmp_path, monkeypatch)

    def run(rule: str, heading: str) -> Running:
        (page,) = SHIPPED.glob(f"*/{rule}.md")
        case = read_page(page).case(heading)
        cases.lay(case)
        return Running(cases.modules(case))

    yield run
    cases.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests run."""
    with server() as url:
        yield url
