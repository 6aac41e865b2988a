"""An earlier state of a project, read from git's own store: no checkout, no worktree, and no hook runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

_REGULAR = ("100644", "100755")


class GitError(Exception):
    """Why git does not tell what was asked, for the user."""


def base_of(root: Path, ref: str) -> str:
    """The commit from which what stands in the project now has gone away from `ref`: where the two parted.

    Raises `GitError` where there is no git, no repository, no such commit, or no common history.
    """
    _git(root, "rev-parse", "--git-dir")
    try:
        told = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitError as error:
        raise GitError(f"`{ref}` names no commit here{_if_shallow(root)}") from error
    try:
        return _git(root, "merge-base", told.decode().strip(), "HEAD").decode().strip()
    except GitError as error:
        raise GitError(f"`{ref}` and HEAD have no common history here{_if_shallow(root)}") from error


def _if_shallow(root: Path) -> str:
    if _git(root, "rev-parse", "--is-shallow-repository").strip() != b"true":
        return ""
    return ": the clone is shallow, fetch more of it (`git fetch --unshallow`; in GitHub Actions `fetch-depth: 0`)"


def export(root: Path, commit: str, into: Path, wanted: Callable[[str], bool]) -> Path:
    """Writes the files of a commit whose names are `wanted` below `into`: those of the project at `root`, and those
    beside its parents. Returns the folder that is the project there. Raises `GitError` and `OSError`.

    Links are left out: where they lead is not part of the commit.
    """
    top, folder = _whereabouts(root)
    project = into / folder
    project.mkdir(parents=True, exist_ok=True)
    above = {folder, *folder.parents}
    chosen = [
        (path, name)
        for path, name in _listed(top, commit)
        if wanted(path.name) and (Path(path.parent) in above or folder in Path(path).parents)
    ]
    for (path, _), data in zip(chosen, _contents(top, [name for _, name in chosen]), strict=True):
        file = into / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return project


def content_of(root: Path, commit: str) -> tuple[str, str]:
    """What stands for all files of a commit, and the folder of the project in it. Raises `GitError`."""
    tree = _git(root, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")
    return tree.decode().strip(), str(_whereabouts(root)[1])


def _whereabouts(root: Path) -> tuple[Path, Path]:
    """The top of a repository, and where in it the project is."""
    top = Path(os.fsdecode(_git(root, "rev-parse", "--show-toplevel")).rstrip("\n"))
    return top, Path(os.path.realpath(root)).relative_to(os.path.realpath(top))


def _listed(top: Path, commit: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The regular files of a commit, with the names of their contents."""
    for row in _git(top, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        about, _, path = row.partition(b"\t")
        parts = about.split(b" ")
        if len(parts) == 3 and parts[0].decode() in _REGULAR:
            name = PurePosixPath(os.fsdecode(path))
            if not name.is_absolute() and ".." not in name.parts:
                yield name, parts[2]


def _contents(top: Path, names: list[bytes]) -> Iterator[bytes]:
    told = _git(top, "cat-file", "--batch", given=b"".join(name + b"\n" for name in names))
    at = 0
    for _ in names:
        end = told.index(b"\n", at)
        size = int(told[at:end].split(b" ")[2])
        yield told[end + 1 : end + 1 + size]
        at = end + size + 2


def _git(folder: Path, *args: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *args], input=given, capture_output=True, check=False)
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(said[0].removeprefix("fatal: ") if said else f"git {args[0]} failed")
    return done.stdout
