"""What Pecan means, and the context of a request in OpenStack: what a hook puts there, controllers find.

Sources: documentation of Pecan (hooks, `pecan.request`), of oslo.context (`RequestContext`).
"""

from __future__ import annotations

from .library import Klass, Method

_REQUEST, _CONTEXT = "pecan.core.Request", "pecan.core.Request.context"

CLASSES: dict[str, Klass] = {
    _REQUEST: Klass(attributes={"context": _CONTEXT}),
    _CONTEXT: Klass({"get": Method(runs="member")}, shares="request"),
    "pecan.core.RoutingState": Klass(attributes={"request": _REQUEST}),
    "pecan.hooks.PecanHook": Klass(),
    "oslo_context.context.RequestContext": Klass({"from_environ": Method(None, "C"), "from_dict": Method(None, "C")}),
}
OBJECTS: dict[str, str] = {"pecan.request": _REQUEST, "pecan.core.request": _REQUEST}
PARAMETERS: dict[tuple[str, str], str] = {("pecan", "state"): "pecan.core.RoutingState"}
