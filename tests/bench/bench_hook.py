"""What the hook costs a commit: `python -m tests.bench.bench_hook [FOLDER]` with pre-commit and prek.

For each tool the median seconds of a commit's hook in a copy of the project in FOLDER: with a hook that does nothing,
which is what the tool itself costs, and with ours when nothing has changed since the last time, and after an edit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.hooked import ROOT, TOOLS, Repository, project, publish, tool

NOTHING = """\
  - repo: local
    hooks:
      - id: nothing
        name: nothing
        entry: "true"
        language: system
        types: [python]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "fixtures/projects/clean_shop")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    files = {
        path.relative_to(args.folder).as_posix(): path.read_text("utf-8") for path in sorted(args.folder.rglob("*.py"))
    }
    print(f"{args.folder.name}, {len(files)} files, median of {args.rounds}, seconds on the clock")
    print("| | the tool alone | nothing changed | one file changed |")
    print("| --- | ---: | ---: | ---: |")
    with TemporaryDirectory() as name:
        home = Path(name)
        linter = publish(home / "linter", home)
        for one in filter(tool, TOOLS):
            print(f"| {one} | {' | '.join(_row(one, home, linter, files, args.rounds))} |")


def _row(one: str, home: Path, linter: Repository, files: dict[str, str], rounds: int) -> list[str]:
    shop = project(home / one, home, linter, {**files, "pyproject.toml": ""}, "sqla-lint")
    config = shop.folder / ".pre-commit-config.yaml"
    config.write_text(config.read_text("utf-8") + NOTHING, "utf-8")
    changed = max(files, key=lambda path: len(files[path]))
    edits = iter(range(10_000))

    def run(hook: str) -> Callable[[], object]:
        return lambda: shop.run(tool(one), "run", hook, "--files", changed)

    def edited() -> object:
        (shop.folder / changed).write_text(f"{files[changed]}\nEDIT = {next(edits)}\n", "utf-8")
        return run("sqla-lint")()

    run("sqla-lint")()  # installs it, and reads the project
    return [f"{_seconds(step, rounds):.2f}" for step in (run("nothing"), run("sqla-lint"), edited)]


def _seconds(step: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return median(taken)


if __name__ == "__main__":
    main()
