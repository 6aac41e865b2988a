"""Who calls a function, up to the entries, and what each call carries of its effects on sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ..facts.schema import OWN_NAME, Attr, Await, Bind, Call, Expr, Name, With
from ..knowledge import ENDS, Verb
from ..model import Confidence, Extent, Spot
from .layers import TEST
from .modules import Unit, last_name
from .parts import parts
from .summary import Key
from .text import path_text

if TYPE_CHECKING:
    from .project import Project


class Did(NamedTuple):
    """An effect in the words of the function that brings it about: what is done, to which session, and how sure."""

    verb: str
    session: str
    sure: Confidence


class At(NamedTuple):
    """One call: where, and what of the effects it carries; `injected` when a framework calls and passes the result."""

    spot: Spot
    carries: tuple[Did, ...]
    injected: bool


class Node(NamedTuple):
    """A function, the calls by which it reaches the one it is asked about, and who calls it in turn.

    `cut` says why its own callers are not told: "cycle" when it is below itself, "told" when they stand elsewhere in
    the tree, "limit" when the tree has become too large; "" when all of them are there.
    """

    unit: Unit
    layer: str
    entry: str
    calls: tuple[At, ...]
    callers: tuple[Node, ...]
    cut: str = ""


_DEEPEST = 60
_VERBS = list(Verb)
_ENDS = frozenset(verb.value for verb in ENDS)


def named(project: Project, symbol: str) -> list[Unit]:
    """The functions with this qualified name, or else those whose name ends so; of a class its constructor."""
    by_symbol = {unit.symbol: unit for unit in project.functions() if unit.kind == "function"}
    for wanted in (symbol, f"{symbol}.__init__"):
        if wanted in by_symbol:
            return [by_symbol[wanted]]
        found = [unit for name, unit in by_symbol.items() if name.endswith(f".{wanted}")]
        if found:
            return found
    return []


def effects(project: Project, unit: Unit) -> tuple[Did, ...]:
    """What a function does to sessions, itself or through others."""
    found = project.summary(unit).effects
    return _ordered(Did(key.verb.value, path_text(unit, key.path), rank.sure) for key, rank in found.items())


def callers(project: Project, unit: Unit, most: int) -> Node:
    """Who calls a function, breadth first, so that of a tree with more than `most` functions the nearest are told."""
    above: dict[tuple[str, ...], list[tuple[Unit, tuple[At, ...]]]] = {}
    cut: dict[tuple[str, ...], str] = {}
    told = {unit.key}
    top: tuple[str, ...] = (unit.key,)
    queue = [(top, unit, frozenset(project.summary(unit).effects))]
    count = 1
    for way, one, keys in queue:
        above[way] = []
        for caller, calls, outer in _callers(project, one, keys):
            if count >= most:
                cut[way] = "limit"
                break
            count += 1
            above[way].append((caller, calls))
            further = (*way, caller.key)
            if caller.key in way:
                cut[further] = "cycle"
            elif caller.key in told:
                cut[further] = "told"
            elif len(further) > _DEEPEST:
                cut[further] = "limit"
            else:
                told.add(caller.key)
                queue.append((further, caller, outer))

    with_callers = {way[-1] for way, found in above.items() if found}

    def node(way: tuple[str, ...], one: Unit, calls: tuple[At, ...]) -> Node:
        role = project.layers.of(one)
        below = tuple(node((*way, caller.key), caller, by) for caller, by in above.get(way, ()))
        why = cut.get(way, "")
        if why == "told" and one.key not in with_callers:
            why = ""
        return Node(one, role.layer, role.entry, calls, below, why)

    return node(top, unit, ())


def open_for(project: Project, unit: Unit, index: int) -> bool:
    """Whether all who are known to call a function open what they give it for this one call, and do nothing else with
    it than to end it."""
    known = calls_of(project, unit)
    return bool(known) and all(_is_made_for(caller, call, given(unit, call, index)) for caller, call in known)


def calls_of(project: Project, unit: Unit) -> list[tuple[Unit, Call]]:
    """The calls of a function by others of its project that go by its name. Tests do as they like."""
    callers = (project.names.units[key] for key in sorted(project.summaries.runners(unit.key)))
    return [(one, call) for one in callers if project.layers.of(one).layer != TEST for call in _named(one, unit)]


def given(unit: Unit, call: Call, index: int) -> Expr | None:
    """What a call gives for a parameter; what it unpacks may be for any."""
    name = unit.definition.params[index].name
    position = index - (unit.klass is not None and not unit.is_static)
    before = [arg.value for arg in call.args if not arg.name]
    named = (arg.value for arg in call.args if arg.name in (name, "*", "**"))
    return before[position] if 0 <= position < len(before) else next(named, None)


def _is_made_for(caller: Unit, call: Call, given: Expr | None) -> bool:
    """Whether a local is made by a call, given to this one, and only ended else."""
    if not isinstance(given, Name):
        return False
    made = uses = ended = 0
    for part in parts(caller.body):
        match part:
            case Bind(targets=(Name(given.id),), value=Call() | Await(Call())):
                made += 1
            case With(items=items):
                made += sum(item.target == given and isinstance(item.context, Call) for item in items)
            case Call(Attr(Name(given.id), name)) if name in _ENDS:
                ended += 1
            case Name(given.id):
                uses += 1
    return made == 1 and uses == made + ended + 1


def _callers(project: Project, unit: Unit, keys: Set[Key]) -> Iterator[tuple[Unit, tuple[At, ...], frozenset[Key]]]:
    """Who calls a unit: by what calls, and which effects of those in `keys` the caller has then."""
    found: dict[str, tuple[dict[int, list[Did]], set[Key]]] = {}
    for caller, edge in project.traces.callers(unit):
        calls, outer = found.setdefault(caller.key, ({}, set()))
        did = calls.setdefault(edge.at, [])
        for carried in edge.carried:
            if carried.inner in keys:
                outer.add(carried.outer)
                did.append(Did(carried.outer.verb.value, path_text(caller, carried.outer.path), edge.sure))
    for key in project.summaries.runners(unit.key):
        caller = project.names.units[key]
        others = {edge.at for edge in project.summary(caller).edges if edge.callee != unit.key}
        for call in _named(caller, unit):
            if call.at not in others:
                found.setdefault(key, ({}, set()))[0].setdefault(call.at, [])
    for dependent in project.dependents.of(unit):
        found.setdefault(dependent.unit.key, ({}, set()))[0].setdefault(OWN_NAME, [])
    for caller in sorted((project.names.units[key] for key in found), key=lambda one: (one.module.path, one.index)):
        calls, outer = found[caller.key]
        yield caller, tuple(_at(caller, at, did) for at, did in sorted(calls.items())), frozenset(outer)


def _at(caller: Unit, at: int, did: list[Did]) -> At:
    injected = at == OWN_NAME
    return At(caller.spot(at, Extent.NAME if injected else Extent.CALL), _ordered(did), injected)


def _named(caller: Unit, callee: Unit) -> Iterator[Call]:
    """The calls in a body whose name is that of the callee, of its class where it is a constructor, or what the module
    imports one of them as."""
    own = callee.definition.name
    if own == "__init__" and callee.klass is not None:
        own = callee.klass.definition.name
    names = {own, *(one.local for one in caller.module.facts.header.imports if one.name == own)}
    if caller.kind == "class":
        return
    for call in _calls(caller.body):
        if call.at >= 0 and last_name(call.func) in names:
            yield call


def _calls(node: object) -> Iterator[Call]:
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Call):
            yield one
        if isinstance(one, msgspec.Struct):
            pending.extend(getattr(one, name) for name in one.__struct_fields__)
        elif isinstance(one, tuple):
            pending.extend(one)


def _ordered(did: Iterable[Did]) -> tuple[Did, ...]:
    """Each effect once, as sure as the surest says."""
    best: dict[tuple[str, str], Confidence] = {}
    for verb, session, sure in did:
        best[verb, session] = max(sure, best.get((verb, session), sure))
    rows = sorted(best.items(), key=lambda row: (_VERBS.index(Verb(row[0][0])), row[0][1]))
    return tuple(Did(verb, session, sure) for (verb, session), sure in rows)
