"""What the linter sees, in lines for people: layers, types, summaries, and why a line is judged as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..facts.schema import OWN_NAME
from ..model import Confidence, Extent, Spot
from .modules import Unit
from .project import Project
from .summary import EMPTY, Event, Frame, Key, Literal, Summary
from .text import path_text
from .traces import short
from .values import Path, Type, Values


def layers(project: Project) -> list[tuple[Spot, str, str, tuple[str, ...]]]:
    """Every function that plays a part: its spot, symbol, layer and the evidence."""
    found = []
    for unit in project.functions():
        role = project.layers.of(unit)
        if role.layer and unit.kind == "function":
            spot = unit.spot(OWN_NAME, Extent.NAME)
            found.append((spot, unit.symbol, role.layer, (*role.because, f"{role.sure.word}")))
    return found


def types(project: Project, path: str) -> list[str]:
    """The types of locals, parameters and results of a file's functions, as far as they are known."""
    lines: list[str] = []
    for unit in _units(project, path):
        if unit.kind == "class":
            continue
        summary = project.summary(unit)
        known = {name: text for name, values in summary.env.items() if (text := _types(values))}
        returned = _types(summary.returns)
        if known or returned:
            lines.append(f"{unit.symbol}:")
            lines.extend(f"  {name}: {text}" for name, text in sorted(known.items()))
            if returned:
                lines.append(f"  returns {returned}")
    return lines


def summary(project: Project, path: str) -> list[str]:
    """What the functions of a file do to sessions."""
    lines: list[str] = []
    for unit in _units(project, path):
        if unit.kind == "class":
            continue
        body = list(_summary(project, unit, project.summary(unit)))
        if body:
            lines.append(f"{unit.symbol}:")
            lines.extend(f"  {line}" for line in body)
    return lines


class Resolved(NamedTuple):
    """How many calls are on a value known to be a session, and why the others called so are not."""

    known: int
    unknown: Counter[str]


def calls(project: Project) -> Resolved:
    """The calls on sessions, and on what is called like one, in all functions that are not tests."""
    known = 0
    unknown: Counter[str] = Counter()
    for unit in project.units:
        if project.layers.is_test(unit.module):
            continue
        found = project.summary(unit) if unit.kind != "class" else EMPTY
        known += sum(event.sure > Confidence.POSSIBLE for event in found.events)
        unknown.update(why for _, why in found.unresolved)
    return Resolved(known, unknown)


class Reached(NamedTuple):
    """One way to an effect: the functions from the entry down, and how sure it is."""

    steps: tuple[str, ...]
    sure: Confidence


class Effect(NamedTuple):
    """What a piece of code does to a session: `kind` is the session's class, "" when it is not known, `origin` where it
    comes from, `blocks` are those around it, `ways` all by which it is reached."""

    text: str
    verb: str
    session: str
    sure: Confidence
    kind: str
    origin: str
    blocks: tuple[str, ...]
    ways: tuple[Reached, ...]


class Called(NamedTuple):
    """A call, and the effects that it carries, each as verb and session."""

    callee: str
    sure: Confidence
    carries: tuple[tuple[str, str], ...]


class Traced(NamedTuple):
    """What is known about a few lines: the function they stand in and its layer, what they do, and what they call."""

    symbol: str
    layer: str
    because: tuple[str, ...]
    effects: tuple[Effect, ...]
    calls: tuple[Called, ...]


def trace(project: Project, path: str, start: int, end: int) -> Traced | None:
    """What the linter thinks about the code between two offsets of a file; None when it stands in no unit."""
    unit = _around(project, path, start)
    if unit is None:
        return None
    role = project.layers.of(unit)
    found = project.summary(unit)
    effects = (_effect(project, unit, event) for event in found.events if start <= unit.spot(event.at).at < end)
    calls = (
        Called(
            project.names.units[edge.callee].symbol,
            edge.sure,
            tuple(sorted({(one.outer.verb.value, path_text(unit, one.outer.path)) for one in edge.carried})),
        )
        for edge in found.edges
        if start <= unit.spot(edge.at).at < end
    )
    return Traced(unit.symbol, role.layer, role.because, tuple(effects), tuple(calls))


def _effect(project: Project, unit: Unit, event: Event) -> Effect:
    legs = project.traces.legs(unit, Key(event.verb, event.path, event.guard))
    return Effect(
        event.text,
        event.verb.value,
        path_text(unit, event.path),
        event.sure,
        event.kind.rpartition(".")[2],
        _origin(event.path),
        tuple(_frame(unit, frame) for frame in event.frames),
        tuple(Reached((*(short(link.caller) for link in leg.links), short(unit)), leg.sure) for leg in legs),
    )


def _units(project: Project, path: str) -> Sequence[Unit]:
    """All units of a file, by its path: two roots may have modules of one name."""
    name = next((module.name for module in project.names.modules.values() if module.path == path), "")
    return project.names.units_in(name)


def _around(project: Project, path: str, at: int) -> Unit | None:
    """The innermost function that the offset stands in; the module when it stands in none."""
    best: Unit | None = None
    for unit in _units(project, path):
        first, last = unit.reaches()
        if unit.kind == "module" or (unit.kind == "function" and first <= at + 1 and at <= last):
            best = unit
    return best


def _summary(project: Project, unit: Unit, found: Summary) -> Iterator[str]:
    for key, rank in sorted(found.effects.items(), key=repr):
        where = f"through {project.names.units[rank.via].symbol}" if rank.via else "itself"
        guard = "".join(f" if {_literal(unit, one)}" for one in key.guard)
        yield f"{key.verb.value} {path_text(unit, key.path)}{guard}, {where} ({rank.sure.word})"
    for opened in found.opened:
        yield f"leaves {opened.text} open ({opened.exit} exit, {opened.state})"
    for breach in found.breaches:
        yield f"{breach.verb.value} inside {_frame(unit, breach.frame)}"
    for overlap in found.overlaps:
        yield f"shares {path_text(unit, overlap.path)} among {overlap.users} tasks of {overlap.race.text}"
    for what, why in found.unresolved:
        yield f"not resolved: {what}: {why}"


def _literal(unit: Unit, literal: Literal) -> str:
    name = literal.name or unit.definition.params[literal.param].name
    if literal.test == "none":
        return f"{name} is {'' if literal.holds else 'not '}None"
    if literal.test == "missing":
        return f"{name} is {'not ' if literal.holds else ''}given"
    return name if literal.holds else f"not {name}"


def _origin(path: Path) -> str:
    return {
        "param": "borrowed (received)",
        "free": "borrowed (from the enclosing function)",
        "injected": "borrowed (injected by the framework)",
        "global": "ambient (module variable or registry)",
        "fresh": "opened here",
    }.get(path.root, "of unknown origin")


def _frame(unit: Unit, frame: Frame) -> str:
    return f"the {frame.kind} block `{frame.text}` on {path_text(unit, frame.path)}"


def _types(values: Values) -> str:
    return " | ".join(dict.fromkeys(text for value in values if (text := _type(value.type, value.sure))))


def _type(kind: Type, sure: Confidence) -> str:
    inner = ", ".join(filter(None, (_type(arg, Confidence.CERTAIN) for arg in kind.args)))
    suffix = "" if sure is Confidence.CERTAIN else f" ({sure.word})"
    match kind.kind:
        case "instance":
            return f"{kind.name}{f'[{inner}]' if inner else ''}{suffix}"
        case "class":
            return f"type[{kind.name or inner}]{suffix}"
        case "many":
            return f"many[{inner}]{suffix}" if inner else ""
        case "coroutine" | "generator":
            return f"{kind.kind}[{inner}]{suffix}" if inner else ""
    return ""
