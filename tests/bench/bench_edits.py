"""What a check costs after one file has changed: `python tests/bench/bench_edits.py FOLDER ... [--edits N] [--seed N]`.

Whole processes on a copy of each folder, whose cache a first run has filled. Every edit stays, so the cache lives as
long as it does at a desk. The last lines are about the hub, the file that most others import: an edit of each kind.
With `--verify` the output after each edit is held against that of a run without cache, byte by byte.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import sqla_lint

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".sqla-lint-cache")
STATEMENTS = ("edited = {0}", "print({0})", "session.flush()", "session.commit()")
FUNCTION = "\n\ndef edited_{0}(session, key={0}):\n    session.add(key)\n    session.flush()\n    return key\n"


class Spent(NamedTuple):
    """Wall and CPU seconds of a process, its children included, and what it said."""

    wall: float
    cpu: float
    code: int
    said: bytes


class File(NamedTuple):
    """A file to edit, and an import that another one makes, to be made here too."""

    text: str
    tree: ast.Module
    imported: str


Editor = Callable[[File, Random], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--verify", action="store_true", help="also run without cache after each edit, and compare")
    options = parser.parse_args()
    compileall.compile_dir(Path(sqla_lint.__file__).parent, quiet=1)
    differing = 0
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / folder.resolve().name
            shutil.copytree(folder, copy, ignore=LEFT_OUT, symlinks=True)
            differing += _measure(copy, options.edits, Random(options.seed), options.verify)
    sys.exit(bool(differing))


def _measure(folder: Path, edits: int, random: Random, verify: bool) -> int:
    """Prints the table of one folder; returns after how many edits the cache made a difference."""
    paths = [path for path in sorted(folder.rglob("*.py")) if path.is_file() and _functions(_parsed(path))]
    if not paths:
        print(f"\n{folder.name}: no functions there")
        return 0
    hub, importers = _hub(folder)
    cold, again = _check(folder), _check(folder)
    print(f"\n{folder.name}: {len(paths):,} files with functions; the first run exits {cold.code}\n")
    columns = "".join(f" {name:>7} {'least':>6} {'worst':>6}" for name in ("wall s", "CPU s"))
    print(f"{'':44} {'runs':>4}{columns} {'of cold':>8}")
    _row("cold", [cold], cold)
    _row("nothing changed", [again], cold)
    drawn = (list(EDITS) * (edits // len(EDITS) + 1))[:edits]
    random.shuffle(drawn)
    taken: dict[str, list[Spent]] = {kind: [] for kind in EDITS}
    differing = 0
    for kind in drawn:
        if path := _edit(kind, paths, paths, random):
            taken[kind].append(_check(folder))
            differing += verify and _differs(folder, taken[kind][-1], f"{kind} in {path.relative_to(folder)}")
    for kind, spent in taken.items():
        _row(kind, spent, cold)
    _row("all", [one for spent in taken.values() for one in spent], cold)
    of_hub = []
    for kind in EDITS:
        if _edit(kind, [hub], paths, random):
            of_hub.append(_check(folder))
            differing += verify and _differs(folder, of_hub[-1], f"{kind} in the hub")
    _row(f"hub {hub.relative_to(folder)} ({importers} import it)", of_hub, cold)
    if verify:
        print(f"{differing} outputs are others than without cache")
    return differing


def _row(name: str, spent: Sequence[Spent], cold: Spent) -> None:
    if not spent:
        return
    walls, cpus = [one.wall for one in spent], [one.cpu for one in spent]
    columns = [f"{median(times):7.2f} {min(times):6.2f} {max(times):6.2f}" for times in (walls, cpus)]
    print(f"{name:44} {len(spent):4} {' '.join(columns)} {median(walls) / cold.wall:8.2f}", flush=True)


def _differs(folder: Path, spent: Spent, what: str) -> bool:
    plain = _check(folder, "--no-cache")
    if (plain.code, plain.said) == (spent.code, spent.said):
        return False
    print(f"the cache makes a difference after: {what}", flush=True)
    return True


def _check(folder: Path, *options: str) -> Spent:
    """One check as a process of its own, timed by the operating system."""
    command = [sys.executable, "-m", "sqla_lint", "check", str(folder), "--format", "json", *options]
    with tempfile.NamedTemporaryFile() as said:
        to_file = (os.POSIX_SPAWN_OPEN, 1, said.name, os.O_WRONLY, 0)
        to_nowhere = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        begin = time.monotonic()
        child = os.posix_spawn(command[0], command, os.environ, file_actions=[to_file, to_nowhere])
        _, status, usage = os.wait4(child, 0)
        wall = time.monotonic() - begin
        return Spent(wall, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status), said.read())


# -- edits --


def _edit(kind: str, among: Sequence[Path], paths: Sequence[Path], random: Random) -> Path | None:
    """Makes an edit of this kind in one of the files; None when it finds no place where it leaves a program."""
    for _ in range(100):
        path = random.choice(among)
        text = path.read_bytes().decode()
        edited = EDITS[kind](File(text, _parsed(path), _an_import(_parsed(random.choice(paths)), random)), random)
        if edited != text and _parses(edited):
            path.write_bytes(edited.encode())
            return path
    return None


def _parsed(path: Path) -> ast.Module:
    """The tree of a file, or an empty one where there is none to edit."""
    try:
        return ast.parse(path.read_bytes().decode())
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those whose body begins on a line of its own."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node for node in found if node.body[0].lineno > node.lineno]


def _an_import(tree: ast.Module, random: Random) -> str:
    """An import that may stand in any file; "" if this one has none."""
    imports = [node for node in tree.body if isinstance(node, ast.Import) or _is_plain(node)]
    return ast.unparse(random.choice(imports)) if imports else ""


def _is_plain(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__"


def _statement_added(file: File, random: Random) -> str:
    """A line above a statement of a function."""
    functions = _functions(file.tree)
    if not functions:
        return file.text
    statement = random.choice(random.choice(functions).body)
    line = " " * statement.col_offset + random.choice(STATEMENTS).format(random.randrange(1000))
    return _with_line(file.text, statement, line)


def _comment_on_top(file: File, random: Random) -> str:
    return f"# edited {random.randrange(1000)}\n{file.text}"


def _call_changed(file: File, random: Random) -> str:
    """Another name before a bracket, or another statement in the place of the call."""
    functions = _functions(file.tree)
    body = random.choice(functions).body if functions else []
    calls = [node for one in body for node in ast.walk(one) if isinstance(node, ast.Call)]
    if not calls:
        return file.text
    call = random.choice(calls)
    alone = [node for one in body for node in ast.walk(one) if isinstance(node, ast.Expr) and node.value is call]
    if alone and random.random() < 0.5:
        return _replaced(file.text, alone[0], "pass")
    return _replaced(file.text, call.func, random.choice(("session.flush", "session.commit", "edited", "print")))


def _function_added(file: File, random: Random) -> str:
    return file.text + FUNCTION.format(random.randrange(1000))


def _import_added(file: File, random: Random) -> str:
    """An import above the first one of the file, or above its first definition."""
    places = [node for node in file.tree.body if isinstance(node, ast.Import) or _is_plain(node)]
    places += [node for node in file.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign)]
    return _with_line(file.text, places[0], file.imported) if places and file.imported else file.text


EDITS: dict[str, Editor] = {
    "statement added": _statement_added,
    "comment on top": _comment_on_top,
    "call changed": _call_changed,
    "function added": _function_added,
    "import added": _import_added,
}


def _with_line(text: str, node: ast.stmt, line: str) -> str:
    """The text with a line above a statement."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    at = min([node.lineno, *(one.lineno for one in decorators)]) - 1
    lines = text.split("\n")
    return "\n".join([*lines[:at], line, *lines[at:]])


def _replaced(text: str, node: ast.expr | ast.stmt, other: str) -> str:
    """The text with something else in the place of a node; places in a tree count bytes."""
    lines = text.encode().split(b"\n")
    last = (node.end_lineno or node.lineno) - 1
    before, after = lines[node.lineno - 1][: node.col_offset], lines[last][node.end_col_offset :]
    return b"\n".join([*lines[: node.lineno - 1], before + other.encode() + after, *lines[last + 1 :]]).decode()


# -- the hub --


def _hub(folder: Path) -> tuple[Path, int]:
    """The file that most others import, and how many do. It need not have functions."""
    files = {_module(folder, path): path for path in sorted(folder.rglob("*.py"))}
    counted: Counter[Path] = Counter()
    for path in files.values():
        counted.update({files[name] for name in _imported(folder, path) if name in files} - {path})
    return min(files.values(), key=lambda path: (-counted[path], path)), max(counted.values(), default=0)


def _imported(folder: Path, path: Path) -> Iterator[str]:
    """The modules that a file may mean by its imports."""
    package = _module(folder, path).split(".")
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _module(folder: Path, path: Path) -> str:
    """What a file is called by those who import it, as far as packages say so."""
    top = path.parent
    while top != folder.parent and (top / "__init__.py").exists():
        top = top.parent
    if top == path.parent:
        top = folder
    parts = path.relative_to(top).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


if __name__ == "__main__":
    main()
