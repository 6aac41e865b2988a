"""The decoded texts of a run, made only for the files that something is said about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqla_lint.model import Extent, Place

if TYPE_CHECKING:
    from sqla_lint.syntax.places import SourceText


class Texts:
    """Texts by path, decoded when first asked for."""

    def __init__(self, data: Mapping[str, bytes]):
        self._data = data
        self._texts: dict[str, SourceText] = {}
        self._plain: dict[str, str] = {}

    def plain(self, path: str) -> str:
        """The text of a file that parses."""
        from sqla_lint.syntax.decoding import decode

        if path not in self._plain:
            self._plain[path] = decode(self._data[path])
        return self._plain[path]

    def readable(self, path: str) -> str:
        """The text of any file, also one that cannot be decoded: then bytes become what Latin-1 makes of them."""
        from sqla_lint.syntax.decoding import Unparsed

        try:
            return self.plain(path)
        except Unparsed:
            return self._data[path].decode("latin-1")

    def __getitem__(self, path: str) -> SourceText:
        from sqla_lint.syntax.places import SourceText

        if path not in self._texts:
            self._texts[path] = SourceText(self.plain(path))
        return self._texts[path]

    def place(self, path: str, start: int, end: int) -> Place:
        """The place of a range of offsets; the end is exclusive."""
        text = self[path]
        return Place(path, *text.position(start), *text.position(end))

    def reach(self, path: str, at: int, extent: Extent) -> tuple[int, int]:
        """The offsets that a spot stands for."""
        return self[path].extent(at, extent)
