"""Who calls a function, as an indented tree or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqla_lint.facts.schema import OWN_NAME
from sqla_lint.model import Confidence, Extent, Place, Spot
from sqla_lint.project.callers import At, Did, Node
from sqla_lint.report.plain import encodable, printable, short

Placed = Callable[[Spot], Place]
"""Where a spot is, for people."""

_CUTS = {
    "cycle": "calls itself, see above",
    "told": "its callers are told elsewhere in this tree",
    "limit": "more callers are left out; --limit 0 shows all",
}


def callers_text(root: Node, effects: tuple[Did, ...], place: Placed) -> str:
    """The function, then whoever calls it with one more indentation each time."""
    here = _own_place(root, place)
    lines = [
        f"{root.unit.symbol} {here.path}:{here.line}{_part(root)}",
        f"  effects that callers see: {_effects(effects) or 'none'}",
    ]
    if not root.callers:
        lines.append("  no call of it is known")
    lines += _lines(root, place, 1)
    return "".join(f"{printable(line)}\n" for line in lines)


def callers_json(root: Node, effects: tuple[Did, ...], place: Placed) -> str:
    """The tree as nested objects; `cut` says why the callers of a function are not listed."""
    whole = _node(root, place)
    whole["effects"] = [_did(one) for one in effects]
    del whole["calls"]
    return json.dumps(whole, indent=2) + "\n"


def _lines(node: Node, place: Placed, depth: int) -> Iterator[str]:
    margin = "  " * depth
    for caller in node.callers:
        for call in caller.calls:
            here = place(call.spot)
            symbol = short(caller.unit.symbol, here.path)
            how = " is given its result" if call.injected else ""
            carried = f": {_effects(call.carries)}" if call.carries else ""
            yield f"{margin}{here.path}:{here.line}:{here.column} {symbol}{_part(caller)}{how}{carried}"
        if caller.cut in ("cycle", "told"):
            yield f"{margin}  ({_CUTS[caller.cut]})"
        yield from _lines(caller, place, depth + 1)
    if node.cut == "limit":
        yield f"{margin}({_CUTS['limit']})"


def _own_place(node: Node, place: Placed) -> Place:
    return place(node.unit.spot(OWN_NAME, Extent.NAME))


def _part(node: Node) -> str:
    """Which part it plays, with its entry: ` (handler, POST /orders)`."""
    words = [word for word in (node.layer, node.entry) if word]
    return f" ({', '.join(words)})" if words else ""


def _effects(effects: tuple[Did, ...]) -> str:
    """`commit, write on self.session; read on db (likely)`."""
    grouped: dict[tuple[str, Confidence], list[str]] = {}
    for verb, session, sure in effects:
        grouped.setdefault((session, sure), []).append(verb)
    return "; ".join(
        f"{', '.join(verbs)} on {session}{'' if sure is Confidence.CERTAIN else f' ({sure.word})'}"
        for (session, sure), verbs in grouped.items()
    )


def _node(node: Node, place: Placed) -> dict[str, Any]:
    here = _own_place(node, place)
    return {
        "symbol": encodable(node.unit.symbol),
        "path": encodable(here.path),
        "line": here.line,
        "layer": node.layer,
        "entry": encodable(node.entry),
        "calls": [_call(call, place(call.spot)) for call in node.calls],
        "cut": node.cut,
        "callers": [_node(caller, place) for caller in node.callers],
    }


def _call(call: At, here: Place) -> dict[str, Any]:
    return {
        "path": encodable(here.path),
        "line": here.line,
        "column": here.column,
        "injected": call.injected,
        "carries": [_did(one) for one in call.carries],
    }


def _did(did: Did) -> dict[str, str]:
    return {"effect": did.verb, "session": encodable(did.session), "confidence": did.sure.word}
