"""Awaitables that run at the same time: gather, tasks, task groups; and functions that call what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Confidence
from .values import ANY, NOTHING, Path, Type, Value, Values, join

if TYPE_CHECKING:
    from .calls import Given, Site
    from .reading import Reading


def run(r: Reading, how: str, receiver: Value | None, given: Given, site: Site) -> Values:
    """Apply a library function that runs awaitables or calls callables; see `knowledge.library`."""
    calls = r.project.calls
    first = given.positional[0] if given.positional else NOTHING
    rest = given._replace(positional=given.positional[1:])
    match how:
        case "gather":
            return _together(r, given.positional, site)
        case "each":
            members = r.element(first)
            return _together(r, (members,), site)
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
                value if value.type.kind == "coroutine" else value._replace(type=Type("coroutine", site.at, (value.type,)))
                for value in found
            )
        case "hand":
            own = (receiver,) if receiver is not None else NOTHING
            handed = given._replace(positional=(own, *given.positional[1:]))
            found = join(*(calls.value(r, callee, handed, site, None) for callee in first))
            return tuple(value._replace(type=Type("coroutine", site.at, (value.type,))) for value in found)
        case "partial":
            path = r.next_fresh()
            r.partials[path] = (first, rest.positional, rest.keywords)
            return (Value(path, Type("partial"), Confidence.CERTAIN),)
        case "map":
            r.loop += 1
            members = given._replace(positional=tuple(r.element(values) for values in given.positional[1:]))
            made = join(*(calls.value(r, callee, members, site, None) for callee in first))
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
    branches: dict[int, int] = {}
    for values in groups:
        for value in values:
            task = r.tasks.get(value.type.name) if value.type.kind == "coroutine" else None
            if task is not None:
                branches[value.type.name] = 2 if task.loop > r.loop else 1
    users: dict[Path, list[int]] = {}
    surest: dict[Path, tuple[str, Confidence]] = {}
    for at in sorted(branches):
        if at in r.running:
            continue
        task = r.tasks[at]
        for path, kind, sure in task.uses:
            again = branches[at] > 1 and not (path.root == "fresh" and r.born.get(path.base(), 0) >= task.loop)
            known = users.setdefault(path, [])
            if at not in known:
                known.extend([at] * (2 if again else 1))
            kept = surest.get(path)
            if kept is None or sure > kept[1]:
                surest[path] = (kind, sure)
    for path, ats in users.items():
        if len(ats) > 1:
            kind, sure = surest[path]
            r.overlap(site.at, site.text, path, kind, tuple(ats), sure, "gather")
    r.running = frozenset(at for at in r.running if at not in branches)
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
            for path, kind, sure in r.tasks[other].uses:
                if any(used == path for used, _, _ in task.uses):
                    r.overlap(site.at, site.text, path, kind, (other, at), sure, "task")
        r.running |= {at}
        r.started[at] = site.at
