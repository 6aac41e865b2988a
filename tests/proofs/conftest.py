"""What a proof needs: a page's case, running as the project it shows."""

from __future__ import annotations

import gc
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.pages import SHIPPED, read_page


@dataclass(frozen=True, slots=True)
class Running:
    """The modules of a case, imported for real; its databases lie in its own folder."""

    modules: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.modules[name]


Start = Callable[[str, str], Running]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Imports the case under a heading of a rule's page, each time into a folder and under names of its own."""
    folders: list[Path] = []

    def run(rule: str, heading: str) -> Running:
        (page,) = SHIPPED.glob(f"*/{rule}.md")
        case = read_page(page).case(heading)
        root = tmp_path / str(len(folders))
        folders.append(root)
        case.write(root)
        monkeypatch.chdir(root)
        monkeypatch.syspath_prepend(root)
        _forget_app()
        names = [path.removesuffix(".py").replace("/", ".") for path in case.files]
        return Running({name.removeprefix("app."): importlib.import_module(name) for name in names})

    yield run
    _forget_app()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # connections that a wrong case leaked are told of when they are collected
        gc.collect()


def _forget_app() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
        del sys.modules[name]
