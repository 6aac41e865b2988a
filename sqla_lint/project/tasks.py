"""Awaitables that run at the same time: gather, tasks, task groups; and functions that call what they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model import Confidence
from .summary import Overlap, Race, Use
from .text import path_text
from .values import ANY, NOTHING, Path, Type, Value, Values, join, members

if TYPE_CHECKING:
    from .arguments import Given, Site
    from .reading import Reading
from .state import Task


def run(r: Reading, how: str, receiver: Value | None, given: Given, site: Site) -> Values:
    """Apply a library function that runs awaitables or calls callables; see `knowledge.library`."""
    calls = r.project.calls
    first = given.positional[0] if given.positional else NOTHING
    rest = given._replace(positional=given.positional[1:])
    match how:
        case "gather":
            return _together(r, given.positional, site)
        case "each":
            return _together(r, (r.element(first),), site)
        case "same":
            return first
        case "task":
            _start(r, first, site)
            return first
        case "start":
            started = join(*(calls.value(r, callee, rest, site, None) for callee in first))
            _start(r, started, site)
            return NOTHING
        case "call":
            found = join(*(calls.value(r, callee, rest, site, None) for callee in first))
            return tuple(
                value
                if value.type.kind == "coroutine"
                else value._replace(type=Type("coroutine", site.at, (value.type,)))
                for value in found
            )
        case "hand":
            own = (receiver,) if receiver is not None else NOTHING
            handed = given._replace(positional=(own, *given.positional[1:]))
            found = join(*(calls.value(r, callee, handed, site, None) for callee in first))
            return tuple(value._replace(type=Type("coroutine", site.at, (value.type,))) for value in found)
        case "collect":
            if first and all(value.type.kind == "many" for value in first):
                return first
            inner = r.element(first)
            path = Path("fresh", site.at)
            r.store(path.attr("*"), inner)
            return (Value(path, Type("many", "list", members((inner,))), Confidence.CERTAIN),)
        case "encode":
            kinds = tuple(dict.fromkeys(value.type for value in first))
            return (
                (Value(Path("fresh", site.at), Type("many", "encoded", kinds), Confidence.CERTAIN),)
                if kinds
                else NOTHING
            )
        case "partial":
            path = r.next_fresh()
            r.partials[path] = (first, rest.positional, rest.keywords)
            return (Value(path, Type("partial"), Confidence.CERTAIN),)
        case "map":
            r.loop += 1
            mapped = given._replace(positional=tuple(r.element(values) for values in given.positional[1:]))
            made = join(*(calls.value(r, callee, mapped, site, None) for callee in first))
            r.loop -= 1
            path = r.next_fresh()
            r.store(path.attr("*"), made)
            return (Value(path, Type("many", "map", tuple(value.type for value in made)), Confidence.CERTAIN),)
        case "enter":
            for value in first:
                r.closed(value.path)
            entered = join(*(r.yielded(value) if value.type.kind == "generator" else (value,) for value in first))
            return entered
    return NOTHING


def _together(r: Reading, groups: tuple[Values, ...], site: Site) -> Values:
    """All members of these groups at once: report a session that two of them use."""
    branches: list[tuple[int, Task]] = []
    seen: set[int] = set()
    for values in groups:
        for value in values:
            at = int(value.type.name) if value.type.kind == "coroutine" else -1
            task = r.tasks.get(at)
            if task is None or at in seen:
                continue
            seen.add(at)
            if at in r.running:
                continue
            branches.append((at, task))
            if task.loop > r.loop:
                again = tuple(
                    use
                    for use in task.uses
                    if not (use.path.root == "fresh" and r.born.get(Path(use.path.root, use.path.key), 0) >= task.loop)
                )
                branches.append((at, task._replace(uses=again)))
    race(r, site.at, site.text, branches)
    r.running = frozenset(at for at in r.running if at not in seen)
    path = Path("fresh", site.at)
    for position, values in enumerate(groups[:4]):
        r.store(path.attr(f"[{position}]"), _results(values))
    inner = join(*(_results(values) for values in groups))
    r.store(path.attr("*"), inner)
    kinds = tuple(dict.fromkeys(value.type for value in inner))
    return (Value(path, Type("coroutine", -1, (Type("many", "tuple", kinds),)), Confidence.CERTAIN),)


def _results(values: Values) -> Values:
    return tuple(
        Value(value.path, kind, value.sure)
        for value in values
        if value.type.kind == "coroutine"
        for kind in value.type.args
        if kind != ANY
    )


def _start(r: Reading, values: Values, site: Site) -> None:
    """A task that runs beside what follows: report a session that a running task uses already."""
    for value in values:
        at = value.type.name if value.type.kind == "coroutine" else None
        task = r.tasks.get(at) if isinstance(at, int) else None
        if task is None or not isinstance(at, int):
            continue
        for other in sorted(r.running):
            race(r, site.at, site.text, ((other, r.tasks[other]), (at, task)))
        r.running |= {at}
        r.started[at] = site.at


def race(r: Reading, at: int, text: str, branches: Sequence[tuple[int, Task]]) -> None:
    """Awaitables that run at the same time."""
    used = [(call, task) for call, task in branches if task.uses]
    if len(used) > 1:
        calls = tuple(call for call, _ in used)
        settle(r, Race(r.unit.key, at, text, tuple(task.uses for _, task in used), calls))


def settle(r: Reading, race: Race) -> None:
    """Report the session that two branches share; keep the race for callers when parameters may still be one."""
    users: dict[Path, list[Use]] = {}
    for uses in race.branches:
        for use in dict.fromkeys(uses):
            users.setdefault(use.path, []).append(use)
    for path, found in users.items():
        if len(found) > 1:
            best = max(found, key=lambda use: (use.sure, use.kind))
            overlap = Overlap(race, path, called(r, path), best.kind, len(found), min(use.sure for use in found))
            r.overlaps.setdefault((race.where, race.at), overlap)
            return
    if sum(any(use.path.root == "param" for use in uses) for uses in race.branches) > 1 and len(race.chain) < 6:
        r.races.setdefault((race.where, race.at), race)


def called(r: Reading, path: Path) -> str:
    """What the code of this reading calls a session."""
    for name, values in r.env.items():
        if any(value.path == path for value in values):
            return name
    return path_text(r.unit, path)
