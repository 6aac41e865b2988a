"""Who begins and ends transactions: read off the summaries of a linked project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sqla_lint.engine.audited import Ending, Entries, LayerRow, Link, Map, Node, Ownership
from sqla_lint.model import Confidence, Extent, Place, Spot

if TYPE_CHECKING:
    from sqla_lint.project import Project, Unit
    from sqla_lint.project.summary import Frame, Summary

ENTRY_LAYERS = ("handler", "task", "command", "middleware", "startup")
"""What something outside the project calls."""
_BLOCKS = frozenset({"begin", "commit"})
_ORIGINS = {"fresh": "opened", "injected": "injected", "global": "ambient"}
_REASONS = 3
_DEEP = {"commits": 0, "session": 1, "provides": 2, "runs": 3}


def ownership(project: Project, place_of: Callable[[Spot], Place], is_reported: Callable[[str], bool]) -> Ownership:
    """Who ends transactions in the reported files; tests own what they do and are left out."""
    units = [unit for unit in project.units if unit.kind != "class" and not project.layers.is_test(unit.module)]
    reported = [unit for unit in units if is_reported(unit.module.path)]
    endings = [ending for unit in reported for ending in _endings(project, unit, place_of)]
    enders = Counter(ending.symbol for ending in endings)
    return Ownership(
        tuple(sorted(endings, key=lambda one: (-len(one.owners), one.place))),
        tuple(_layers(project, reported, enders)),
        tuple(_entries(project, reported)),
        _sessions(project, reported),
        _map(project, units, endings, place_of),
    )


def _endings(project: Project, unit: Unit, place_of: Callable[[Spot], Place]) -> Iterator[Ending]:
    from sqla_lint.knowledge import Verb
    from sqla_lint.project.summary import Key

    summary = project.summary(unit)
    layer = project.layers.of(unit).layer
    seen: set[int] = set()
    for event in summary.events:
        if event.verb is not Verb.COMMIT or event.sure is Confidence.POSSIBLE or event.at < 0:
            continue
        if event.at in seen:
            continue
        seen.add(event.at)
        legs = project.traces.legs(unit, Key(event.verb, event.path, event.guard))
        tops = list(dict.fromkeys(leg.entry for leg in legs))
        origin = _ORIGINS.get(event.path.root, "received")
        place = place_of(unit.spot(event.at))
        yield _ending(project, unit, layer, place, event.text, "commit", origin, tops)
    framed = {frame.at for frame in _blocks(summary) if frame.where == unit.key}
    for event in summary.events:
        if event.verb is Verb.BEGIN and event.at >= 0 and event.at not in framed:
            origin = _ORIGINS.get(event.path.root, "received")
            yield _ending(project, unit, layer, place_of(unit.spot(event.at)), event.text, "block", origin, [unit])
    for frame in _blocks(summary):
        own = frame.where == unit.key
        place = place_of(unit.spot(frame.at)) if own and frame.at >= 0 else _place(unit, place_of)
        origin = _ORIGINS.get(frame.path.root, "received")
        yield _ending(project, unit, layer, place, frame.text, "block", origin, [unit])


def _blocks(summary: Summary) -> Collection[Frame]:
    """The blocks of a function that commit at their end, its own and those it enters, each once."""
    frames = [frame for event in summary.events for frame in event.frames]
    frames += [breach.frame for breach in summary.breaches]
    return {(one.where, one.at): one for one in reversed(frames) if one.kind in _BLOCKS}.values()


def _ending(
    project: Project,
    unit: Unit,
    layer: str,
    place: Place,
    text: str,
    how: str,
    origin: str,
    tops: list[Unit],
) -> Ending:
    layers = dict.fromkeys(project.layers.of(top).layer for top in tops)
    return Ending(
        place, unit.symbol, layer, text, how, origin, tuple(top.symbol for top in tops), tuple(sorted(layers))
    )


def _place(unit: Unit, place_of: Callable[[Spot], Place]) -> Place:
    """Where a function's name stands; the first line for a module."""
    from sqla_lint.facts.schema import OWN_NAME

    if unit.kind != "function":
        return Place(unit.module.path, 1, 1, 1, 1)
    return place_of(unit.spot(OWN_NAME, Extent.NAME))


def _layers(project: Project, units: Iterable[Unit], enders: Mapping[str, int]) -> Iterator[LayerRow]:
    functions: Counter[str] = Counter()
    ending: Counter[str] = Counter()
    because: dict[str, Counter[str]] = {}
    for unit in units:
        if unit.kind != "function":
            continue
        role = project.layers.of(unit)
        functions[role.layer] += 1
        ending[role.layer] += unit.symbol in enders
        because.setdefault(role.layer, Counter()).update(role.because)
    for layer in sorted(functions, key=lambda one: (not one, -ending[one], -functions[one], one)):
        reasons = sorted(because[layer].items(), key=lambda row: (-row[1], row[0]))
        yield LayerRow(layer, functions[layer], ending[layer], tuple(reasons[:_REASONS]), len(reasons))


def _entries(project: Project, units: Iterable[Unit]) -> Iterator[Entries]:
    found: Counter[tuple[str, bool]] = Counter()
    for unit in units:
        layer = project.layers.of(unit).layer
        if unit.kind == "function" and layer in ENTRY_LAYERS:
            found[layer, unit.definition.is_async] += 1
    for layer in ENTRY_LAYERS:
        if found[layer, False] or found[layer, True]:
            yield Entries(layer, found[layer, False], found[layer, True])


def _sessions(project: Project, units: Iterable[Unit]) -> tuple[tuple[str, int], ...]:
    kinds = Counter(event.kind.rpartition(".")[2] for unit in units for event in project.summary(unit).events)
    del kinds[""]
    return tuple(sorted(kinds.items(), key=lambda row: (-row[1], row[0])))


# -- the map --


def _map(project: Project, units: list[Unit], endings: list[Ending], place_of: Callable[[Spot], Place]) -> Map:
    ends = Counter(ending.symbol for ending in endings)
    opens = {ending.symbol for ending in endings if ending.origin == "opened"}
    by_key = {unit.key: unit for unit in units if unit.kind in ("function", "lambda")}
    calls = {(caller, callee): how for caller, callee, how in _calls(project, by_key)}
    below: dict[str, list[str]] = {}
    above: dict[str, list[str]] = {}
    for caller, callee in calls:
        below.setdefault(caller, []).append(callee)
        above.setdefault(callee, []).append(caller)
    ending_keys = [key for key, unit in by_key.items() if unit.symbol in ends]
    leading = _reached(ending_keys, above)
    entries = [key for key, unit in by_key.items() if project.layers.of(unit).layer in ENTRY_LAYERS]
    tops = [key for key in entries if key in leading]
    between = {key for key in _reached(tops, below) if key in leading}
    kept = sorted(between, key=lambda key: by_key[key].symbol)
    number = {key: index for index, key in enumerate(kept)}
    nodes = tuple(_node(project, by_key[key], ends, opens, place_of) for key in kept)
    links = sorted(
        Link(number[caller], number[callee], how)
        for (caller, callee), how in calls.items()
        if caller in number and callee in number
    )
    return Map(nodes, tuple(links), tuple(sorted(number[key] for key in tops)), len(entries) - len(tops))


def _node(
    project: Project, unit: Unit, ends: Mapping[str, int], opens: set[str], place_of: Callable[[Spot], Place]
) -> Node:
    role = project.layers.of(unit)
    name = _name(unit)
    entry = (role.entry or name) if role.layer in ENTRY_LAYERS else ""
    return Node(
        unit.symbol,
        name,
        role.layer,
        entry,
        _place(unit, place_of),
        ends.get(unit.symbol, 0),
        unit.symbol in opens,
        unit.definition.is_async,
    )


def _name(unit: Unit) -> str:
    """A function as maps call it: with its class, or the function that it stands in."""
    from sqla_lint.project.traces import short

    owner = unit.owner
    nested = owner is not None and owner.kind in ("function", "lambda")
    return f"{owner.definition.name}.{unit.definition.name}" if nested and owner is not None else short(unit)


def _calls(project: Project, by_key: Mapping[str, Unit]) -> Iterator[tuple[str, str, str]]:
    """Caller, callee and what the call carries, the most telling last for one pair."""
    found: list[tuple[str, str, str]] = []
    for key, unit in by_key.items():
        summary = project.summary(unit)
        for edge in summary.edges:
            found.append((key, edge.callee, _carries(verb.inner.verb.value for verb in edge.carried)))
        for injected in summary.injected:
            provider = _provider(project, injected)
            if provider is not None:
                found.append((key, provider.key, "provides"))
        for runner in project.summaries.runners(key):
            found.append((runner, key, "runs"))
    known = [one for one in found if one[0] in by_key and one[1] in by_key and one[0] != one[1]]
    yield from sorted(known, key=lambda one: (one[0], one[1], -_DEEP[one[2]]))


def _carries(verbs: Iterable[str]) -> str:
    return "commits" if "commit" in verbs else "session"


def _provider(project: Project, injected: object) -> Unit | None:
    from sqla_lint.project.dependents import provided_by

    unit = project.names.by_symbol.get(provided_by(injected))
    return unit if unit is not None and unit.kind == "function" else None


def _reached(starts: Iterable[str], ways: Mapping[str, list[str]]) -> dict[str, None]:
    seen = dict.fromkeys(starts)
    queue = list(seen)
    for key in queue:
        for other in ways.get(key, ()):
            if other not in seen:
                seen[other] = None
                queue.append(other)
    return seen
