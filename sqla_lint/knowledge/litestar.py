"""What Litestar means: handlers, controllers, and dependencies that it provides by the name of a parameter.

Providers that do not depend on each other are run at the same time. Sources: Litestar documentation (route handlers,
dependency injection, application state), litestar._kwargs.
"""

from __future__ import annotations

from . import payloads
from .library import Function, Klass
from .starlette import HTTP

_VERBS = (*HTTP, "route", "websocket", "websocket_listener", "asgi")

DECORATORS: dict[str, tuple[str, str]] = {
    f"{module}.{verb}": ("handler", "litestar") for module in ("litestar", "litestar.handlers") for verb in _VERBS
}
APPLICATIONS = ("litestar.Litestar",)
PROVIDES = frozenset({"litestar.di.Provide", "litestar.Provide"})
SCOPES = frozenset({"litestar.Litestar", "litestar.Router", "litestar.Controller"})
"""Calls whose `dependencies` hold for every handler below."""
PARAMETERS = {("litestar", "request"): "litestar.Request"}

CLASSES: dict[str, Klass] = {
    "litestar.Litestar": Klass(attributes={"state": "litestar.State"}),
    "litestar.Router": Klass(),
    "litestar.Controller": Klass(),
    "litestar.State": Klass(shares="application"),
    "litestar.Request": Klass(
        payloads.LITESTAR_METHODS,
        attributes={"state": "litestar.RequestState", "app": "litestar.Litestar", **payloads.LITESTAR},
    ),
    "litestar.RequestState": Klass(shares="request"),
}
FUNCTIONS: dict[str, Function] = {"litestar.di.Provide": Function(runs="provide")}
ALIASES: dict[str, str] = {
    "litestar.app.Litestar": "litestar.Litestar",
    "litestar.router.Router": "litestar.Router",
    "litestar.controller.Controller": "litestar.Controller",
    "litestar.datastructures.State": "litestar.State",
    "litestar.datastructures.state.State": "litestar.State",
    "litestar.connection.Request": "litestar.Request",
    "litestar.connection.ASGIConnection": "litestar.Request",
    "litestar.Provide": "litestar.di.Provide",
}
