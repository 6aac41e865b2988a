"""What a function binds its locals to after the functions in it are defined, as far as its module alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Bind, Call, Name
from ...model import Confidence
from ..parts import reads
from ..values import Values, join

if TYPE_CHECKING:
    from .reading import Reading

_MAKES = ("instance", "class", "partial")


def bound(r: Reading) -> dict[str, Values]:
    """What makes sessions, mostly: the value of a name that no local takes part in."""
    if r.unit.kind == "module":
        return {}
    binds = [part for part in r.pieces if isinstance(part, Bind) and not part.augmented]
    own = {target.id for bind in binds for target in bind.targets if isinstance(target, Name)}
    names = frozenset({*own, *r.imports, *r.outer, *(param.name for param in r.unit.definition.params)})
    found: dict[str, Values] = {}
    for bind in binds:
        if not isinstance(bind.value, (Name, Attr, Call)) or reads(bind.value, names):
            continue
        values = r.project.module_value(r.module, bind.value)
        kept = tuple(
            value._replace(sure=min(value.sure, Confidence.LIKELY)) for value in values if value.type.kind in _MAKES
        )
        for target in bind.targets if kept else ():
            if isinstance(target, Name):
                found[target.id] = join(found.get(target.id, ()), kept)
    return found
