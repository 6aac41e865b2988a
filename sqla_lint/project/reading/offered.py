"""What is loaded by the name of an entry point: the classes that the project offers, or else those that may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...knowledge import Klass
from ...knowledge.plugins import EXTENSION
from ...model import Confidence
from ..relations import PLAIN
from ..values import ANY, NOTHING, Path, Type, Value, Values, constant, instance
from .fitting import whichever

if TYPE_CHECKING:
    from ..modules import Unit
    from .arguments import Given
    from .reading import Reading

_MOST = 8
LIKELY = Confidence.LIKELY


def loaded(r: Reading, manager: Klass, own: Value, given: Given) -> Values:
    """What a manager of plugins is that is made here, and what it has loaded."""
    namespace = given.keywords.get("namespace") or next(iter(given.positional), NOTHING)
    named = given.keywords.get("name") or next(iter(given.positional[1:2]), NOTHING)
    group, name = constant(namespace)[1], constant(named)[1] if manager.plugs != "*" else None
    makes = constant(given.keywords.get("invoke_on_load", NOTHING)) == (True, True)
    if manager.plugs != "*":
        r.store(own.path.attr(manager.plugs), _plugins(r, own.path.attr(manager.plugs), group, name, makes))
        return (own,)
    for part, invoked in zip(EXTENSION, (makes, False), strict=True):
        path = own.path.attr("*").attr(part)
        r.store(path, _plugins(r, path, group, name, invoked))
    r.store(own.path.attr("*"), (Value(own.path.attr("*"), ANY, LIKELY),))
    return (own._replace(type=Type("many")),)


def _plugins(r: Reading, path: Path, group: object, name: object, makes: bool) -> Values:
    """The plugins of a group, or the one of a name: instances of them where the manager `makes` some."""
    entries = r.project.entries.get(group) if isinstance(group, str) else None
    if entries is None:
        return (Value(path, Type("plugin"), LIKELY),) if makes else NOTHING
    targets = {target for one, target in entries.items() if not isinstance(name, str) or one == name}
    units = [unit for unit in (_unit(r, target) for target in sorted(targets)) if unit is not None]
    if len(units) > _MOST:
        return NOTHING
    found = []
    for unit in units:
        if unit.kind != "class":
            found += [] if makes else [Value(path, Type("function", unit.key), LIKELY)]
        elif makes:
            found.append(Value(path, instance(unit.symbol), LIKELY))
        else:
            found.append(Value(path, Type("class", unit.symbol), LIKELY))
    return tuple(found)


def _unit(r: Reading, target: str) -> Unit | None:
    """The class or function that an entry point names."""
    module, _, name = target.partition(":")
    if module not in r.names.modules:
        return None
    unit = r.names.child(r.names.units_in(module)[0], name)
    return unit if unit is not None and unit.kind in ("class", "function") else None


def attribute(r: Reading, plugin: Value, name: str) -> Values:
    """A method of a plugin of which nobody says what it is: those of classes that fill in what a library asks for,
    likely whichever it is where they do the same to transactions, or else only possible."""
    units = [unit for unit in r.names.named(name) if _is_offered(r, unit)]
    if not units or len(units) > _MOST:
        return (Value(plugin.path.attr(name), ANY, plugin.sure),)
    sure = whichever(r, units)
    kinds = ((unit, instance(unit.klass.symbol)) for unit in units if unit.klass is not None)
    return tuple(Value(plugin.path, Type("fitting", unit.key, (kind,)), sure) for unit, kind in kinds)


def _is_offered(r: Reading, unit: Unit) -> bool:
    if unit.klass is None or unit.is_property:
        return False
    others = (one.symbol for one in r.classes.line(unit.klass.symbol) if r.classes.unit(one.symbol) is None)
    return any(one.partition(".")[0] not in PLAIN for one in others)
