"""Comments that silence what is found, put into files with the reason somebody gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqla_lint.engine.catalogue import OWN
from sqla_lint.model import Finding
from sqla_lint.syntax.decoding import Unparsed, decode, encode
from sqla_lint.syntax.places import SourceText
from sqla_lint.syntax.source import parse

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_IGNORE = re.compile(r"(#\s*sqla:\s*ignore\[)([^\]#\n]*)\]")
_OWN = frozenset(rule.code for rule in OWN)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file's new bytes, and how many findings the comments in it silence."""

    data: bytes
    count: int


def ignore(data: bytes, findings: Iterable[Finding], reason: str) -> Ignored:
    """Puts a comment at the end of each statement in which something is found. What the comments are wrong about is not
    silenced by more of them, and a file that could not be read again, or not be written in its encoding, stays."""
    text = decode(data)
    source = SourceText(text)
    lines = _LINE.findall(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    wanted: dict[int, list[str]] = {}
    count = 0
    for finding in findings:
        if finding.code in _OWN or not 1 <= finding.place.line <= len(lines):
            continue
        _, last = source.logical_line(starts[finding.place.line - 1] + finding.place.column - 1)
        wanted.setdefault(last, []).append(finding.name)
        count += 1
    for number, names in wanted.items():
        lines[number - 1] = _with_comment(lines[number - 1], sorted(set(names)), reason)
    whole = "".join(lines)
    try:
        parse(whole)
    except Unparsed:
        return Ignored(data, 0)
    made = encode(whole, data)
    return Ignored(data, 0) if made is None else Ignored(made, count)


def _with_comment(line: str, names: list[str], reason: str) -> str:
    code = line.rstrip("\r\n")
    end = line[len(code) :]
    known = _IGNORE.search(code)
    if known is None:
        return f"{code.rstrip()}  # sqla: ignore[{', '.join(names)}] {reason}{end}"
    before = [name.strip() for name in known[2].split(",") if name.strip()]
    more = [*before, *(name for name in names if name not in before)]
    return f"{code[: known.start()]}{known[1]}{', '.join(more)}]{code[known.end() :]}{end}"
