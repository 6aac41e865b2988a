"""A registry of sessions from which nobody takes the session of a request that has ended."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Attr, Bind, Call, Name
from ...knowledge import Verb, canonical
from ...knowledge.sqlalchemy import ASYNC_REGISTRY, ENDS_SCOPES, REGISTRIES, REGISTRY
from ...model import Claim, Confidence, Extent, Hop
from ...project import Project, Unit
from ...project.layers import HANDLER, OUTSIDE, TASK
from ...project.modules import last_name
from ...project.names import bindings
from ...project.parts import parts
from ...project.scopes import scopes
from ...project.summary import CALLS, JUDGED
from ...project.traces import short
from ...project.values import Path
from ..registry import Defined, Provider, rule

_ENDS = frozenset({"remove", "close", "aclose"})


@rule("SQA108", on=(Defined, Provider))
def scoped_session_without_remove(unit: Unit, found: Defined | Provider, project: Project) -> Iterator[Claim]:
    """Yields a claim for a registry that requests or tasks use, and that nothing empties, or another thread does."""
    if project.layers.of(unit).layer in OUTSIDE:
        return
    if isinstance(found, Provider):
        yield from _elsewhere(unit, found, project)
    if unit.kind != "module":
        return
    for maker, bind in _shared(unit, project):
        call, target = bind.value, bind.targets[0]
        made = canonical(project.names.dotted(unit.module, call.func)) if isinstance(call, Call) else ""
        if not isinstance(call, Call) or made not in REGISTRIES or not isinstance(target, Name):
            continue
        symbol = f"{unit.module.name}.{target.id}"
        users = _users(project, symbol)
        if users and not _is_emptied(project, symbol):
            yield _claim(maker, call, target.id, made, users, project)


def _shared(unit: Unit, project: Project) -> Iterator[tuple[Unit, Bind]]:
    """What variables of a module are bound to, there or by functions that say they are global."""
    for bind in project.names.module_binds(unit.module):
        yield unit, bind
    for other in project.names.units_in(unit.module.name):
        for bind in bindings(other.body) if other.definition.globals else ():
            if isinstance(bind.targets[0], Name) and bind.targets[0].id in other.definition.globals:
                yield other, bind


def _claim(unit: Unit, call: Call, name: str, made: str, users: list[Unit], project: Project) -> Claim:
    own = Hop(unit.spot(call.at), "keeps a session for each scope", f"{unit.module.name}.{name}")
    user = Hop(users[0].spot(OWN_NAME, Extent.NAME), f"`{short(users[0])}` works with it", users[0].symbol)
    tasks = made == ASYNC_REGISTRY
    return Claim(
        spot=own.spot,
        symbol=own.symbol,
        message=f"nothing takes a session out of `{name}` when its request or task has ended",
        confidence=Confidence.LIKELY,
        label=f"keeps the session of each {'task' if tasks else 'thread'}",
        why="each task leaves a session and its connection behind"
        if tasks
        else "the next request in the same thread finds its transaction, its connection and its stale entities",
        help=f"call `{'await ' if tasks else ''}{name}.remove()` where a request ends: in a middleware or a teardown",
        entry=project.layers.of(users[0]).entry,
        because=("no `remove()` or `close()` of a registry stands in the files that were read",),
        trace=(own, user),
        legs=tuple(one.symbol for one in users),
    )


def _elsewhere(unit: Unit, provider: Provider, project: Project) -> Iterator[Claim]:
    """A claim for a plain dependency of FastAPI that empties the registry of whatever thread it ends in."""
    plain = unit.definition.is_generator and not unit.definition.is_async
    if not plain or not any(one.marker.startswith("fastapi.") for one in provider.dependents):
        return
    for event in project.summary(unit).events:
        if event.verb is Verb.CLOSE and event.kind == REGISTRY and _is_by_thread(project, str(event.path.key)):
            yield Claim(
                spot=unit.spot(event.at),
                symbol=unit.symbol,
                message=f"`{event.text}` may run in another thread than the handler, whose session then stays",
                confidence=min(event.sure, Confidence.LIKELY),
                label="FastAPI ends a plain dependency in any thread of its pool",
                why="a registry without `scopefunc` keeps a session for each thread, and only this thread's is removed",
                help="open a session of the sessionmaker for each request, in a `with` block around the `yield`",
                legs=(unit.symbol,),
            )


def _is_by_thread(project: Project, symbol: str) -> bool:
    """Whether a variable is a registry that goes by threads."""
    variable = project.names.variable(symbol)
    calls = [bind.value for bind in variable[1] if isinstance(bind.value, Call)] if variable is not None else []
    return bool(calls) and all(
        canonical(project.names.dotted(variable[0], call.func)) == REGISTRY and len(call.args) == 1
        for call in calls
        if variable is not None
    )


def _users(project: Project, symbol: str) -> list[Unit]:
    """The handlers and tasks that work with a registry, through whomever."""
    return [
        unit
        for unit in project.units
        if unit.kind == "function"
        and project.summaries.says(unit, JUDGED | CALLS)
        and any(key.path.root == "global" and key.path.key == symbol for key in project.summary(unit).effects)
        and project.layers.of(unit).layer in (HANDLER, TASK)
    ]


def _is_emptied(project: Project, symbol: str) -> bool:
    """Whether anything outside of tests ends a session of a registry, or a package does so for everybody."""
    for module in project.names.modules.values():
        imported = {word for one in module.facts.header.imports for word in (one.module, f"{one.module}.{one.name}")}
        if not imported.isdisjoint(ENDS_SCOPES):
            return True
    return any(_empties(project, unit, symbol) for unit in project.units if not project.layers.is_test(unit.module))


def _empties(project: Project, unit: Unit, symbol: str) -> bool:
    if project.summaries.says(unit, JUDGED) and any(
        event.verb is Verb.CLOSE and event.kind in REGISTRIES and not _is_other(project, event.path, symbol)
        for event in project.summary(unit).events
    ):
        return True
    code, name = bytes(unit.code), symbol.rpartition(".")[2]
    return (b"remove" in code or b"close" in code) and any(
        isinstance(part, Call)
        and isinstance(part.func, Attr)
        and part.func.name in _ENDS
        and (last_name(part.func.of) == name or "session" in last_name(part.func.of).lower())
        and (part.func.name == "remove" or last_name(part.func.of) == name)
        and not _is_other(project, Path("global", project.names.dotted(unit.module, part.func.of)), symbol)
        for part in parts(unit.body)
    )


def _is_other(project: Project, path: Path, symbol: str) -> bool:
    """Whether a path is another registry for sure."""
    return path.root == "global" and path.key != symbol and any(scopes(project, str(path.key)))
