"""What a run costs beside the bare parse and beside other tools, as whole processes, in turn.

`python -m tests.bench.bench_peers FOLDER ... [--tools BIN]`: BIN is the folder with the other tools' commands; those
that are not there are left out. Figures are CPU seconds (of all processes of a tool), wall seconds and peak memory of
the largest process: medians, with the number of runs, and how many times the CPU of the parse. Everything runs on a
copy of each folder.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sqla_lint
from tests.bench.bench_check import PARSE, spent

HERE = Path(__file__).parent
RUNS = 5


@dataclass(frozen=True)
class Tool:
    """One line of the table. `before` is done to the folder before each run and is not measured."""

    name: str
    command: list[str]
    before: Callable[[Path], None] = lambda folder: None
    runs: int = RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--tools", type=Path, default=Path())
    parser.add_argument("--slow-runs", type=int, default=1, help="runs of tools that take minutes")
    options = parser.parse_args()
    compileall.compile_dir(Path(sqla_lint.__file__).parent, quiet=1)
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / folder.name
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".sqla-lint-cache"))
            _table(copy, [*ours(copy), *peers(copy, options.tools, options.slow_runs)])


def _table(folder: Path, tools: list[Tool]) -> None:
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    print(f"\n{folder.name}: {lines:,} lines in {len(list(folder.rglob('*.py'))):,} files\n")
    print(f"{'':34} {'CPU s':>8} {'of parse':>9} {'wall s':>8} {'MiB':>6} {'runs':>5}", flush=True)
    taken: dict[str, list[tuple[float, float, int]]] = {tool.name: [] for tool in tools}
    for turn in range(max(tool.runs for tool in tools)):
        for tool in tools:
            if turn < tool.runs:
                tool.before(folder)
                taken[tool.name].append(spent(tool.command))
    floor = median(cpu for cpu, _, _ in taken[tools[0].name])
    for tool in tools:
        cpu, wall, memory = (median(column) for column in zip(*taken[tool.name], strict=True))
        print(
            f"{tool.name:34} {cpu:8.2f} {cpu / floor:9.2f} {wall:8.2f} {memory / 1024:6.0f} {tool.runs:5}", flush=True
        )


def ours(folder: Path) -> list[Tool]:
    """The bare parse, and the linter: cold, warm, after an edit."""
    check = [sys.executable, "-m", "sqla_lint", "check", str(folder)]
    cache = folder / ".sqla-lint-cache"
    files = sorted(path for path in folder.rglob("*.py") if path.stat().st_size > 200)
    draw = random.Random(20261125)

    def forget(_: Path) -> None:
        shutil.rmtree(cache, ignore_errors=True)

    def edit(_: Path) -> None:
        path = draw.choice(files)
        path.write_bytes(path.read_bytes() + b"\n_EDITED = 1\n")

    return [
        Tool("libcst.parse_module, gc paused", [sys.executable, "-c", PARSE, str(folder)]),
        Tool("sqla-lint, cold, one process", [*check, "-j", "1"], forget),
        Tool("sqla-lint, cold, two processes", [*check, "-j", "2"], forget),
        Tool("sqla-lint, nothing changed", [*check, "-j", "2"]),
        Tool("sqla-lint, one file changed", [*check, "-j", "2"], edit),
    ]


def peers(folder: Path, tools: Path, slow_runs: int) -> list[Tool]:
    """The other tools that are in `tools`, with the rules that come nearest."""
    where = str(folder)
    known = [
        Tool("ruff check --select ALL", ["ruff", "check", "--isolated", "--no-cache", "--select", "ALL", "-q", where]),
        Tool("flake8 with flake8-sqlalchemy2", ["flake8", "--isolated", "-j", "1", where]),
        Tool("pylint, errors only", ["pylint", "-E", "-j", "1", "--recursive", "y", where], runs=slow_runs),
        Tool("fixit, default rules", ["fixit", "lint", where], runs=slow_runs),
        Tool(
            "semgrep, three local rules",
            [
                *("semgrep", "scan", "--metrics=off", "--disable-version-check", "-q", "-j", "1", "--no-git-ignore"),
                *("--config", str(HERE / "semgrep.yml"), where),
            ],
            runs=slow_runs,
        ),
        Tool(
            "mypy",
            ["mypy", "--ignore-missing-imports", "--no-incremental", "--cache-dir", os.devnull, where],
            runs=slow_runs,
        ),
    ]
    there = [tool for tool in known if (tools / tool.command[0]).is_file()]
    return [Tool(tool.name, [str(tools / tool.command[0]), *tool.command[1:]], runs=tool.runs) for tool in there]


if __name__ == "__main__":
    main()
