"""A page's case as the application it shows, imported for real: for proofs, and for cases about libraries."""

from __future__ import annotations

import gc
import importlib
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.pages import Case


class Cases:
    """Imports cases, each into a folder and under names of its own, until `end`.

    Until then nothing is closed because the cycle collector happens to run; in a task of asyncio it would also
    let the other tasks go first. What lives before is frozen, so that to collect what a case leaves is cheap.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._count = 0
        gc.collect()
        gc.freeze()
        gc.disable()

    def lay(self, case: Case) -> Path:
        """Writes a case into a folder of its own, and goes there."""
        root = self._folder / str(self._count)
        self._count += 1
        case.write(root)
        self._monkeypatch.chdir(root)
        self._monkeypatch.syspath_prepend(root)
        return root

    def modules(self, case: Case) -> dict[str, Any]:
        """The modules of a case that lies where we are, by their names below `app`."""
        _forget_app()
        names = [path.removesuffix(".py").replace("/", ".") for path in case.files if path.endswith(".py")]
        return {name.removeprefix("app."): importlib.import_module(name) for name in names}

    def end(self) -> None:
        _forget_app()
        gc.enable()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # connections that a wrong case leaked are told of when they are collected
            gc.collect()


def _forget_app() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
        del sys.modules[name]
