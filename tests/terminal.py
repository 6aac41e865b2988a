"""A terminal with somebody at the keyboard."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Terminal:
    """A command with somebody at the keyboard."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._here, there = pty.openpty()
        self._running = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=there, stdout=there, stderr=there, start_new_session=True
        )
        os.close(there)
        self._heard = ""

    def type(self, keys: str) -> None:
        os.write(self._here, keys.encode())

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._running.send_signal(signal.SIGINT)

    def hear(self, mark: str, seconds: float = 60) -> str:
        """All that comes until `mark`."""
        until = time.monotonic() + seconds
        while mark not in self._heard:
            ready, _, _ = select.select([self._here], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(f"no {mark!r} in {self._heard!r}")
            self._heard += os.read(self._here, 4096).decode("utf-8", "replace")
        said, _, self._heard = self._heard.partition(mark)
        return said

    def end(self, seconds: float = 60) -> tuple[int, str]:
        """The exit code, and all that comes until the end."""
        try:
            while True:
                ready, _, _ = select.select([self._here], [], [], seconds)
                if not ready:
                    raise TimeoutError(f"no end after {self._heard!r}")
                self._heard += os.read(self._here, 4096).decode("utf-8", "replace")
        except OSError:  # how Linux says that nobody has the other side open
            return self._running.wait(seconds), self._heard.replace("\r\n", "\n")

    def close(self) -> None:
        self._running.kill()
        self._running.wait()
        os.close(self._here)
