"""Which coroutines have an event loop to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Call, Expr, Name
from ..knowledge import FUNCTIONS
from .layers import BOUNDARY_LAYERS, TEST
from .modules import Unit, last_name
from .parts import parts

if TYPE_CHECKING:
    from .project import Project


def has_own_loop(project: Project, unit: Unit) -> bool:
    """Whether everybody known to run a coroutine is a plain function, or a decorator, that makes an event loop for it,
    and for what it starts. Its tests are not all that run it."""
    queue, seen = [unit.key], {unit.key}
    for key in queue:
        one = project.names.units[key]
        if any(_makes_loops(project, wrapper) for wrapper in project.wrappers(one)):
            continue
        above = [project.names.units[other] for other in sorted(project.summaries.runners(key) - {key})]
        above = [other for other in above if project.layers.of(other).layer != TEST]
        plain = [other for other in above if not other.definition.is_async]
        if not above or _is_entry(project, one):
            return False
        if not all(_makes_loop(project, other, one.definition.name) for other in plain):
            return False
        more = [other.key for other in above if other.definition.is_async and other.key not in seen]
        queue.extend(more)
        seen.update(more)
    return True


def _is_entry(project: Project, unit: Unit) -> bool:
    """Whether a framework may call a unit; not one inside another whose role it shares."""
    role = project.layers.of(unit)
    inherited = unit.owner is not None and role is project.layers.of(unit.owner)
    return role.layer in BOUNDARY_LAYERS and not inherited


def _makes_loops(project: Project, wrapper: Unit) -> bool:
    """Whether a decorator's wrapper runs what is decorated in event loops that it makes, and nowhere else."""
    given = {param.name for param in wrapper.owner.definition.params} if wrapper.owner is not None else set()
    inside = [unit for unit in project.names.units_in(wrapper.module.name) if wrapper in (unit, unit.owner)]
    called = {
        (unit.key, part.at)
        for unit in inside
        for part in parts(unit.body)
        if isinstance(part, Call) and isinstance(part.func, Name) and part.func.id in given
    }
    run = {(unit.key, expr.at) for unit in inside for expr in _run(project, unit) if isinstance(expr, Call)}
    return bool(called) and called <= run


def _makes_loop(project: Project, unit: Unit, name: str) -> bool:
    """Whether a function runs a coroutine of this name in an event loop that it makes."""
    return any(last_name(expr) == name for expr in _run(project, unit))


def _run(project: Project, unit: Unit) -> Iterator[Expr]:
    """What a function runs in event loops that it makes."""
    for part in parts(unit.body):
        if isinstance(part, Call) and _is_runner(project, unit, part):
            yield from (arg.value for arg in part.args)


def _is_runner(project: Project, unit: Unit, call: Call) -> bool:
    known = FUNCTIONS.get(project.names.dotted(unit.module, call.func))
    return last_name(call) == "run_until_complete" or (known is not None and known.runs in ("loop", "loop-call"))
