"""How time and memory grow with the size of the tree: `python -m tests.bench.bench_growth CORPUS [--plot FILE.svg]`.

Packages of CORPUS, one folder each, are put side by side into one project until it has as many lines as wanted, the
smallest packages first; the last one only as far as it is needed. Whole processes, one core, without a cache.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.bench_check import spent

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000)
Point = tuple[int, float, float]
"""Lines, CPU seconds, MiB."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    points: list[Point] = []
    print(f"{'lines':>10} {'CPU s':>8} {'us/line':>8} {'MiB':>6}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as place:
            lines = _lay(options.corpus, Path(place), size)
            seconds, _, kilobytes = spent([sys.executable, "-m", "sqla_lint", "check", place, "-j", "1", "--no-cache"])
        points.append((lines, seconds, kilobytes / 1024))
        print(f"{lines:10,} {seconds:8.1f} {1e6 * seconds / lines:8.1f} {kilobytes / 1024:6.0f}", flush=True)
        if lines < 0.9 * size:
            break
    if options.plot:
        options.plot.write_text(_plot(points), "utf-8")


def _lay(corpus: Path, place: Path, size: int) -> int:
    """Copies packages into a project of about `size` lines; returns how many it has."""
    (place / "pyproject.toml").write_text("")
    lines = 0
    for path, count in _files(corpus):
        if lines >= size:
            break
        target = place / path.relative_to(corpus)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        lines += count
    return lines


def _files(corpus: Path) -> Iterator[tuple[Path, int]]:
    packages = {
        folder: [(path, path.read_bytes().count(b"\n")) for path in sorted(folder.rglob("*.py"))]
        for folder in sorted(corpus.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
    }
    for files in sorted(packages.values(), key=lambda files: sum(count for _, count in files)):
        yield from files


def _plot(points: Sequence[Point]) -> str:
    """Both curves as one SVG, each scaled to its largest value, beside the straight line through the last point."""
    width, height, left, top = 560, 300, 60, 20
    most = points[-1]

    def at(lines: float, value: float, largest: float) -> str:
        return f"{left + width * lines / most[0]:.1f},{top + height * (1 - value / largest):.1f}"

    curves = []
    for column, colour, unit in ((1, "#1f6feb", "s"), (2, "#d1242f", "MiB")):
        largest = most[column]
        line = " ".join(at(point[0], point[column], largest) for point in points)
        marks = "".join(
            '<circle cx="{}" cy="{}" r="3" fill="{}"/>'.format(*at(point[0], point[column], largest).split(","), colour)
            for point in points
        )
        label = f'<text x="{left + width + 8}" y="{top + 4 + 16 * column}" fill="{colour}">{largest:,.0f} {unit}</text>'
        curves.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{label}')
    straight = f'<path d="M{at(0, 0, 1)} L{at(most[0], 1, 1)}" stroke="#8c959f" stroke-dasharray="4 4"/>'
    frame = f'<path d="M{left},{top} V{top + height} H{left + width}" fill="none" stroke="#57606a"/>'
    ticks = "".join(
        f'<text x="{left + width * lines / most[0]:.0f}" y="{top + height + 18}" text-anchor="middle">{lines:,}</text>'
        for lines in (0, most[0] // 2, most[0])
    )
    title = f'<text x="{left}" y="{top - 6}">CPU time and peak memory by lines of code</text>'
    size = f'viewBox="0 0 {left + width + 90} {top + height + 30}"'
    style = 'font-family="sans-serif" font-size="12" fill="#57606a"'
    body = f"{title}{frame}{straight}{''.join(curves)}{ticks}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{body}</svg>\n'


if __name__ == "__main__":
    main()
