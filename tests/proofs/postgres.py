"""A PostgreSQL server of its own, for the proofs of what SQLite cannot show."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEMANDED = "SQLA_LINT_POSTGRES"
"""Where this variable is set, a proof that finds no PostgreSQL fails; elsewhere it is skipped."""
_SETTINGS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def _tools() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on the path, or where Debian keeps them by version."""
    known = shutil.which("initdb")
    if known is not None:
        return Path(known).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[str]:
    """Starts a server that only a socket in its own folder leads to, and gives its URL."""
    tools = _tools()
    if tools is None:
        reason = "PostgreSQL is not installed: no initdb on the path nor in /usr/lib/postgresql"
        if os.environ.get(DEMANDED):
            pytest.fail(reason)
        pytest.skip(reason)
    user = "postgres" if os.geteuid() == 0 else None
    # The path of a socket has to be short, and its folder open to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if user is not None:
        shutil.chown(folder, user)

    def run(tool: str, *args: str) -> None:
        command = [str(tools / tool), "-D", str(folder / "data"), *args]
        with (folder / "output").open("a") as output:
            done = subprocess.run(command, user=user, cwd=folder, stdout=output, stderr=output, check=False)
        assert done.returncode == 0, (folder / "output").read_text()

    try:
        run("initdb", "-U", "proof", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"{_SETTINGS} -k {folder}", "start")
        try:
            yield f"postgresql+psycopg://proof@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
