"""From the bytes of one file to its facts."""

from __future__ import annotations

from sqla_lint.facts.collectors.file import lower
from sqla_lint.facts.schema import FileFacts
from sqla_lint.syntax.decoding import decode
from sqla_lint.syntax.room import collector_paused, with_room_if_needed
from sqla_lint.syntax.source import parse
from sqla_lint.syntax.tokens import scan


def read(data: bytes, package: bool) -> FileFacts:
    """What a file says; `package` says that it is an `__init__`. Raises Unparsed."""
    text = decode(data)
    with collector_paused():
        tokens = scan(text)
        tree = parse(text, tokens)
        return with_room_if_needed(lower, tree, text, tokens, package)
