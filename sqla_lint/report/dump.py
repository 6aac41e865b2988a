"""What the linter sees, for whoever wants to know why it says what it says: facts and layers as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import msgspec

from sqla_lint.facts import store
from sqla_lint.facts.schema import FileFacts
from sqla_lint.model import Place
from sqla_lint.report.plain import printable

Layer = tuple[Place, str, str, tuple[str, ...]]


def facts_json(facts: FileFacts) -> str:
    """Facts as JSON objects with the names of their fields."""
    return json.dumps(_file(facts), indent=1) + "\n"


def facts_text(facts: FileFacts) -> str:
    """Facts as an indented outline; what is empty is left out."""
    return "\n".join(_outline(_file(facts), 0)) + "\n"


def _file(facts: FileFacts) -> dict[str, object]:
    """The facts of a file with its bodies and places decoded."""
    return {
        "is": type(facts).__name__,
        "package": facts.package,
        "header": _named(facts.header),
        "comments": _named(facts.comments),
        "bodies": [_named(store.body(facts, index)) for index in range(len(facts.bodies))],
        "places": _named(store.places(facts)),
    }


def layers_json(layers: Sequence[Layer]) -> str:
    """The layer of every symbol that has one, with its evidence."""
    rows = [
        {"path": place.path, "symbol": symbol, "layer": layer, "because": list(because)}
        for place, symbol, layer, because in layers
    ]
    return json.dumps(rows, indent=2) + "\n"


def layers_text(layers: Sequence[Layer]) -> str:
    """One line for each symbol that has a layer."""
    return "".join(
        printable(f"{place.path}:{place.line}: {symbol} is {layer} ({', '.join(because)})") + "\n"
        for place, symbol, layer, because in layers
    )


def _named(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        fields = {name: _named(getattr(value, name)) for name in value.__struct_fields__}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [_named(item) for item in value]
    return value


def _outline(value: object, depth: int, name: str = "") -> Iterator[str]:
    head = "  " * depth + (f"{name}: " if name else "")
    match value:
        case {"is": kind, **rest}:
            plain = {key: item for key, item in rest.items() if not isinstance(item, (dict, list))}
            shown = " ".join(f"{key}={item!r}" for key, item in plain.items() if item not in (None, "", False))
            yield f"{head}{kind} {shown}".rstrip()
            for key, item in rest.items():
                if isinstance(item, (dict, list)) and item:
                    yield from _outline(item, depth + 1, str(key))
        case list() if all(isinstance(item, (str, int)) for item in value):
            yield f"{head}{' '.join(map(str, value))}"
        case list():
            yield head.rstrip()
            for item in value:
                yield from _outline(item, depth + 1)
        case _:
            yield f"{head}{value!r}"
