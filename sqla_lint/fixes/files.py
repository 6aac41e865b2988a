"""New bytes for a file: the edits of its fixes, as many as do not touch each other, and the file on the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqla_lint.fixes.changes import replacements
from sqla_lint.fixes.edits import Replacement
from sqla_lint.fixes.tree import tree_of
from sqla_lint.model import Fix
from sqla_lint.syntax.decoding import Unparsed, decode, encode
from sqla_lint.syntax.source import parse


class Mended(NamedTuple):
    """A file's new bytes, and the fixes that are in them."""

    data: bytes
    made: tuple[Fix, ...]


def mend(data: bytes, fixes: Iterable[Fix]) -> Mended:
    """Makes all fixes that go together: one that touches another's text waits, and one after which the file would not
    parse is not made."""
    tree = tree_of(decode(data))
    if tree is None:
        return Mended(data, ())
    chosen: list[tuple[Fix, tuple[Replacement, ...]]] = []
    taken: list[Replacement] = []
    for fix in fixes:
        edits = replacements(tree, fix.recipe, fix.at)
        if edits and not any(_touch(edit, other) for edit in edits for other in taken):
            chosen.append((fix, edits))
            taken += edits
    whole = _written(data, tree.text, taken)
    if whole is not None:
        return Mended(whole, tuple(fix for fix, _ in chosen))
    kept: list[tuple[Fix, tuple[Replacement, ...]]] = []
    for one in chosen:
        if _written(data, tree.text, [edit for _, edits in (*kept, one) for edit in edits]) is not None:
            kept.append(one)
    result = _written(data, tree.text, [edit for _, edits in kept for edit in edits]) if kept else None
    return Mended(data, ()) if result is None else Mended(result, tuple(fix for fix, _ in kept))


def _touch(one: Replacement, other: Replacement) -> bool:
    return one.start <= other.end and other.start <= one.end and not (one.shared and one == other)


def _written(data: bytes, text: str, edits: Sequence[Replacement]) -> bytes | None:
    """The file with the edits; None where it could not be read again."""
    parts: list[str] = []
    position = 0
    for start, end, new, _ in sorted(set(edits)):
        parts += text[position:start], new
        position = end
    parts.append(text[position:])
    try:
        parse(whole := "".join(parts))
    except Unparsed:
        return None
    return encode(whole, data)


def store(path: Path, before: bytes, after: bytes) -> None:
    """Puts new bytes in the place of a file in one step; its permissions stay, and links lead to it as before.

    Raises OSError, also where the file is not what it was.
    """
    real = Path(os.path.realpath(path))
    if real.read_bytes() != before:
        raise OSError("it was changed meanwhile")
    if not os.access(real, os.W_OK):
        raise PermissionError(13, os.strerror(13))
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
        shutil.copymode(real, name)
        os.replace(name, real)
    except BaseException:
        os.unlink(name)
        raise
