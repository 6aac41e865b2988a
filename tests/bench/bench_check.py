"""What a cold check costs next to the bare parse of the same tree: `python tests/bench/bench_check.py FOLDER ...`.

Both are whole processes on one core, run in turn; CPU time and peak memory are the operating system's own accounting.
The linter's bytecode is written first, as installing it does.
"""

from __future__ import annotations

import compileall
import os
import sys
import time
from pathlib import Path
from statistics import median

import sqla_lint

RUNS = 5
PARSE = """
import gc, pathlib, sys
import libcst
gc.disable()
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    try:
        libcst.parse_module(path.read_bytes())
    except Exception:
        pass
"""


def main(folders: list[str]) -> None:
    compileall.compile_dir(Path(sqla_lint.__file__).parent, quiet=1)
    print(
        f"{'folder':40} {'parse':>8} {'check':>8} {'ratio':>7} {'median':>7} {'MiB':>6}"
        f"   (CPU seconds, least of {RUNS}; their ratio, and the median one)"
    )
    for folder in folders:
        parses, checks, peak = [], [], 0
        for _ in range(RUNS):
            parses.append(spent([sys.executable, "-c", PARSE, folder])[0])
            seconds, _, kilobytes = spent([sys.executable, "-m", "sqla_lint", "check", folder, "-j", "1", "--no-cache"])
            checks.append(seconds)
            peak = max(peak, kilobytes)
        ratio = median(check / parse for check, parse in zip(checks, parses, strict=True))
        print(
            f"{folder:40} {min(parses):8.2f} {min(checks):8.2f} {min(checks) / min(parses):7.2f} {ratio:7.2f}"
            f" {peak // 1024:6}"
        )


def spent(command: list[str]) -> tuple[float, float, int]:
    """CPU seconds and wall seconds of a process and its children, and peak kilobytes of the largest; the output is
    thrown away."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.execv(command[0], command)
    _, _, usage = os.wait4(child, 0)
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss


if __name__ == "__main__":
    main(sys.argv[1:])
