"""Run the linter over the packages, and hold what it says against what people read in them."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from sqla_lint.rules.registry import load
from tests.corpus.tables import Expected, Verdict, chosen, expected, packages, verdicts

REPORTS = ".reports"
UNPARSED = "SQA001"
_COMMAND = (
    sys.executable,
    "-m",
    "sqla_lint",
    "check",
    "--format",
    "json",
    "--select",
    "all",
    "--preview",
    "--min-confidence",
    "possible",
    "--no-cache",
)
_DEFAULT = frozenset(rule.code for rule in load() if rule.default)

_dest = click.argument("dest", type=click.Path(path_type=Path, file_okay=False, exists=True))
_seed = click.option("--seed", type=int, required=True, help="The same seed draws the same findings.")
_per_rule = click.option("--per-rule", type=click.IntRange(1), default=25, show_default=True)


@dataclass(frozen=True)
class Step:
    """One step of a trace."""

    place: str
    message: str


@dataclass(frozen=True)
class Found:
    """One finding of a report."""

    package: str
    rule: str
    severity: str
    confidence: str
    symbol: str
    path: str
    line: int
    message: str
    because: tuple[str, ...]
    trace: tuple[Step, ...]
    fingerprint: str

    @property
    def place(self) -> str:
        """Where it stands, as editors understand it."""
        return f"{self.path}:{self.line}"

    @property
    def is_default(self) -> bool:
        """Shown without `--min-confidence possible`, by a rule that nobody has to select."""
        return self.confidence != "possible" and self.rule in _DEFAULT

    def matches(self, row: Expected) -> bool:
        """Whether this is the defect of `row`: the row's symbol is a part of its own, it may be one inside."""
        return self.package == row.package and self.rule == row.rule and f".{row.symbol}." in f".{self.symbol}."


@dataclass(frozen=True)
class Run:
    """How one run of the linter ended."""

    package: str
    exit_code: int
    seconds: float
    peak_mb: float
    traceback: str  # the last line of it, or ""
    found: tuple[Found, ...] | None  # None: there is no report
    unparsed: tuple[str, ...]  # files that the linter refuses and this Python accepts

    @property
    def failures(self) -> Iterator[str]:
        """Why nobody should trust this run."""
        if self.traceback:
            yield f"{self.package}: {self.traceback}"
        if self.exit_code not in (0, 1):
            yield f"{self.package}: exit code {self.exit_code}"
        if self.found is None:
            yield f"{self.package}: no report"
        for path in self.unparsed:
            yield f"{self.package}: {path} is not read, though Python {sys.version_info[0]}.{sys.version_info[1]} is"


@click.group()
def commands() -> None:
    """Try the linter on real packages."""


@commands.command("run")
@_dest
@click.argument("names", nargs=-1)
@click.option("--timeout", type=float, default=900, show_default=True, help="Seconds a package may take.")
def run_packages(dest: Path, names: tuple[str, ...], timeout: float) -> None:
    """Run over the packages NAMES in DEST, one at a time, and keep the reports in DEST/.reports."""
    (dest / REPORTS).mkdir(exist_ok=True)
    present = [package.name for package in chosen(names) if (dest / package.name).is_dir()]
    if absent := [package.name for package in chosen(names) if package.name not in present]:
        click.echo(f"not fetched: {' '.join(absent)}", err=True)
    runs = []
    click.echo(f"{'package':32} {'exit':>4} {'seconds':>8} {'peak MB':>8}  findings (certain/likely/possible)")
    for name in present:
        runs.append(_run(dest, name, timeout))
        click.echo(_told(runs[-1]))
    _table([finding for one in runs for finding in one.found or ()])
    click.echo(f"\n{sum(one.seconds for one in runs):.0f} s, {max((one.peak_mb for one in runs), default=0):.0f} MB")
    _fail([failure for one in runs for failure in one.failures] or ([] if present else ["no package is there"]))


@commands.command()
@_dest
@click.argument("names", nargs=-1)
def same(dest: Path, names: tuple[str, ...]) -> None:
    """Check that packages are told of in the same bytes, however it comes about: cold, warm, after an edit, in one
    process or two, with two seeds of hashes."""
    different = []
    for package in chosen(names):
        if not (dest / package.name).is_dir():
            continue
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / package.name
            shutil.copytree(dest / package.name, copy)
            click.echo(f"{package.name:32} ", nl=False)
            ways = dict(_ways(copy))
        found = {printed: name for name, printed in reversed(ways.items())}
        click.echo("the same" if len(found) == 1 else f"different: {', '.join(found.values())}")
        if len(found) > 1:
            different.append(package.name)
    _fail(different)


def _ways(folder: Path) -> Iterator[tuple[str, bytes]]:
    """A name for each way of checking a folder, and what is printed then."""

    def printed(seed: int, *options: str) -> bytes:
        command = [sys.executable, "-m", "sqla_lint", "check", "--format", "json", str(folder), *options]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False).stdout

    yield "no cache, one process", printed(0, "--no-cache", "-j", "1")
    yield "cold, two processes", printed(1, "-j", "2")
    yield "nothing changed", printed(2, "-j", "2")
    yield "facts remembered", printed(3, "-j", "1")
    for path in sorted(folder.rglob("*.py"))[::7]:
        path.write_bytes(path.read_bytes() + b"\n# another end\n")
    yield "every seventh file edited", printed(4, "-j", "2")


@commands.command()
@_dest
def recall(dest: Path) -> None:
    """Compare the reports in DEST with expected.tsv."""
    found = list(_reports(dest))
    read = set(_names(dest))
    hits: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    missed = []
    for row in expected():
        if row.package not in read:
            continue
        rows[row.rule] += 1
        best = max((one for one in found if one.matches(row)), key=lambda one: one.is_default, default=None)
        if best and best.is_default:
            hits[row.rule] += 1
        else:
            missed.append((row, "only as possible" if best else "missed"))
    for row, how in missed:
        click.echo(f"{how:17} {row.rule} {row.package} {row.symbol}\n    {row.why}")
    click.echo(f"\n{'rule':8} {'found':>6} {'rows':>5} {'recall':>7}")
    for rule in [*sorted(rows), ""]:
        hit, all_ = (hits[rule], rows[rule]) if rule else (hits.total(), rows.total())
        click.echo(f"{rule or 'all':8} {hit:6} {all_:5} {_percent(hit, all_):>7}")


@commands.command()
@_dest
@_seed
@_per_rule
def sample(dest: Path, seed: int, per_rule: int) -> None:
    """Draw default findings of each rule from the reports in DEST, to be read by hand."""
    for one in _drawn(_reports(dest), seed, per_rule):
        click.echo(f"{one.rule} {one.severity} {one.confidence} {one.package} {one.place} {one.symbol}")
        click.echo(f"    {one.fingerprint} {one.message}")
        for reason in one.because:
            click.echo(f"    because {reason}")
        for step in one.trace:
            click.echo(f"    {step.place} {step.message}")


@commands.command()
@_dest
@_seed
@_per_rule
def precision(dest: Path, seed: int, per_rule: int) -> None:
    """Join the sample of the reports in DEST with verdicts.tsv."""
    known = verdicts()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in _drawn(_reports(dest), seed, per_rule):
        judged = known.get(f"{one.package} {one.fingerprint}")
        said = judged.verdict.value if judged else "unjudged"
        counts[one.rule][said] += 1
        if judged and judged.verdict is not Verdict.TRUE:
            click.echo(f"{said:9} {one.rule} {one.package} {one.place} {one.symbol}\n    {judged.sentence}")
        if not judged:
            click.echo(f"{said:9} {one.rule} {one.package} {one.place} {one.symbol} {one.fingerprint}")
    kinds = (*(verdict.value for verdict in Verdict), "unjudged")
    click.echo(f"\n{'rule':8} " + " ".join(f"{kind:>9}" for kind in kinds) + "  precision (true of all judged)")
    whole: Counter[str] = sum(counts.values(), Counter())
    for rule, count in [*sorted(counts.items()), ("all", whole)]:
        judged_all = count.total() - count["unjudged"]
        click.echo(
            f"{rule:8} " + " ".join(f"{count[kind]:9}" for kind in kinds) + f"  {_percent(count['true'], judged_all)}"
        )


@commands.command()
@_dest
def rules(dest: Path) -> None:
    """List every rule: what it reports in DEST by confidence, what was read of that, and how much of it is true."""
    found: dict[str, list[Found]] = defaultdict(list)
    for one in _reports(dest):
        found[one.rule].append(one)
    known = verdicts()
    head = ("certain", "likely", "possible", "read", *(verdict.value for verdict in Verdict))
    click.echo(f"{'rule':42} {'set':8} " + " ".join(f"{word:>9}" for word in head) + "  true of read")
    for rule in load():
        words = Counter(one.confidence for one in found[rule.code])
        shown = [one for one in found[rule.code] if one.confidence != "possible"]
        read = Counter(known[key].verdict for one in shown if (key := f"{one.package} {one.fingerprint}") in known)
        numbers = [words[word] for word in head[:3]] + [read.total()] + [read[verdict] for verdict in Verdict]
        click.echo(
            f"{rule.code} {rule.name:35} {'default' if rule.default else 'strict':8} "
            + " ".join(f"{number:9}" for number in numbers)
            + f"  {_percent(read[Verdict.TRUE], read.total())}"
        )


def _run(dest: Path, name: str, timeout: float) -> Run:
    """Run the linter in a process of its own, as a user would, and measure that process."""
    report, errors = (dest / REPORTS / f"{name}{suffix}" for suffix in (".json", ".err"))
    begin = time.monotonic()
    with report.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen([*_COMMAND, str(dest / name)], stdout=out, stderr=err)
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)  # the only call that also says what the process has used
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    text = errors.read_text(encoding="utf-8", errors="replace")
    found = _read(report, name)
    refused = {one.path for one in found or () if one.rule == UNPARSED}
    return Run(
        package=name,
        exit_code=process.returncode,
        seconds=seconds,
        peak_mb=usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
        traceback=text.strip().rpartition("\n")[2] if "Traceback (most recent call last)" in text else "",
        found=found,
        unparsed=tuple(path for path in sorted(refused) if _python_accepts(dest / name / path)),
    )


def _python_accepts(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return False
    return True


def _names(dest: Path) -> Iterator[str]:
    """The packages that have a report, in the order of the table."""
    return (package.name for package in packages() if (dest / REPORTS / f"{package.name}.json").is_file())


def _reports(dest: Path) -> Iterator[Found]:
    names = list(_names(dest))
    if not names:
        raise click.ClickException(f"no reports in {dest / REPORTS}; `run` writes them")
    for name in names:
        found = _read(dest / REPORTS / f"{name}.json", name)
        if found is None:
            click.echo(f"{name}: its run wrote no report", err=True)
        yield from found or ()


def _read(report: Path, package: str) -> tuple[Found, ...] | None:
    """The findings of a report, or None if the run did not come to write one."""
    try:
        whole: Mapping[str, Any] = json.loads(report.read_bytes())
    except ValueError:
        return None
    return tuple(
        Found(
            package=package,
            rule=one["code"],
            severity=one["severity"],
            confidence=one["confidence"],
            symbol=one["symbol"] or "",
            path=one["path"],
            line=one["line"],
            message=one["message"],
            because=tuple(one["because"]),
            trace=tuple(Step(f"{step['path']}:{step['line']}", step["message"]) for step in one["trace"]),
            fingerprint=one["fingerprint"],
        )
        for one in whole["findings"]
    )


def _drawn(found: Iterator[Found], seed: int, per_rule: int) -> Iterator[Found]:
    """`per_rule` default findings of each rule. One rule's draw does not depend on what the others found."""
    by_rule: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        if one.is_default:
            by_rule[one.rule].append(one)
    for _, all_ in sorted(by_rule.items()):
        # Drawn by rank, not by position, so that a finding that goes away changes nothing about the others.
        ranked = sorted(all_, key=lambda one: random.Random(f"{seed} {one.package} {one.fingerprint}").random())
        yield from sorted(ranked[:per_rule], key=lambda one: (one.package, one.path, one.line, one.fingerprint))


def _told(run: Run) -> str:
    counts = _counts(run.found or ())
    told = "  ".join(f"{rule} {'/'.join(str(n) for n in count)}" for rule, count in counts.items())
    if run.found is None:
        told = "no report"
    return f"{run.package:32} {run.exit_code:4} {run.seconds:8.1f} {run.peak_mb:8.0f}  {told}"


def _table(found: Sequence[Found]) -> None:
    click.echo(f"\n{'rule':8} {'certain':>8} {'likely':>8} {'possible':>8}")
    for rule, count in _counts(found).items():
        click.echo(f"{rule:8} " + " ".join(f"{n:8}" for n in count))


def _counts(found: Sequence[Found]) -> dict[str, list[int]]:
    counts = Counter((one.rule, one.confidence) for one in found)
    rules = sorted({one.rule for one in found})
    return {rule: [counts[rule, word] for word in ("certain", "likely", "possible")] for rule in rules}


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _fail(failures: Sequence[str]) -> None:
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        sys.exit(1)


if __name__ == "__main__":
    commands()
