"""Files read by a real Dask cluster: a scheduler and two workers, each a process of its own on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client

ROOT = Path(__file__).resolve().parent.parent
RECIPE = re.search(r"^```python\n(.*?)^```$", (ROOT / "docs/speed.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
PATIENCE = 300


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}


def connected(address: str) -> Client:
    return Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]  # it has no types


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster with two workers, on ports that are free."""
    folder = tmp_path_factory.mktemp("cluster")
    about = folder / "scheduler.json"
    with (folder / "output").open("wb") as output:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{name}", "--scheduler-file", str(about), *options],
                cwd=folder,
                env=environment(),
                stdout=output,
                stderr=output,
            )
            for name, options in (
                ("dask_scheduler", ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]),
                ("dask_worker", ["--nworkers", "2", "--nthreads", "1", "--no-dashboard"]),
            )
        ]
        try:
            until = time.monotonic() + PATIENCE
            while not about.exists() and time.monotonic() < until:
                time.sleep(0.1)
            address = json.loads(about.read_text())["address"]
            with connected(address) as client:
                client.wait_for_workers(2, timeout=PATIENCE)
            yield address
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(PATIENCE)


def audited(project: Path, *options: str, **variables: str) -> tuple[int, bytes, bytes]:
    command = [sys.executable, "-m", "sqla_lint", "audit", "--format", "json", "--no-cache", *options, "."]
    done = subprocess.run(command, cwd=project, env=environment() | variables, capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def has_read() -> bool:
    """Whether the parser was needed in a process."""
    return "sqla_lint.facts.read" in sys.modules


@pytest.mark.parametrize("name", ["leaky_shop", "clean_shop"])
def test_a_cluster_says_the_same_byte_for_byte(name: str, scheduler: str, tmp_path: Path) -> None:
    project = tmp_path / name
    shutil.copytree(ROOT / "fixtures/projects" / name, project, ignore=shutil.ignore_patterns(".sqla-lint*"))
    installed = tmp_path / "installed"
    installed.mkdir()
    assert RECIPE is not None
    (installed / "lint_cluster.py").write_text(RECIPE[1])
    (project / "broken.py").write_text("def f(:\n")
    with connected(scheduler) as client:
        client.restart()
        assert list(client.run(has_read).values()) == [False, False]
    there = audited(
        project,
        "--config",
        "executor=lint_cluster:executor",
        PYTHONPATH=f"{ROOT}{os.pathsep}{installed}",
        DASK_SCHEDULER_ADDRESS=scheduler,
    )
    here = audited(project, "-j", "1")
    assert there == here
    assert here[0] == 0
    assert len(here[1]) > 1000
    with connected(scheduler) as client:
        assert any(client.run(has_read).values())
