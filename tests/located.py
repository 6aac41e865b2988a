"""Facts with offsets where they have places, so that tests can say where something stands."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from sqla_lint.facts import store
from sqla_lint.facts.schema import Body, FileFacts, Places

T = TypeVar("T")


def located(part: T, places: Places) -> T:
    """The same fact, or facts, with the offsets of their places."""
    if isinstance(part, tuple):
        return type(part)(located(one, places) for one in part)
    if not isinstance(part, msgspec.Struct):
        return part
    found = {name: located(getattr(part, name), places) for name in part.__struct_fields__}
    at = found.get("at", -1)
    if at >= 0:
        found["at"] = places.offsets[at]
    return type(part)(**found)


def body(facts: FileFacts, index: int = 0) -> Body:
    """The statements of a definition, with offsets."""
    return located(store.body(facts, index), store.places(facts)[index])
