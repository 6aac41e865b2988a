"""What is known about one line, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqla_lint.project.describe import Effect, Traced
from sqla_lint.report.plain import encodable, printable

_MOST_WAYS = 5


def traced_text(said: Traced | None, path: str, line: int) -> str:
    """The function with its layer, then what the line does and calls."""
    rows = [f"nothing is known about {path}:{line}"] if said is None else _rows(said)
    return "".join(f"{printable(row)}\n" for row in rows)


def traced_json(said: Traced | None, path: str, line: int) -> str:
    """The same as an object; `symbol` is null where the line stands in no function and no module that was read."""
    whole: dict[str, Any] = {
        "path": encodable(path),
        "line": line,
        "symbol": None,
        "layer": "",
        "because": [],
        "effects": [],
        "calls": [],
    }
    if said is not None:
        whole |= {
            "symbol": encodable(said.symbol),
            "layer": said.layer,
            "because": list(map(encodable, said.because)),
            "effects": [_effect(effect) for effect in said.effects],
            "calls": [
                {
                    "callee": encodable(call.callee),
                    "confidence": call.sure.word,
                    "carries": [{"effect": verb, "session": encodable(on)} for verb, on in call.carries],
                }
                for call in said.calls
            ],
        }
    return json.dumps(whole, indent=2) + "\n"


def _rows(said: Traced) -> Iterator[str]:
    yield f"{said.symbol} is {said.layer or 'no boundary and no repository'}"
    yield from (f"  because {reason}" for reason in said.because)
    for effect in said.effects:
        yield f"{effect.text}: {effect.verb} on {effect.session} ({effect.sure.word})"
        yield f"  the session is {effect.kind or 'type not known'}, {effect.origin}"
        yield from (f"  inside {block}" for block in effect.blocks)
        yield from (f"  reached by {' > '.join(way.steps)} ({way.sure.word})" for way in effect.ways[:_MOST_WAYS])
        if len(effect.ways) > _MOST_WAYS:
            yield f"  and {len(effect.ways) - _MOST_WAYS} more ways"
    for call in said.calls:
        carried = ", ".join(f"{verb} on {session}" for verb, session in call.carries)
        yield f"calls {call.callee} ({call.sure.word}): {carried}"


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "text": encodable(effect.text),
        "effect": effect.verb,
        "session": encodable(effect.session),
        "confidence": effect.sure.word,
        "type": encodable(effect.kind),
        "origin": effect.origin,
        "inside": list(map(encodable, effect.blocks)),
        "reached_by": [{"steps": list(map(encodable, way.steps)), "confidence": way.sure.word} for way in effect.ways],
    }
