"""Which coroutines have an event loop to themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Call
from ..knowledge import FUNCTIONS
from .layers import BOUNDARY_LAYERS, TEST
from .modules import Unit, last_name
from .parts import parts

if TYPE_CHECKING:
    from .project import Project


def has_own_loop(project: Project, unit: Unit) -> bool:
    """Whether everybody known to run a coroutine is a plain function that makes an event loop for it, and for what it
    starts. Its tests are not all that run it."""
    queue, seen = [unit.key], {unit.key}
    for key in queue:
        one = project.names.units[key]
        above = [project.names.units[other] for other in sorted(project.summaries.runners(key) - {key})]
        above = [other for other in above if project.layers.of(other).layer != TEST]
        plain = [other for other in above if not other.definition.is_async]
        if not above or project.layers.of(one).layer in BOUNDARY_LAYERS:
            return False
        if not all(_makes_loop(project, other, one.definition.name) for other in plain):
            return False
        more = [other.key for other in above if other.definition.is_async and other.key not in seen]
        queue.extend(more)
        seen.update(more)
    return True


def _makes_loop(project: Project, unit: Unit, name: str) -> bool:
    """Whether a function runs a coroutine of this name in an event loop that it makes."""
    calls = (part for part in parts(unit.body) if isinstance(part, Call) and _is_runner(project, unit, part))
    return any(last_name(arg.value) == name for call in calls for arg in call.args)


def _is_runner(project: Project, unit: Unit, call: Call) -> bool:
    known = FUNCTIONS.get(project.names.dotted(unit.module, call.func))
    return last_name(call) == "run_until_complete" or (known is not None and known.runs in ("loop", "loop-call"))
