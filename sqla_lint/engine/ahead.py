"""A process that loads the parser while this one still finds out what there is to parse: most likely a file or two."""

from __future__ import annotations

import os
import sys
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection

from sqla_lint.engine.outcome import Outcome, read_chunk, start_worker

Load = tuple[bytes, bool]


def copies_are_safe() -> bool:
    """Whether processes may be started as copies of this one."""
    return "fork" in get_all_start_methods() and sys.platform != "darwin"


def available_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Ahead:
    """The process. It ends with this one."""

    def __init__(self) -> None:
        context = get_context("fork")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._here), daemon=True)
        self._process.start()
        there.close()

    @classmethod
    def start(cls) -> Ahead | None:
        """None where processes are not copies of this one, or there is no core to spare."""
        return cls() if copies_are_safe() and available_cores() > 1 else None

    def read(self, loads: list[Load]) -> list[Outcome] | None:
        """What the process makes of these files; None if it is gone."""
        try:
            self._here.send(loads)
            found: list[Outcome] = self._here.recv()
        except (EOFError, OSError):
            return None
        return found

    def stop(self) -> None:
        """End the process."""
        self._here.close()
        self._process.terminate()
        self._process.join()


def _serve(there: Connection, here: Connection) -> None:
    here.close()
    start_worker()
    import sqla_lint.facts.read  # noqa: F401  # so that it is there when the files come

    try:
        there.send(read_chunk(there.recv()))
    except EOFError:
        return
