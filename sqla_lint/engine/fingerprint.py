"""What makes a finding the same finding after an edit: rule, symbol and normalised source, but no line."""

from __future__ import annotations

import re
from hashlib import blake2b

VERSION = 1

_TOKEN = re.compile(
    r"(?P<string>(?:\"\"\"(?:\\[\s\S]|[^\\])*?\"\"\"|'''(?:\\[\s\S]|[^\\])*?'''"
    r"|\"(?:\\[\s\S]|[^\"\\\n])*\"|'(?:\\[\s\S]|[^'\\\n])*'))"
    r"|(?P<comment>\#[^\n\r]*)|(?P<blank>(?:\s|\\\r?\n)+)|(?P<word>\w+)|(?P<mark>.)"
)


def normalise(source: str) -> str:
    """Source as a formatter cannot change it: no comments, layout, trailing commas, or choice of quotes."""
    parts: list[str] = []
    after_word = False
    for token in _TOKEN.finditer(source):
        text = token[0]
        match token.lastgroup:
            case "comment" | "blank":
                continue
            case "string" if text[0] == "'" and text[:3] != "'''" and not set('"\\') & set(text):
                text = f'"{text[1:-1]}"'
            case "mark" if text in ")]}" and parts and parts[-1] == ",":
                parts.pop()
            case "word" if after_word:
                text = f" {text}"
        after_word = token.lastgroup == "word"
        parts.append(text)
    return "".join(parts)


def fingerprint(name: str, symbol: str, node: str, occurrence: int) -> str:
    """`node` is normalised source; `occurrence` counts equal nodes of this rule within the symbol, from 0."""
    whole = "\0".join((name, symbol, node, str(occurrence)))
    return f"{VERSION}:{blake2b(whole.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
