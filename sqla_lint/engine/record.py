"""The record of a run: as long as nothing has changed that a run rests on, its answer is given again without running.

This module is all that such an answer needs, so it imports next to nothing. A record lists every file, folder and
absence that the run looked at. A file counts as unchanged when its stamp is the same, or its content; a stamp that is
younger than `_YOUNG` is not kept, because a file may change again within the resolution of its times.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable

from sqla_lint import __version__
from sqla_lint.engine.cache import FOLDER, Cache

Stamp = tuple[int, int, int, int]
"""Size, time of modification, time of change (nanoseconds) and inode of a file or folder."""
Watch = tuple[str, str, Stamp, str]
"""Something a run rests on: `kind` (file, folder, offers, there, absent), its absolute path, its stamp, the digest of
its content (of a folder: of the names in it, or of the plugins that are installed there)."""

ENVIRONMENT = ("NO_COLOR", "FORCE_COLOR")
"""Variables that change what is printed."""
INSTALLED = "PYTHONPATH"
"""A variable that changes which plugins there are."""
COMPLETING = "_SQLA_LINT_COMPLETE"
"""What a shell sets that asks how a command line may go on."""
AGENTS = ("AI_AGENT", "AGENT", "CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "CURSOR_AGENT", "OPENCODE")
"""Variables that coding agents set for the commands they run."""
_NEVER: Stamp = (0, 0, 0, 0)
_YOUNG = 2_000_000_000
_OWN = frozenset((FOLDER, "__pycache__"))


def stamp(about: os.stat_result) -> Stamp:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def digest(data: bytes) -> str:
    from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()


def digest_of_names(names: Iterable[str]) -> str:
    """What tells one listing of a folder from another; what the linter and Python write there themselves left out."""
    return digest("\0".join(sorted(set(names) - _OWN)).encode("utf-8", "surrogateescape"))


def watch(path: str) -> Watch:
    """A file or absence as it is now."""
    try:
        with open(path, "rb") as file:
            return "file", path, stamp(os.stat(path)), digest(file.read())
    except (IsADirectoryError, PermissionError):
        return "there", path, _NEVER, ""
    except OSError:
        return "absent", path, _NEVER, ""


def watch_folder(path: str) -> Watch:
    """A folder as it is now."""
    return "folder", path, stamp(os.stat(path)), digest_of_names(os.listdir(path))


def watch_offers(path: str) -> Watch:
    """A folder with what is installed, for the plugins in it."""
    from sqla_lint.engine.offers import offers

    return "offers", path, stamp(os.stat(path)), digest_of_names("=".join(one) for one in offers(path))


def read_by_agent() -> bool:
    """Whether what is printed goes to a coding agent and not to a terminal."""
    return any(map(os.environ.get, AGENTS)) and not sys.stdout.isatty()


def question(args: list[str]) -> bytes:
    """Everything but files that decides what a command prints."""
    environment = [f"{name}={os.environ.get(name, '')}" for name in (*ENVIRONMENT, INSTALLED)]
    reader = f"terminal={sys.stdout.isatty()} agent={read_by_agent()}"
    parts = [__version__, sys.version, sys.prefix, os.getcwd(), *environment, reader, *args]
    return "\0".join(parts).encode("utf-8", "surrogateescape")


UNKNOWN, CHANGED = -1, -2
"""Why there is no exit code: no earlier run is remembered, or something is not as it was then."""


def replay(args: list[str]) -> int:
    """Print what this very command has printed before and return its exit code, if nothing has changed since; else
    `UNKNOWN` or `CHANGED`."""
    asked = question(args)
    why = UNKNOWN
    for folder in _folders(args):
        cache = Cache(folder, create=False)
        data = cache.run(asked)
        answer = None if data is None else _answer(cache, asked, data)
        cache.close()
        if answer is not None:
            write(answer[1])
            return answer[0]
        why = CHANGED if cache.is_used else why
    return why


def _answer(cache: Cache, asked: bytes, data: bytes) -> tuple[int, bytes] | None:
    """The exit code and the output of a recorded run, if the record still holds; new stamps are remembered."""
    code, day, watches, output = _decode(data)
    if day and day != time.strftime("%Y-%m-%d"):
        return None
    now = _still(watches)
    if now is None:
        return None
    if now is not watches:
        cache.keep_run(asked, encode(code, day, now, output))
    return code, output


def _folders(args: list[str]) -> list[str]:
    """Where the command's cache may be: as it says itself, else at or above the paths it names and where it stands."""
    starts = [os.getcwd()]
    for index, arg in enumerate(args):
        if arg == "--no-cache":
            return []
        if arg == "--cache-dir":
            return args[index + 1 : index + 2]
        if arg.startswith("--cache-dir="):
            return [arg.partition("=")[2]]
        if not arg.startswith("-") and os.path.exists(arg):
            starts.append(os.path.abspath(arg))
    found: list[str] = []
    for start in starts:
        folder = os.path.join(start, FOLDER)
        while not os.path.isdir(folder) and start != os.path.dirname(start):
            start = os.path.dirname(start)
            folder = os.path.join(start, FOLDER)
        if folder not in found:
            found.append(folder)
    return found


_AGAIN = {"folder": watch_folder, "offers": watch_offers, "file": watch}


def _still(watches: list[Watch]) -> list[Watch] | None:
    """None if anything has changed; the watches with new stamps, if only stamps have."""
    renewed: list[Watch] = []
    changed = False
    for one in watches:
        kind, path, before, content = one
        try:
            now = stamp(os.stat(path))
        except OSError:
            if kind != "absent":
                return None
            renewed.append(one)
            continue
        if kind == "absent":
            return None
        if now != before and kind != "there":
            try:
                again = _AGAIN[kind](path)
            except OSError:
                return None
            if again[3] != content:
                return None
            one = _settled(again, time.time_ns())
            changed = changed or one[2] != before
        renewed.append(one)
    return renewed if changed else watches


def _settled(one: Watch, now: int) -> Watch:
    """A watch without its stamp, when that is so young that it does not tell."""
    return (one[0], one[1], _NEVER, one[3]) if max(one[2][1:3]) > now - _YOUNG else one


def keep(cache: Cache, args: list[str], code: int, output: bytes, watches: list[Watch], *, dated: bool) -> None:
    """Remember what a command has printed, for today if it is `dated`; nothing if there is nothing to hold it to."""
    if watches:
        day = time.strftime("%Y-%m-%d") if dated else ""
        cache.keep_run(question(args), encode(code, day, watches, output))


def encode(code: int, day: str, watches: Iterable[Watch], output: bytes) -> bytes:
    """A record as bytes; `day` is the date on which alone it holds, "" when the date does not matter."""
    now = time.time_ns()
    fields: list[str] = []
    for kind, path, mark, content in (_settled(one, now) for one in watches):
        fields += (kind, path, content, *map(str, mark))
    body = "\0".join(fields).encode("utf-8", "surrogateescape")
    return f"{code} {day or '-'} {len(body)}\n".encode() + body + output


def _decode(data: bytes) -> tuple[int, str, list[Watch], bytes]:
    head, _, rest = data.partition(b"\n")
    code, day, length = head.decode().split(" ")
    fields = rest[: int(length)].decode("utf-8", "surrogateescape").split("\0")
    marks = zip(*(map(int, fields[at::7]) for at in range(3, 7)), strict=True)
    watches = list(zip(fields[0::7], fields[1::7], marks, fields[2::7], strict=True))
    return int(code), "" if day == "-" else day, watches, rest[int(length) :]


def write(output: bytes) -> None:
    """Prints; that nobody reads to the end is no error and does not change the exit code."""
    try:
        sys.stdout.buffer.write(output)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
