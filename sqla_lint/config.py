"""What the user set: `pyproject.toml` or `sqla-lint.toml` read once, checked, and frozen into `Settings`."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqla_lint.model import Confidence, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILE = "sqla-lint.toml"
TABLE = ("tool", "sqla-lint")

LAYERS = (
    "handler",
    "task",
    "command",
    "use-case",
    "unit-of-work",
    "provider",
    "middleware",
    "repository",
    "script",
    "migration",
    "test",
    "model",
    "domain",
)
"""The layers a project may declare in the table `layers`."""

OWNERS = ("handler", "service", "unit-of-work")
"""Who may be declared to commit, `transactions.owner`."""

TARGETS = ("server", "kubernetes", "cloud-run", "lambda", "celery", "batch")
"""What a deployed process may run as, `deployment.<process>.target`."""

POOLING = ("transaction", "session", "statement")
"""How PgBouncer may hand out its connections, `deployment.<process>.pgbouncer`."""

EXTEND = "extend"
EXTEND_MEANS = "files with settings that this one is read after, from its own folder: a name or a list of names"
"""A key that is not a setting of a run, but of a file."""
EXECUTOR = r"\w+(\.\w+)*:\w+"
"""How an executor is named."""
AUTO = "auto"
_CLAUSE = r"(===?|>=|<=|!=|~=|>|<|\^|~|=)?\s*\d+(\.\d+)*(\.\*)?"
VERSIONS = rf"{AUTO}|{_CLAUSE}(\s*,\s*{_CLAUSE})*"
"""How versions of a library are named: "2.0", ">=1.4,<2.1"."""
MODULE = r"\w+(\.\w+)*"
"""How a module is named."""

EDITIONS = {"2026.11": date(2026, 11, 26)}
"""The editions of the default set, the oldest first, and the day each is from. A rule says since which it is in it."""
FIRST_EDITION, NEWEST_EDITION = min(EDITIONS), max(EDITIONS)
EDITION = rf"{'|'.join(map(re.escape, EDITIONS))}|\d{{4}}-\d{{2}}-\d{{2}}"
"""How an edition is named: by itself, or by a day on which it was the newest."""

NOT_YET = ("target-version",)
"""Keys that a later version will honour. Accepting them silently would promise what does not happen."""


MIGRATIONS_LATER = ("dialect", "server-version", "since")
"""The same, in the table `migrations`."""

Option = bool | int | str | tuple[str, ...]
"""What a rule can be told."""


class ConfigError(Exception):
    """Settings that cannot be used: what is wrong, where, and the nearest thing that would do."""

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, text: str = "", width: int = 1):
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.text = text
        self.width = width

    def __str__(self) -> str:
        if not self.file:
            return self.message
        if not self.line:
            return f"{self.file}: {self.message}"
        gutter = " " * len(str(self.line))
        caret = re.sub(r"[^\t]", " ", self.text[: self.column - 1]) + "^" * self.width
        return (
            f"{self.message}\n {gutter}--> {self.file}:{self.line}:{self.column}\n"
            f" {gutter} |\n {self.line} | {self.text}\n {gutter} | {caret}"
        )


def _said(means: str, **schema: object) -> dict[str, object]:
    """What the documentation says of a setting, and what its schema says beside its type."""
    return {"means": means, "schema": schema}


@dataclass(frozen=True, slots=True)
class Library:
    """What the project's own code means, as dotted names: the knowledge tables grow by these."""

    session_factories: tuple[str, ...] = field(
        default=(), metadata=_said("a function, or a method of a class, that opens a session")
    )
    session_types: tuple[str, ...] = field(default=(), metadata=_said("a class whose instances are sessions"))
    base_classes: tuple[str, ...] = field(default=(), metadata=_said("a base class of mapped classes"))
    handler_decorators: tuple[str, ...] = field(
        default=(), metadata=_said("a decorator that makes a function a handler")
    )


@dataclass(frozen=True, slots=True)
class Transactions:
    """Who commits in this project: one of `OWNERS`, "" when nobody has said."""

    owner: str = field(default="", metadata=_said("who commits; `commit-in-handler` needs it", enum=OWNERS))


@dataclass(frozen=True, slots=True)
class Deployed:
    """A process as it is deployed; a number is 0, a word "", where nobody has said."""

    target: str = field(
        default="server",
        metadata=_said("what it runs as; only `batch` ends by itself, and needs no connection for long", enum=TARGETS),
    )
    replicas: int = field(
        default=1,
        metadata=_said("how many of it run at most: pods or machines, those of a rollout too", minimum=1),
    )
    processes: int = field(default=1, metadata=_said("how many worker processes each of them starts", minimum=1))
    threads: int = field(
        default=0,
        metadata=_said(
            "how many requests or tasks a worker process does at once; leave it out if it is async", minimum=1
        ),
    )
    max_connections: int = field(
        default=0,
        metadata=_said("how many connections there are for all processes that share the server", minimum=1),
    )
    pgbouncer: str = field(
        default="",
        metadata=_said(
            "how PgBouncer pools, if it connects to one; `max-connections` is then of PgBouncer", enum=POOLING
        ),
    )


@dataclass(frozen=True, slots=True)
class Migrations:
    """Which files are migrations, beside those that are known by themselves."""

    paths: tuple[str, ...] = field(
        default=(),
        metadata=_said("files that are migrations, beside those that are recognised, as `.gitignore` patterns"),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a run. Built once, passed down, never changed."""

    src: tuple[str, ...] = field(
        default=(),
        metadata=_said(
            "source roots, relative to the project root; `*` stands for one folder name; empty: they are found"
        ),
    )
    include: tuple[str, ...] = field(default=("*.py",), metadata=_said("files to read, as `.gitignore` patterns"))
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=_said("files and folders never to read, as `.gitignore` patterns; holds for given paths too"),
    )
    select: tuple[str, ...] = field(default=("default",), metadata=_said("rules to run"))
    extend_select: tuple[str, ...] = field(default=(), metadata=_said("rules to run as well"))
    ignore: tuple[str, ...] = field(default=(), metadata=_said("rules not to run; wins over `select`"))
    edition: str = field(
        default=NEWEST_EDITION,
        metadata=_said(
            "the [edition](#editions) that `default` stands for: its name, or a day on which it was the newest",
            pattern=f"^({EDITION})$",
        ),
    )
    preview: bool = field(default=False, metadata=_said("whether rules can be selected that are [previews](#editions)"))
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = field(
        default=(), metadata=_said("a table from a `.gitignore` pattern to rules not reported in these files")
    )
    severity: tuple[tuple[str, Severity], ...] = field(
        default=(), metadata=_said("a table from rules to how bad a finding of them is")
    )
    fail_on: Severity = field(
        default=Severity.WARNING, metadata=_said("the severity from which findings make the exit code 1")
    )
    min_confidence: Confidence = field(default=Confidence.LIKELY, metadata=_said("how sure a finding must be"))
    require_reason: bool = field(default=False, metadata=_said("whether a suppression must say why"))
    unsafe_fixes: bool = field(
        default=False,
        metadata=_said("whether `--fix` also makes fixes that change what the program does; see [fixes](fixes.md)"),
    )
    baseline: str = field(
        default=".sqla-lint-baseline.json",
        metadata=_said("the file of findings that are [known](baseline.md)", minLength=1),
    )
    executor: str = field(
        default="",
        metadata=_said(
            "`MODULE:FACTORY`, gives the `concurrent.futures.Executor` that reads the files; see [speed](speed.md)",
            pattern=f"^{EXECUTOR}$",
        ),
    )
    plugins: tuple[str, ...] = field(
        default=(),
        metadata=_said(
            "modules with [rules of your own](writing-a-rule.md)",
            items={"type": "string", "pattern": f"^{MODULE}$"},
        ),
    )
    sqlalchemy_version: str = field(
        default=AUTO,
        metadata=_said(
            "the [versions](#versions) of SQLAlchemy that the code runs with, `>=1.4,<2.1`; `auto`: they are found",
            pattern=f"^({VERSIONS})$",
        ),
    )
    rules: tuple[tuple[str, tuple[tuple[str, Option], ...]], ...] = field(
        default=(), metadata=_said("a table from rules to tables of their [options](#options-of-rules)")
    )
    layers: tuple[tuple[str, tuple[str, ...]], ...] = field(
        default=(),
        metadata=_said(
            "a table from a layer to patterns of the modules or paths that belong to it", propertyNames={"enum": LAYERS}
        ),
    )
    migrations: Migrations = field(default=Migrations(), metadata=_said("what changes the schema of the database"))
    transactions: Transactions = field(default=Transactions(), metadata=_said("who owns transactions"))
    library: Library = field(default=Library(), metadata=_said("what your own code means, as dotted names"))
    deployment: tuple[tuple[str, Deployed], ...] = field(
        default=(), metadata=_said("a table from a name to the process that is deployed under it")
    )


@dataclass(frozen=True, slots=True)
class Source:
    """One place settings come from: a file, or an option of the command line (then `text` is what was typed)."""

    name: str
    table: Mapping[str, Any]
    text: str
    prefix: tuple[str, ...] = ()
    adds: bool = False
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of a run and where each came from."""

    root: Path
    settings: Settings
    sources: tuple[Source, ...] = ()

    def origin(self, key: str) -> str:
        """`pyproject.toml:12`, an option of the command line, or `default`."""
        for source in reversed(self.sources):
            if key in source.table:
                entry = _find(source.text, (*source.prefix, key))
                return f"{source.name}:{_line(source.text, entry.start)}" if entry and source.file else source.name
        return "default"

    @property
    def files(self) -> list[Path]:
        """The files that were read for it."""
        return [source.file for source in self.sources if source.file is not None]

    def blame(self, message: str, word: str) -> ConfigError:
        """An error that points at `word`, wherever it was written last."""
        for source in reversed(self.sources):
            for quoted in (f'"{word}"', f"'{word}'", word):
                at = source.text.find(quoted)
                if at >= 0:
                    start = at + (len(quoted) - len(word)) // 2
                    return _pointed(message, source, start, start + len(word))
        return ConfigError(message)

    def blame_key(self, message: str, *path: str) -> ConfigError:
        """An error that points at a key in a table, wherever it was written last."""
        for source in reversed(self.sources):
            table: Any = source.table
            for key in path:
                table = table.get(key) if isinstance(table, dict) else None
            if table is not None:
                return _at_key(message, source, (*source.prefix, *path))
        return ConfigError(message)


def nearest(word: str, known: Sequence[str]) -> str:
    """`, did you mean ...?`, or nothing when no known word comes close."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f", did you mean `{close[0]}`?" if close else ""


def find_root(paths: Sequence[Path]) -> Path:
    """The one project root of a run.

    The nearest folder at or above all paths that has our settings, else a `pyproject.toml`, else `.git`; when there is
    none, the paths' own folder, or the one above the package that this is in.
    """
    start = _common_folder(paths)
    above = [start, *start.parents]
    tests = (
        _has_settings,
        lambda folder: (folder / "pyproject.toml").is_file(),
        lambda folder: (folder / ".git").exists(),
    )
    for is_root in tests:
        for folder in above:
            if is_root(folder):
                return folder
    return next(folder for folder in above if not (folder / "__init__.py").is_file() or folder == folder.parent)


def folder_in_repository(root: Path) -> str:
    """Where below the top of its repository a project root is; "" at the top, or where there is no repository."""
    here = Path(os.path.abspath(root))
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    return "" if top == here else here.relative_to(top).as_posix()


def is_project(folder: Path) -> bool:
    """Whether a folder is marked as a project, rather than merely being the path that was given."""
    return any((folder / mark).exists() for mark in (OWN_FILE, "pyproject.toml", ".git"))


def load(
    paths: Sequence[Path], options: Sequence[str] = (), typed: Mapping[str, Sequence[str] | str | bool] | None = None
) -> Configuration:
    """Reads the settings that hold for `paths`.

    `options` are values of `--config`: a file, or KEY=VALUE. `typed` are options that have a flag of their own, by key:
    `ignore` and `extend-select` add to the settings, all others replace them. Raises `ConfigError`.
    """
    root = find_root(paths)
    files = [option for option in options if "=" not in option or Path(option).is_file()]
    sources: list[Source] = []
    for file in [Path(file) for file in files] or _own_files(root):
        sources += _read_chain(file, root, ())
    sources += [_read_override(option) for option in options if option not in files]
    for key, value in (typed or {}).items():
        if value:
            shown = str(value) if isinstance(value, (str, bool)) else ",".join(value)
            plain = value if isinstance(value, (str, bool)) else list(value)
            sources.append(Source(f"--{key}", {key: plain}, shown, adds=key in ("ignore", "extend-select")))
    settings = Settings()
    for source in sources:
        settings = _apply(settings, source)
    return Configuration(root, settings, tuple(sources))


def _common_folder(paths: Sequence[Path]) -> Path:
    folders = []
    for path in paths or [Path()]:
        whole = Path(os.path.abspath(path))
        folders.append(str(whole if whole.is_dir() else whole.parent))
    folder = Path(os.path.commonpath(folders))
    while not folder.exists():
        folder = folder.parent
    return folder


def _has_settings(folder: Path) -> bool:
    return (folder / OWN_FILE).is_file() or _has_table(folder / "pyproject.toml")


def _has_table(file: Path) -> bool:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    if "sqla-lint" not in text:
        return False
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        return True
    return isinstance(tool, dict) and "sqla-lint" in tool


def _own_files(root: Path) -> list[Path]:
    if (root / OWN_FILE).is_file():
        return [root / OWN_FILE]
    return [root / "pyproject.toml"] if _has_settings(root) else []


def _read_chain(file: Path, root: Path, above: tuple[Path, ...]) -> Iterator[Source]:
    """A file with the files it extends before it; `above` are those that extend it."""
    source = _read_file(file, root)
    path = (*source.prefix, EXTEND)
    chain = (*above, file.resolve())
    said = source.table.get(EXTEND, [])
    for word in [said] if isinstance(said, str) else _strings(said, source, path):
        base = file.parent / word
        if base.resolve() in chain:
            raise _at_value(f"`{word}` extends itself", source, path, word)
        if not base.is_file():
            raise _at_value(f"`{word}` is not there", source, path, word)
        if base.name == "pyproject.toml" and not _has_table(base):
            raise _at_value(f"`{word}` has no table `{'.'.join(TABLE)}`", source, path, word)
        yield from _read_chain(base, root, chain)
    yield replace(source, table={key: value for key, value in source.table.items() if key != EXTEND})


def _read_file(file: Path, root: Path) -> Source:
    try:
        name = file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        name = file.as_posix()
    try:
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", name) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", name) from error
    table: Any = _parse(text, name)
    prefix: tuple[str, ...] = ()
    if file.name == "pyproject.toml":
        prefix = TABLE
        for step, key in enumerate(TABLE):
            table = table.get(key, {})
            if not isinstance(table, dict):
                source = Source(name, {}, text, TABLE, file=file)
                raise _at_key(f"`{'.'.join(TABLE[: step + 1])}` must be a table", source, TABLE[: step + 1])
    return Source(name, table, text, prefix, file=file)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error))
        if not found:
            raise ConfigError(f"is not TOML: {error}", name, text.count("\n") + 1, 1) from error
        lines = text.split("\n")
        line = int(found[2])
        raise ConfigError(f"is not TOML: {found[1]}", name, line, int(found[3]), lines[line - 1]) from error


def _read_override(option: str) -> Source:
    key, _, value = option.partition("=")
    key = key.strip()
    try:
        return Source("--config", tomllib.loads(f"{key} = {value}"), option)
    except tomllib.TOMLDecodeError:
        pass
    try:
        return Source("--config", tomllib.loads(f"{key} = '{value.strip()}'"), option)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("is not KEY=VALUE", "--config", 1, 1, option) from error


@dataclass(frozen=True, slots=True)
class _Entry:
    path: tuple[str, ...]
    start: int
    end: int
    value: int
    value_end: int


_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = re.compile(rf"(?P<key>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)")
_HEADER = re.compile(rf"[\[ \t]*{_DOTTED.pattern}")
_BLANK = re.compile(r"(?:\s|#[^\n]*)+")
_VALUE = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]|[^\s]|[ \t\r]+'
)


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _entries(text: str) -> Iterator[_Entry]:
    """Every key of a TOML text with its places: the parser tells values, not where they stand."""
    at = 0
    table: tuple[str, ...] = ()
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        header = text[at] == "["
        key = (_HEADER if header else _DOTTED).match(text, at)
        if not key:
            at = _line_end(text, at)
            continue
        start, end = key.span("key")
        path = _split(key["key"])
        if header:
            table = path
            yield _Entry(path, start, end, end, end)
            at = _line_end(text, at)
        else:
            at = _value_end(text, end)
            yield _Entry((*table, *path), start, end, end, at)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _value_end(text: str, at: int) -> int:
    depth = 0
    for token in _VALUE.finditer(text, at):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "\n" and depth <= 0:
            return token.start()
    return len(text)


def _find(text: str, path: tuple[str, ...]) -> _Entry | None:
    best: _Entry | None = None
    for entry in _entries(text):
        known = len(entry.path)
        if entry.path == path:
            return entry
        if entry.path == path[:known] and (best is None or known > len(best.path)):
            best = entry
        if path == entry.path[: len(path)] and best is None:
            best = entry
    if best is None or len(best.path) >= len(path):
        return best
    inner = re.compile(rf"""["']?{re.escape(path[-1])}["']?""").search(text, best.value, best.value_end)
    if not inner:
        return best
    return _Entry(path, inner.start(), inner.end(), inner.end(), best.value_end)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _pointed(message: str, source: Source, start: int, end: int) -> ConfigError:
    line_start = source.text.rfind("\n", 0, start) + 1
    text = source.text[line_start : _line_end(source.text, start)].rstrip("\n")
    return ConfigError(
        message, source.name, _line(source.text, start), start - line_start + 1, text, max(1, end - start)
    )


def _at_key(message: str, source: Source, path: tuple[str, ...]) -> ConfigError:
    entry = _find(source.text, path)
    if entry:
        return _pointed(message, source, entry.start, entry.end)
    at = source.text.find(path[-1])
    return _pointed(message, source, at, at + len(path[-1])) if at >= 0 else ConfigError(message, source.name)


def _at_value(message: str, source: Source, path: tuple[str, ...], word: str) -> ConfigError:
    entry = _find(source.text, path)
    at = source.text.find(word, entry.value, entry.value_end) if entry and word else -1
    return _pointed(message, source, at, at + len(word)) if at >= 0 else _at_key(message, source, path)


_KEYS = tuple(f.name.replace("_", "-") for f in fields(Settings))
_LIBRARY_KEYS = tuple(f.name.replace("_", "-") for f in fields(Library))
_DEPLOYED_KEYS = tuple(f.name.replace("_", "-") for f in fields(Deployed))
_DEPLOYED_WORDS = {"target": TARGETS, "pgbouncer": POOLING}


def _apply(settings: Settings, source: Source) -> Settings:
    for key, value in source.table.items():
        settings = _apply_key(settings, source, key, value)
    return settings


def _apply_key(settings: Settings, source: Source, key: str, value: object) -> Settings:
    path = (*source.prefix, key)
    if key == EXTEND:
        raise _at_key("`extend` stands in files only", source, path)
    attribute = key.replace("-", "_")
    if key in NOT_YET:
        raise _at_key(f"`{key}` is not supported by this version", source, path)
    if key not in _KEYS:
        raise _at_key(f"unknown key `{key}`{nearest(key, (*_KEYS, EXTEND))}", source, path)
    match key:
        case "src" | "include" | "exclude" | "select" | "extend-select" | "ignore":
            words = _strings(value, source, path)
            before = getattr(settings, attribute) if source.adds else ()
            changed: dict[str, Any] = {attribute: (*before, *words)}
            return replace(settings, **changed)
        case "per-file-ignores":
            ignores = dict(settings.per_file_ignores)
            for name, item in _table(value, source, path):
                ignores[name] = _strings(item, source, (*path, name))
            return replace(settings, per_file_ignores=tuple(ignores.items()))
        case "layers":
            layers = dict(settings.layers)
            for name, item in _table(value, source, path):
                if name not in LAYERS:
                    raise _at_key(f"unknown layer `{name}`{nearest(name, LAYERS)}", source, (*path, name))
                layers[name] = _strings(item, source, (*path, name))
            return replace(settings, layers=tuple(layers.items()))
        case "transactions":
            transactions = settings.transactions
            for name, item in _table(value, source, path):
                if name != "owner":
                    raise _at_key(
                        f"unknown key `transactions.{name}`{nearest(name, ('owner',))}", source, (*path, name)
                    )
                transactions = Transactions(_word(item, OWNERS, source, (*path, name)))
            return replace(settings, transactions=transactions)
        case "migrations":
            migrations = settings.migrations
            for name, item in _table(value, source, path):
                if name in MIGRATIONS_LATER:
                    raise _at_key(f"`migrations.{name}` is not supported by this version", source, (*path, name))
                if name != "paths":
                    message = f"unknown key `migrations.{name}`{nearest(name, ('paths',))}"
                    raise _at_key(message, source, (*path, name))
                migrations = Migrations(_strings(item, source, (*path, name)))
            return replace(settings, migrations=migrations)
        case "library":
            library = settings.library
            for name, item in _table(value, source, path):
                if name not in _LIBRARY_KEYS:
                    message = f"unknown key `library.{name}`{nearest(name, _LIBRARY_KEYS)}"
                    raise _at_key(message, source, (*path, name))
                library = replace(library, **{name.replace("-", "_"): _strings(item, source, (*path, name))})
            return replace(settings, library=library)
        case "deployment":
            deployment = dict(settings.deployment)
            for name, item in _table(value, source, path):
                deployment[name] = _deployed(deployment.get(name, Deployed()), item, source, (*path, name))
            return replace(settings, deployment=tuple(deployment.items()))
        case "rules":
            rules = dict(settings.rules)
            for name, item in _table(value, source, path):
                said = dict(rules.get(name, ()))
                for option, given in _table(item, source, (*path, name)):
                    said[option] = _option(given, source, (*path, name, option))
                rules[name] = tuple(said.items())
            return replace(settings, rules=tuple(rules.items()))
        case "severity":
            severities = dict(settings.severity)
            for name, item in _table(value, source, path):
                severities[name] = Severity(_word(item, [s.value for s in Severity], source, (*path, name)))
            return replace(settings, severity=tuple(severities.items()))
        case "fail-on":
            return replace(settings, fail_on=Severity(_word(value, [s.value for s in Severity], source, path)))
        case "baseline":
            if not isinstance(value, str) or not value:
                raise _at_key(f"`baseline` must be the name of a file, not {_kind(value)}", source, path)
            return replace(settings, baseline=value)
        case "edition":
            return replace(settings, edition=_edition(value, source, path))
        case "sqlalchemy-version":
            text = _text(value, source, path).strip()
            if not re.fullmatch(VERSIONS, text):
                raise _at_value(f"`{key}` must be `auto` or versions such as `2.0` or `>=1.4,<2.1`", source, path, text)
            return replace(settings, sqlalchemy_version=text)
        case "executor":
            if not isinstance(value, str) or not re.fullmatch(EXECUTOR, value):
                raise _at_key("`executor` must be MODULE:FACTORY", source, path)
            return replace(settings, executor=value)
        case "plugins":
            modules = _strings(value, source, path)
            for word in modules:
                if not re.fullmatch(MODULE, word):
                    raise _at_value(f"plugin `{word}` is not the name of a module", source, path, word)
            return replace(settings, plugins=modules)
        case "min-confidence":
            word = _word(value, [c.word for c in Confidence], source, path)
            return replace(settings, min_confidence=Confidence[word.upper()])
    if not isinstance(value, bool):
        raise _at_key(f"`{key}` must be true or false, not {_kind(value)}", source, path)
    flag: dict[str, Any] = {attribute: value}
    return replace(settings, **flag)


def _deployed(known: Deployed, value: object, source: Source, path: tuple[str, ...]) -> Deployed:
    for key, item in _table(value, source, path):
        here = (*path, key)
        if key not in _DEPLOYED_KEYS:
            message = f"unknown key `{_name(source, here)}`{nearest(key, _DEPLOYED_KEYS)}"
            raise _at_key(message, source, here)
        words = _DEPLOYED_WORDS.get(key)
        changed: dict[str, Any] = {
            key.replace("-", "_"): _count(item, source, here) if words is None else _word(item, words, source, here)
        }
        known = replace(known, **changed)
    return known


def _count(value: object, source: Source, path: tuple[str, ...]) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _at_key(f"`{_name(source, path)}` must be a whole number, not {_kind(value)}", source, path)
    if value < 1:
        raise _at_key(f"`{_name(source, path)}` must be at least 1, not {value}", source, path)
    return value


def _name(source: Source, path: tuple[str, ...]) -> str:
    return ".".join(path[len(source.prefix) :])


def _strings(value: object, source: Source, path: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _at_key(f"`{_name(source, path)}` must be a list of strings, not {_kind(value)}", source, path)
    return tuple(value)


def _table(value: object, source: Source, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        raise _at_key(f"`{_name(source, path)}` must be a table, not {_kind(value)}", source, path)
    yield from value.items()


def _option(value: object, source: Source, path: tuple[str, ...]) -> Option:
    """What a rule is told; whether it can be told that is known where rules are."""
    if isinstance(value, (bool, int, str)):
        return value
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _at_key(f"`{_name(source, path)}` cannot be {_kind(value)}", source, path)
    return tuple(value)


def _text(value: object, source: Source, path: tuple[str, ...]) -> str:
    """A string; on a command line it may look like a number or a date, and is what was typed."""
    if isinstance(value, (int, float, date)) and not isinstance(value, bool) and source.file is None:
        return source.text.partition("=")[2].strip()
    if not isinstance(value, str):
        raise _at_key(f"`{_name(source, path)}` must be a string, not {_kind(value)}", source, path)
    return value


def _word(value: object, known: Sequence[str], source: Source, path: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _at_key(f"`{_name(source, path)}` must be a string, not {_kind(value)}", source, path)
    if value not in known:
        one_of = ", ".join(f"`{word}`" for word in known)
        message = f"`{_name(source, path)}` must be one of {one_of}, not `{value}`{nearest(value, known)}"
        raise _at_value(message, source, path, value)
    return value


def _edition(value: object, source: Source, path: tuple[str, ...]) -> str:
    """The edition that is named, or that was the newest on the day that is."""
    value = _text(value, source, path)
    if value in EDITIONS:
        return value
    named = ", ".join(f"`{name}`" for name in EDITIONS)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        message = f"`edition` must be one of {named}, or a day such as `{EDITIONS[NEWEST_EDITION]}`, not `{value}`"
        raise _at_value(f"{message}{nearest(value, list(EDITIONS))}", source, path, value) from None
    known = [name for name, begun in EDITIONS.items() if begun <= day]
    if not known:
        raise _at_value(f"on {value} there was no edition yet; there are {named}", source, path, value)
    return known[-1]


def _kind(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case dict():
            return "a table"
        case list():
            return "a list" if all(isinstance(item, str) for item in value) else "a list with other things in it"
    return f"a {type(value).__name__}"
