"""Methods of which only a part of the name is written, or nothing but the name: `getattr(self, f"_send_{kind}_email")`,
`getattr(observer, method)`, and `observer.run_started()` where nobody says what an observer is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...facts.schema import Expr, Text
from ...knowledge import ENDS, Verb
from ...model import Confidence
from ..values import ANY, NOTHING, Path, Type, Value, Values, is_told

if TYPE_CHECKING:
    from ..modules import Unit
    from .arguments import Given
    from .reading import Reading

TOLD = "?"
"""How the part of a thing begins whose name is passed for a parameter; its index follows."""
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


def is_left_open(path: Path) -> bool:
    """Whether only callers know the name of this attribute."""
    return path.attrs[-1:] != () and path.attrs[-1].startswith(TOLD)


def told(given: Given) -> Values:
    """The attribute of something that only callers know, as they do its name."""
    owners, names = given.positional[:2]
    if len(names) != 1 or names[0].type != ANY or names[0].path.root != "param" or names[0].path.attrs:
        return NOTHING
    part = f"{TOLD}{names[0].path.key}"
    return tuple(Value(one.path.attr(part), ANY, one.sure) for one in owners if one.type == ANY and is_told(one.path))


def family(r: Reading, name: str) -> list[Unit]:
    """The methods that may be meant where nobody says on what one is called: those of a class of the project and of
    others below it, if nothing else has one of that name. It has to be a name of two words, which what is not of the
    project is hardly likely to have."""
    units = r.names.named(name) if "_" in name.strip("_") else []
    classes = [unit.klass.symbol for unit in units if unit.klass is not None and not unit.is_property]
    if not 1 < len(units) <= _MOST or len(classes) < len(units):
        return []
    related = any(all(r.classes.is_a(one, frozenset({first})) for one in classes) for first in classes)
    return units if related else []


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
