"""Bring the packages of packages.tsv: pinned, checked by hash, unpacked as text. Nothing of them is imported."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click

from tests.corpus.tables import Package, chosen

KEPT = (".py", ".ini", ".mako", ".toml", ".cfg", "entry_points.txt")


class CannotFetch(click.ClickException):
    """A package that the index does not have any more, or that is not what it was."""


@click.command()
@click.argument("dest", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1)
def main(dest: Path, names: tuple[str, ...]) -> None:
    """Bring the packages NAMES (all of them if none is named, about 400 MB) to DEST, where they are not yet."""
    for package in chosen(names):
        if not (dest / package.name).exists():
            fetch(package, dest)
            click.echo(dest / package.name)


def fetch(package: Package, dest: Path) -> None:
    """Download `package`, check it and unpack what the linter reads. A folder that exists is complete."""
    archive = dest / ".archives" / package.file
    if not archive.exists():
        _download(package, archive.parent)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise CannotFetch(f"{package.name}: the hash of {archive} is {found}, not {package.sha256}")
    unfinished = dest / f".{package.name}.unfinished"
    for name, data in _members(archive):
        path = unfinished / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    unfinished.rename(dest / package.name)


def _download(package: Package, folder: Path) -> None:
    # A wheel is only copied; for a source distribution pip asks its build backend for the metadata.
    kind = ["--only-binary", ":all:"] if package.file.endswith(".whl") else []
    options = ["--quiet", "--no-deps", "--ignore-requires-python", *kind, "--dest", str(folder)]
    wanted = f"{package.name.replace('_', '-')}=={package.version}"
    ended = subprocess.run([sys.executable, "-m", "pip", "download", *options, wanted])
    if ended.returncode or not (folder / package.file).exists():
        raise CannotFetch(f"{package.name}: pip did not bring {package.file}")


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files to keep; a name that leads out of the folder is refused."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if not info.is_dir() and info.filename.endswith(KEPT):
                    yield _inside(info.filename), packed.read(info)
    else:
        with tarfile.open(archive) as packed_tar:
            for member in packed_tar:
                if member.isfile() and member.name.endswith(KEPT):
                    opened = packed_tar.extractfile(member)
                    yield _inside(member.name), opened.read() if opened else b""


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise CannotFetch(f"a file of the archive wants to be {name!r}")
    return path


if __name__ == "__main__":
    main()
