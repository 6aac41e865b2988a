"""Methods of which only a part of the name is written: `getattr(self, f"_send_{kind}_email")`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...facts.schema import Expr, Text
from ...knowledge import ENDS, Verb
from ...model import Confidence
from ..values import NOTHING, Type, Value, Values

if TYPE_CHECKING:
    from ..modules import Unit
    from .reading import Reading

_LETTERS = re.compile(r"[A-Za-z]{2}")
_MOST = 12
_TELLING = ENDS | {Verb.PUBLISH}


def methods(r: Reading, owners: Values, name: Expr) -> Values:
    """The methods that an f-string may name: likely whichever it is where they do the same to transactions, or else
    only possible."""
    if not isinstance(name, Text) or not _LETTERS.search(name.template):
        return NOTHING
    pattern = re.compile(r"\w+".join(map(re.escape, name.template.split("{}"))))
    found: list[Value] = []
    for owner in owners:
        units = _fitting(r, str(owner.type.name), pattern) if owner.type.kind in ("instance", "class") else []
        if not units or len(units) > _MOST:
            return NOTHING
        sure = min(owner.sure, whichever(r, units))
        found += [Value(owner.path, Type("fitting", unit.key, (owner.type,)), sure) for unit in units]
    return tuple(found)


def whichever(r: Reading, units: Iterable[Unit]) -> Confidence:
    """How sure it is what a call of one of these does, whichever it is: likely where they do the same to transactions,
    or else only possible."""
    said = {frozenset(key.verb for key in r.project.summary(unit).effects) & _TELLING for unit in units}
    return Confidence.LIKELY if len(said) == 1 else Confidence.POSSIBLE


def _fitting(r: Reading, symbol: str, pattern: re.Pattern[str]) -> list[Unit]:
    found: dict[str, Unit] = {}
    for ancestor in r.classes.line(symbol):
        klass = r.classes.unit(ancestor.symbol)
        for name, unit in r.names.children(klass).items() if klass is not None else ():
            if unit.kind == "function" and not unit.is_property and pattern.fullmatch(name):
                found.setdefault(name, unit)
    return [found[name] for name in sorted(found)]
