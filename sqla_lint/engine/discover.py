"""Which files a run reads, which of them it reports, and what each is called as a module."""

from __future__ import annotations

import os
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from pathspec import GitIgnoreSpec

from sqla_lint.config import Settings, is_project
from sqla_lint.engine.beside import candidates
from sqla_lint.engine.cache import FOLDER
from sqla_lint.engine.record import Watch, digest_of_names, stamp, watch_folder
from sqla_lint.model import RunError

_VERSION_CONTROL = (".git", ".hg", ".svn", ".bzr")
_INSTALLED = (
    ".venv",
    "venv",
    ".env",
    "node_modules",
    "site-packages",
    "__pypackages__",
    ".eggs",
    ".tox",
    ".nox",
    ".direnv",
)
_MADE = ("__pycache__", "build", "_build", "dist")
_CACHES = (FOLDER, ".mypy_cache", ".pytest_cache", ".ruff_cache", ".pytype", ".hypothesis", ".ipynb_checkpoints")
NEVER = frozenset((*_VERSION_CONTROL, *_INSTALLED, *_MADE, *_CACHES, ".idea", ".vscode"))
"""Folders that are never the user's own source, unless a path inside one is given."""

PROJECT_FILES = frozenset(("pyproject.toml", "setup.py", "setup.cfg"))


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One file of the project: `path` is posix and relative to the project root.

    `root` is its source root, the folder that absolute imports start from ("" is the project root, ".." the folder
    above a bare package); `module` is its dotted name from there.
    """

    path: str
    root: str
    module: str
    package: bool


@dataclass(frozen=True, slots=True)
class Discovery:
    """All files of the project in order, and the paths of those whose findings are reported."""

    files: tuple[SourceFile, ...]
    reported: frozenset[str]
    errors: tuple[RunError, ...]
    folders: tuple[Watch, ...] = ()
    """The folders that were listed, as they were before."""


def discover(
    root: Path,
    paths: Sequence[Path],
    settings: Settings,
    warn: Callable[[str], None],
    unsaved: Mapping[str, bytes] = MappingProxyType({}),
) -> Discovery:
    """Lists the whole project below `root` and whatever else lies under `paths`; only the latter is reported.

    Where no project is, it lists what they import instead. Files in `unsaved`, as paths from the root, are taken to be
    there.
    """
    walk = _Walk(Path(os.path.abspath(root)), settings, warn, unsaved)
    given = [Path(os.path.abspath(path)) for path in paths] or [walk.root]
    for path in given:
        walk.add_given(path)
    reported = frozenset(walk.found)
    if is_project(walk.root):
        walk.add_folder(walk.root)
    elif walk.root not in given:
        walk.add_imported()
    walk.look_around()
    files = tuple(walk.name(path) for path in sorted(walk.found))
    errors = tuple(sorted(walk.errors, key=lambda error: error.path))
    return Discovery(files, reported, errors, tuple(walk.folders.values()))


class _Walk:
    def __init__(self, root: Path, settings: Settings, warn: Callable[[str], None], unsaved: Mapping[str, bytes]):
        self.root = root
        self.warn = warn
        self.unsaved = unsaved
        self.src = tuple(_parts(folder) for folder in settings.src)
        self.plain = settings.include == ("*.py",)
        self.include = GitIgnoreSpec.from_lines(settings.include)
        self.exclude = GitIgnoreSpec.from_lines(settings.exclude)
        self.found: set[str] = set()
        self.packages: set[tuple[str, ...]] = set()
        self.projects: set[tuple[str, ...]] = set()
        self.errors: list[RunError] = []
        self.folders: dict[str, Watch] = {}
        self._linked: set[str] = set()
        self._warned: set[str] = set()

    def relative(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()

    def add_given(self, path: Path) -> None:
        name = self.relative(path)
        try:
            mode = stat.S_IFREG if name in self.unsaved else path.stat().st_mode
        except FileNotFoundError:
            self.errors.append(RunError(name, "no such file or folder"))
            return
        except OSError as error:
            self.errors.append(RunError(name, f"cannot be read: {error.strerror}"))
            return
        if stat.S_ISDIR(mode):
            self.add_folder(path)
        elif not stat.S_ISREG(mode):
            self.errors.append(RunError(name, "is not a regular file"))
        elif path.suffix not in ("", ".py") and not self.include.match_file(name):
            self.errors.append(RunError(name, "is not a Python source file"))
        elif not self._excludes(name):
            self.found.add(name)

    def add_imported(self) -> None:
        """Takes what the files taken so far import, and what these do; notes the folders where that is looked for."""
        pending, seen = sorted(self.found), set(self.found)
        while pending:
            path = pending.pop()
            folder = PurePosixPath(path).parts[:-1]
            for parts in candidates(str(self.root), folder, self._text(path)):
                name = "/".join(parts)
                if name in seen:
                    continue
                seen.add(name)
                real = self.root.joinpath(*parts[:-1])
                if str(real) not in self.folders and real.is_dir():
                    self.folders[str(real)] = watch_folder(str(real))
                if (self.root / name).is_file() and not self._excludes(name):
                    self.found.add(name)
                    pending.append(name)

    def _text(self, path: str) -> bytes:
        try:
            return self.unsaved[path] if path in self.unsaved else (self.root / path).read_bytes()
        except OSError:
            return b""

    def add_folder(self, start: Path) -> None:
        ignored = _ignore_files_above(start)
        if ignored and _is_ignored(f"{start.as_posix()}/", ignored):
            ignored = ()
        pending = [(start, ignored)]
        while pending:
            folder, above = pending.pop()
            try:
                before = stamp(os.stat(folder))
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append(RunError(self.relative(folder), f"cannot be listed: {error.strerror}"))
                continue
            names = digest_of_names(entry.name for entry in entries)
            self.folders[str(folder)] = ("folder", str(folder), before, names)
            specs = above
            if any(entry.name == ".gitignore" for entry in entries):
                specs = (*above, *_ignore_file(folder))
            inside = self.relative(folder)
            prefix = "" if inside == "." else f"{inside}/"
            for entry in entries:
                if entry.name not in NEVER and self._goes_on(entry, f"{prefix}{entry.name}", specs):
                    pending.append((Path(entry.path), specs))

    def _goes_on(self, entry: os.DirEntry[str], name: str, specs: _Specs) -> bool:
        """Takes a file, and says whether an entry is a folder to go into; `name` is its path from the root."""
        try:
            folder = entry.is_dir()
        except OSError:
            folder = False
        if folder:
            if _is_ignored(f"{_posix(entry)}/", specs) or self._excludes(f"{name}/"):
                return False
            return not entry.is_symlink() or self._follows(Path(entry.path))
        if not self._includes(name):
            return False
        if _is_ignored(_posix(entry), specs) or self._excludes(name):
            return False
        if entry.is_symlink() and self._inside(os.path.realpath(entry.path)) and os.path.exists(entry.path):
            return False
        if not entry.is_file() and os.path.exists(entry.path):
            self._warn_once(f"{name} is not a regular file and was left out")
            return False
        self.found.add(name)
        return False

    def _includes(self, name: str) -> bool:
        return name.endswith(".py") if self.plain else bool(self.include.match_file(name))

    def _excludes(self, name: str) -> bool:
        return bool(self.exclude) and bool(self.exclude.match_file(name))

    def _inside(self, real: str) -> bool:
        top = os.path.realpath(self.root)
        return real == top or real.startswith(top + os.sep)

    def _follows(self, link: Path) -> bool:
        """A linked folder is read once, and only when it lies outside: what lies inside is read where it really is."""
        real = os.path.realpath(link)
        here = os.path.realpath(link.parent)
        if here == real or here.startswith(real + os.sep):
            self._warn_once(f"{self.relative(link)} links to a folder it stands in and was not followed")
            return False
        if self._inside(real) or real in self._linked:
            return False
        self._linked.add(real)
        return True

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self.warn(message)

    def look_around(self) -> None:
        """Notes which folders are packages and which are projects of their own."""
        folders: set[tuple[str, ...]] = {()}
        for name in {name.rpartition("/")[0] for name in self.found}:
            parts = PurePosixPath(name).parts
            while parts and parts not in folders:
                folders.add(parts)
                parts = parts[:-1]
        for parts in folders:
            real = os.path.join(self.root, *parts)
            if "/".join((*parts, "__init__.py")) in self.unsaved or os.path.isfile(os.path.join(real, "__init__.py")):
                self.packages.add(parts)
            if parts and any(os.path.isfile(os.path.join(real, name)) for name in PROJECT_FILES):
                self.projects.add(parts)

    def name(self, path: str) -> SourceFile:
        *folder, last = PurePosixPath(path).parts
        stem = last[:-3] if last.endswith(".py") else last
        package = stem == "__init__"
        own = () if package else (stem,)
        parts = tuple(folder)
        if () in self.packages and not is_project(self.root):
            above = _package_chain(self.root)
            return SourceFile(path, "/".join([".."] * len(above)), ".".join((*above, *parts, *own)), package)
        root = self._source_root(parts)
        names = (*parts[len(root) :], *own) or (PurePosixPath(*root).name or self.root.name,)
        return SourceFile(path, "/".join(root), ".".join(names), package)

    def _source_root(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        declared = [parts[: len(src)] for src in self.src if _matches(parts, src)]
        if declared:
            return max(declared, key=len)
        steps = [parts[:length] for length in range(1, len(parts) + 1)]
        base = max((step for step in steps if step in self.projects), key=len, default=())
        for step in steps[len(base) :]:
            if step in self.packages:
                return step[:-1]
        if parts[len(base) : len(base) + 1] == ("src",):
            return (*base, "src")
        return base


def settle(files: Sequence[SourceFile], imports: Mapping[str, Iterable[str]]) -> tuple[SourceFile, ...]:
    """Moves source roots to where the project's own imports say they are.

    A folder layout alone does not tell a namespace package from a source root. `imports` are the absolute modules each
    path imports; for every group of files below one source root the ancestor folder under which most of them are found
    wins, and on a tie the root stays. An import that is found in another group says nothing about this one. A folder
    that is a package may still be where its scripts are started; there only modules inside a further folder count, as
    `requests.py` in a package is not what `import requests` means.
    """
    wanted = {module for modules in imports.values() for module in modules}
    wanted = {module for module in wanted if module.partition(".")[0] not in sys.stdlib_module_names}
    groups: dict[tuple[str, str], list[SourceFile]] = defaultdict(list)
    for file in files:
        if not file.root.startswith(".."):
            groups[file.root, file.module.partition(".")[0]].append(file)
    moved: dict[str, str] = {}
    for (root, _), group in groups.items():
        elsewhere = {file.module for other in groups.values() if other is not group for file in other}
        best = _best_root(root, group, wanted - elsewhere)
        if best != root:
            moved |= {file.path: best for file in group}
    return tuple(_rooted(file, moved[file.path]) if file.path in moved else file for file in files)


def _best_root(root: str, group: Sequence[SourceFile], wanted: set[str]) -> str:
    shared = os.path.commonpath([os.path.dirname(file.path) for file in group]) if group else ""
    candidates = ["/".join(shared.split("/")[:count]) for count in range(shared.count("/") + 1, -1, -1)]
    packages = {os.path.dirname(file.path) for file in group if file.package}

    def found(candidate: str) -> int:
        modules = wanted.intersection(_module(file, candidate) for file in group)
        return sum("." in module for module in modules) if candidate in packages else len(modules)

    scores = {name: found(name) for name in dict.fromkeys(candidates)}
    best = max(scores, key=lambda name: (scores[name], name == root), default=root)
    return best if scores.get(best, 0) > found(root) else root


def _rooted(file: SourceFile, root: str) -> SourceFile:
    return replace(file, root=root, module=_module(file, root) or "__init__")


def _module(file: SourceFile, root: str) -> str:
    """The dotted name of a file from a folder above it."""
    folders, _, last = (file.path[len(root) + 1 :] if root else file.path).rpartition("/")
    names = folders.split("/") if folders else []
    if not file.package:
        names.append(last[:-3] if last.endswith(".py") else last)
    return ".".join(names)


def _posix(entry: os.DirEntry[str]) -> str:
    return entry.path if os.sep == "/" else Path(entry.path).as_posix()


def _parts(folder: str) -> tuple[str, ...]:
    return tuple(part for part in PurePosixPath(folder).parts if part != ".")


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(parts) >= len(pattern) and all(map(fnmatchcase, parts, pattern))


def _package_chain(folder: Path) -> tuple[str, ...]:
    names: list[str] = []
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return tuple(names)


_Specs = tuple[tuple[str, GitIgnoreSpec], ...]


def _ignore_files_above(start: Path) -> _Specs:
    """The `.gitignore` files from the top of the repository down to above `start`; none outside a repository."""
    above = [start, *start.parents]
    top = next((index for index, folder in enumerate(above) if (folder / ".git").exists()), 0)
    return tuple(spec for folder in reversed(above[1 : top + 1]) for spec in _ignore_file(folder))


def _ignore_file(folder: Path) -> Iterator[tuple[str, GitIgnoreSpec]]:
    try:
        lines = (folder / ".gitignore").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    yield f"{folder.as_posix().rstrip('/')}/", GitIgnoreSpec.from_lines(lines)


def _is_ignored(path: str, specs: _Specs) -> bool:
    """The nearest `.gitignore` that says anything about a path decides."""
    for folder, spec in reversed(specs):
        said = spec.check_file(path[len(folder) :]).include
        if said is not None:
            return said
    return False
