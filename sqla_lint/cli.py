"""The command `sqla-lint`. Exit codes: 0 nothing to report, 1 findings, 2 the run itself is not to be trusted."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.config import ConfigError, Configuration, find_root, folder_in_repository, load, nearest
from sqla_lint.engine import record
from sqla_lint.engine.cache import FOLDER, Cache
from sqla_lint.model import Confidence, Report, Severity
from sqla_lint.report.formats import FORMATS, render

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqla_lint.engine.ahead import Ahead
    from sqla_lint.engine.catalogue import Catalogue
    from sqla_lint.engine.run import Whole

STANDARD_OUTPUT = "-"
_FILE = click.Path(path_type=Path)


class _Untrusted(click.ClickException):
    """A run that cannot say anything: exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        _tell(f"error: {self.message}")


class _Commands(click.Group):
    """`sqla-lint PATH` means `sqla-lint check PATH`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            if args and not args[0].startswith("-") and not os.path.lexists(args[0]):
                close = nearest(args[0], list(self.commands))
                raise _Untrusted(f"`{args[0]}` is neither a command nor a file or folder{close}")
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message=f"sqla-lint {__version__} (distribution {DISTRIBUTION})")
def commands() -> None:
    """Finds who ends whose transaction: a static analyzer for SQLAlchemy code.

    `sqla-lint PATH` is the same as `sqla-lint check PATH`.
    """


_config_option = click.option(
    "--config",
    "options",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="Settings file to read, or a setting to change.",
)
_no_cache_option = click.option("--no-cache", is_flag=True, help="Remember nothing, and read nothing remembered.")
_cache_dir_option = click.option(
    "--cache-dir", type=_FILE, help=f"Where runs remember what they read. [default: {FOLDER} in the project root]"
)
_trust_option = click.option("--trust-project", is_flag=True, help="Run code of the project that its settings name.")
_verbose_option = click.option("-v", "--verbose", is_flag=True, help="Also say what a run could do without.")
_jobs_option = click.option("-j", "--jobs", type=click.IntRange(0), default=0, help="Processes; 0 decides by itself.")


def _words(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for part in value for word in part.replace(",", " ").split())


@commands.command()
@click.argument("paths", nargs=-1, type=_FILE)
@click.option("--select", multiple=True, callback=_words, metavar="RULES", help="Rules to run instead of the default.")
@click.option("--extend-select", multiple=True, callback=_words, metavar="RULES", help="Rules to run as well.")
@click.option("--ignore", multiple=True, callback=_words, metavar="RULES", help="Rules not to run.")
@click.option("--min-confidence", type=click.Choice([c.word for c in Confidence]), help="How sure a finding must be.")
@click.option(
    "--fail-on", type=click.Choice([s.value for s in Severity]), help="Severity from which the exit code is 1."
)
@_config_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(tuple(FORMATS)),
    help="How to report.  [default: full; agent where a coding agent reads]",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Also write a report to a file; - is standard output. May be given again.",
)
@_jobs_option
@_no_cache_option
@_cache_dir_option
@_trust_option
@_verbose_option
@click.option("--statistics", is_flag=True, help="Count findings by rule instead of listing them.")
@click.pass_obj
def check(
    typed: Typed | None,
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    min_confidence: str | None,
    fail_on: str | None,
    options: tuple[str, ...],
    format_: str | None,
    outputs: tuple[str, ...],
    jobs: int,
    no_cache: bool,
    cache_dir: Path | None,
    trust_project: bool,
    verbose: bool,
    statistics: bool,
) -> None:
    """Report findings in PATHS. The whole project around them is read as context."""
    began = time.time_ns()
    args, ahead = typed or (None, None)
    flags = {
        "select": select,
        "extend-select": extend_select,
        "ignore": ignore,
        "min-confidence": min_confidence or "",
        "fail-on": fail_on or "",
    }
    chosen = format_ or ("agent" if record.read_by_agent() else "full")
    if statistics and not FORMATS[chosen].for_people:
        raise _Untrusted(f"--statistics is a text, which {chosen} is not")
    targets = [_target(output, chosen) for output in outputs]
    printed = [target.format for target in targets if target.path == STANDARD_OUTPUT]
    if format_ or statistics or not printed:
        printed.insert(0, chosen)
    given = paths or (Path(),)
    configuration = load(given, options, flags)
    root, settings = configuration.root, configuration.settings
    cache = None if no_cache else Cache(str(cache_dir or Path(os.path.abspath(root)) / FOLDER))
    _catalogue(configuration)

    from sqla_lint.engine import run

    with _Progress() as progress:
        whole = run.read_project(
            *(root, given, settings),
            jobs=_jobs(jobs),
            warn=progress.warn,
            progress=progress,
            cache=cache,
            executor=_executor(configuration, trust_project),
            ahead=ahead,
        )
        if ahead is not None:
            ahead.stop()
        report = run.check_whole(whole, settings, cache=cache)
    folder = folder_in_repository(root)
    written = [target for target in targets if target.path != STANDARD_OUTPUT]
    for target in written:
        _write_file(target.path, render(report, target.format, root=folder))
    reports = [render(report, name, colour=_colour(), root=folder) for name in printed]
    if statistics:
        reports[0] = _statistics(report)
    shown = "".join(reports)
    _print(shown)
    if not any(FORMATS[name].tells_errors for name in printed):
        for error in report.errors:
            _tell(f"error: {error.path}: {error.message}" if error.path else f"error: {error.message}")
    if not report.files and not report.errors:
        _tell("warning: no Python files there")
    code = exit_code(report, settings.fail_on)
    if cache is not None:
        if args is not None and report.files and not report.errors and not progress.warned and not written:
            files = [Path(option) for option in options if Path(option).is_file()]
            watches = run.rests_on(whole, root, given, files, began)
            record.keep(cache, args, code, _bytes(shown), watches, dated=report.dated)
        cache.close()
        if verbose and cache.trouble:
            _tell(f"note: nothing is remembered: {cache.trouble}")
    raise SystemExit(code)


def _executor(configuration: Configuration, trusted: bool) -> Callable[[], Executor] | None:
    name = configuration.settings.executor
    if not name:
        return None
    from sqla_lint.engine.executor import named

    return named(name, Path(os.path.abspath(configuration.root)), trusted=trusted)


def exit_code(report: Report, fail_on: Severity) -> int:
    """0, 1 or 2, as the first line of this file says."""
    if report.errors:
        return 2
    return int(any(finding.severity.weight >= fail_on.weight for finding in report.findings))


def _jobs(jobs: int) -> int:
    from sqla_lint.engine.ahead import available_cores

    return jobs or available_cores()


class _Target(NamedTuple):
    """A report that `-o` asks for."""

    format: str
    path: str


def _target(output: str, chosen: str) -> _Target:
    """What `-o` says: `FORMAT:FILE`, or a file for the report in the format that is printed."""
    name, colon, path = output.partition(":")
    if not colon:
        return _Target(chosen, output)
    if name in FORMATS:
        return _Target(name, path)
    if re.fullmatch("[a-z]{2,}", name):
        close = nearest(name, list(FORMATS))
        raise _Untrusted(f"no format is called `{name}`{close} (a file of that name: `{chosen}:{output}`)")
    return _Target(chosen, output)


def _write_file(path: str, text: str) -> None:
    try:
        Path(path).write_bytes(_bytes(text))
    except OSError as error:
        raise _Untrusted(f"{path} cannot be written: {error.strerror or error}") from error


def _statistics(report: Report) -> str:
    from sqla_lint.report.summary import summary

    counts = Counter((finding.code, finding.name) for finding in report.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    lines = [f"{count:>6}  {code}  {name}" for (code, name), count in rows]
    return "\n".join([*lines, summary(report)]) + "\n"


@commands.command()
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="List every rule.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def rule(name: str | None, every: bool, format_: str) -> None:
    """Show the page of a rule: what it reports, why, and how to repair it."""
    from sqla_lint.engine.run import load_catalogue, page

    catalogue = load_catalogue()
    if bool(name) == every:
        raise _Untrusted("give the name or code of one rule, or --all")
    chosen = list(catalogue.rules) if name is None else [catalogue.find(name)]
    if format_ == "json":
        import json

        rows = [
            {
                "code": one.code,
                "name": one.name,
                "severity": one.severity.value,
                "default": one.default,
                "chapter": one.chapter,
                "page": page(one.code),
            }
            for one in chosen
        ]
        _print(json.dumps(rows if every else rows[0], indent=2) + "\n")
    elif name is not None:
        _print(page(chosen[0].code))
    else:
        width = max(len(one.name) for one in chosen)
        lines = [
            f"{one.code}  {one.name:<{width}}  {one.severity.value:<7}  {'on' if one.default else 'off'}"
            for one in chosen
        ]
        _print("\n".join(lines) + "\n")


commands.add_command(rule, "explain")


@commands.command()
@click.argument("where", metavar="FILE:LINE")
@_config_option
@_jobs_option
def trace(where: str, options: tuple[str, ...], jobs: int) -> None:
    """Show why the linter thinks so: types, layer and effects at one line, and the calls that carry them."""
    found = re.fullmatch(r"(.+?):(\d+)(?::\d+)?", where)
    if not found:
        raise _Untrusted(f"`{where}` is not FILE:LINE")
    path, line = Path(found[1]), int(found[2])
    if not path.is_file():
        raise _Untrusted(f"{path}: no such file")
    configuration, whole = _whole((path,), options, jobs)
    name = _read_path(whole, path, configuration)
    text = whole.texts.plain(name)
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]
    if not 1 <= line <= len(starts):
        raise _Untrusted(f"{name} has {len(starts)} lines, not {line}")
    start = starts[line - 1]
    end = starts[line] if line < len(starts) else len(text)

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe

    said = describe.trace(link(whole, configuration.settings), name, start, end)
    _print("".join(f"{row}\n" for row in said) or f"nothing is known about {name}:{line}\n")


@commands.group()
def debug() -> None:
    """Show what the linter sees."""


def _debug_command(name: str, help_: str) -> Callable[[Callable[..., None]], click.Command]:
    def decorate(function: Callable[..., None]) -> click.Command:
        function = click.argument("path", type=_FILE)(_config_option(_jobs_option(function)))
        function = click.option("--format", "format_", type=click.Choice(("text", "json")), default="text")(function)
        return debug.command(name, help=help_)(function)

    return decorate


@_debug_command("facts", "What one file says.")
def debug_facts(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    from sqla_lint.engine.outcome import Broken, Crash, read_one
    from sqla_lint.report import dump

    try:
        data = path.read_bytes()
    except OSError as error:
        raise _Untrusted(f"{path} cannot be read: {error.strerror or error}") from error
    facts = read_one(data, path.name == "__init__.py")
    if isinstance(facts, Broken):
        raise _Untrusted(f"{path}:{facts.line}:{facts.column}: {facts.message}")
    if isinstance(facts, Crash):
        raise _Untrusted(f"{path}: {facts.message}")
    _print(dump.facts_json(facts) if format_ == "json" else dump.facts_text(facts))


@_debug_command("layers", "Which layer each symbol belongs to, and by what evidence.")
def debug_layers(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    from sqla_lint.engine.run import link
    from sqla_lint.project import describe
    from sqla_lint.report import dump

    configuration, whole = _whole((path,), options, jobs)
    paths = whole.paths()
    rows: list[dump.Layer] = []
    for spot, symbol, layer, because in describe.layers(link(whole, configuration.settings)):
        path_of = paths[spot.module]
        if path_of in whole.discovery.reported:
            place = whole.texts.place(path_of, *whole.texts.reach(path_of, spot.at, spot.extent))
            rows.append((place, symbol, layer, because))
    rows.sort()
    _print(dump.layers_json(rows) if format_ == "json" else dump.layers_text(rows))


@_debug_command("types", "What is known about the values in each file.")
def debug_types(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    _describe("types", path, options, jobs, format_)


@_debug_command("summary", "What each function does to sessions, for all its callers.")
def debug_summary(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    _describe("summary", path, options, jobs, format_)


@_debug_command("calls", "How many calls on sessions are known as such, and why others are not.")
def debug_calls(path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    import json

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe

    configuration, whole = _whole((path,), options, jobs)
    found = describe.calls(link(whole, configuration.settings))
    reasons = found.unknown.most_common()
    if format_ == "json":
        _print(json.dumps({"known": found.known, "unknown": dict(reasons)}, indent=2) + "\n")
        return
    _print(f"{found.known} calls on sessions, {found.unknown.total()} on what is only called so\n")
    _print("".join(f"  {count:5} {why}\n" for why, count in reasons))


def _describe(what: str, path: Path, options: tuple[str, ...], jobs: int, format_: str) -> None:
    import json

    from sqla_lint.engine.run import link
    from sqla_lint.project import describe

    configuration, whole = _whole((path,), options, jobs)
    project = link(whole, configuration.settings)
    said = {
        module.path: getattr(describe, what)(project, module.path)
        for module in whole.modules()
        if module.path in whole.discovery.reported
    }
    if format_ == "json":
        _print(json.dumps(said, indent=2) + "\n")
        return
    for name, rows in said.items():
        _print("".join([f"{name}\n", *(f"  {row}\n" for row in rows)]))


@commands.command("config")
@click.argument("path", type=_FILE, default=Path())
@_config_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def show_config(path: Path, options: tuple[str, ...], format_: str) -> None:
    """Show every setting and where it came from, and every rule with the reason it is on or off."""
    configuration = load((path,), options)
    choices = _catalogue(configuration).choices(configuration.settings)
    rows = list(_settings(configuration))
    if format_ == "json":
        import json

        whole = {
            "root": str(configuration.root),
            "settings": {key: {"value": value, "from": origin} for key, value, origin in rows},
            "rules": [{"code": c.rule.code, "name": c.rule.name, "on": c.on, "because": c.because} for c in choices],
        }
        _print(json.dumps(whole, indent=2) + "\n")
        return
    lines = [f"project root: {configuration.root}", ""]
    lines += [f"{key} = {_toml(value)}  ({origin})" for key, value, origin in rows]
    width = max(len(choice.rule.name) for choice in choices)
    lines += [""]
    lines += [f"{c.rule.code}  {c.rule.name:<{width}}  {'on' if c.on else 'off':<3}  {c.because}" for c in choices]
    _print("\n".join(lines) + "\n")


def _settings(configuration: Configuration) -> list[tuple[str, Any, str]]:
    from dataclasses import asdict

    rows = []
    for attribute, value in asdict(configuration.settings).items():
        key = attribute.replace("_", "-")
        rows.append((key, _plain(key, value), configuration.origin(key)))
    return rows


def _plain(key: str, value: Any) -> Any:
    match value:
        case Severity():
            return value.value
        case Confidence():
            return value.word
        case dict():
            return {name.replace("_", "-"): _plain("", inner) for name, inner in value.items()}
        case tuple() if key in ("per-file-ignores", "severity", "layers"):
            return {name: _plain("", inner) for name, inner in value}
        case tuple():
            return list(value)
    return value


def _toml(value: Any) -> str:
    import json

    if isinstance(value, dict):
        inner = ", ".join(
            f"{name if name.isidentifier() else json.dumps(name)} = {_toml(v)}" for name, v in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(value, ensure_ascii=False)


@commands.command()
@click.argument("path", type=_FILE, default=Path())
@_cache_dir_option
def clean(path: Path, cache_dir: Path | None) -> None:
    """Remove what runs remember of the project at PATH."""
    folder = cache_dir or find_root([path]) / FOLDER
    if not folder.is_dir():
        _print(f"nothing to remove: {folder} is not there\n")
        return
    if not (folder / "CACHEDIR.TAG").is_file():
        raise _Untrusted(f"{folder} was not made by sqla-lint")
    shutil.rmtree(folder)
    _print(f"removed {folder}\n")


@commands.command()
def version() -> None:
    """Show the version, and the name of the distribution to install."""
    python = ".".join(map(str, sys.version_info[:3]))
    _print(f"sqla-lint {__version__}\ndistribution {DISTRIBUTION}\nPython {python}\n")


def _catalogue(configuration: Configuration) -> Catalogue:
    from sqla_lint.engine.run import load_catalogue

    catalogue = load_catalogue()
    catalogue.check(configuration)
    return catalogue


def _whole(paths: Sequence[Path], options: Sequence[str], jobs: int) -> tuple[Configuration, Whole]:
    from sqla_lint.engine.run import read_project

    configuration = load(paths, options)
    with _Progress() as progress:
        whole = read_project(
            configuration.root, paths, configuration.settings, jobs=_jobs(jobs), warn=progress.warn, progress=progress
        )
    errors = [*whole.discovery.errors, *whole.reading.errors]
    for error in errors:
        _tell(f"error: {error.path}: {error.message}")
    if errors:
        raise SystemExit(2)
    return configuration, whole


def _read_path(whole: Whole, path: Path, configuration: Configuration) -> str:
    name = Path(os.path.relpath(os.path.abspath(path), configuration.root)).as_posix()
    if name in whole.reading.broken:
        broken = whole.reading.broken[name]
        raise _Untrusted(f"{name}:{broken.line}:{broken.column}: {broken.message}")
    if name not in whole.reading.facts:
        raise _Untrusted(f"{name} was not read")
    return name


class _Progress:
    """Says on a terminal, after a second, how far the reading is."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._shown = 0.0
        self._watched = sys.stderr.isatty()
        self.warned = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if self._watched and now - self._begun > 1 and now - self._shown > 0.1:
            self._shown = now
            sys.stderr.write(f"\rreading {done} of {of} files\x1b[K")
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = 0.0

    def warn(self, message: str) -> None:
        self._clear()
        self.warned = True
        _tell(f"warning: {message}")


def _colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _print(text: str) -> None:
    record.write(_bytes(text))


def _tell(text: str) -> None:
    from sqla_lint.report.plain import printable

    shown = "\n".join(printable(line) for line in text.split("\n"))
    click.echo(f"sqla-lint: {shown}".encode("utf-8", "backslashreplace"), err=True)


class Typed(NamedTuple):
    """A command line, and the process that was begun to read files for it."""

    args: list[str]
    ahead: Ahead | None


def main(args: Sequence[str] | None = None, ahead: Ahead | None = None) -> NoReturn:
    """Runs the command line and leaves with 0, 1 or 2."""
    try:
        sys.exit(_run(Typed(sys.argv[1:] if args is None else list(args), ahead)))
    except Exception:  # the boundary: a bug of ours must not look like findings
        import traceback

        traceback.print_exc()
        _tell("error: this is a bug in sqla-lint; nothing is known about the project")
        sys.exit(2)


def _run(typed: Typed) -> int:
    try:
        commands.main(args=typed.args, prog_name="sqla-lint", standalone_mode=False, obj=typed)
    except ConfigError as error:
        _tell(f"error: {error}")
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _tell("interrupted")
        os._exit(2)  # an orderly exit would wait for workers that are gone
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    return 0
