"""What Starlette and FastAPI mean: path operations, endpoint classes, dependencies, state, background tasks.

Sources: FastAPI documentation (path operation decorators, dependencies, background tasks), Starlette documentation
(routing, requests, endpoints, middleware, background tasks, thread pool).
"""

from __future__ import annotations

from . import payloads
from .library import Function, Klass, Method, Registration, View

HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_ROUTES = (*HTTP, "api_route", "route", "websocket", "websocket_route")
_ENDPOINT = Registration("handler", "fastapi", 1, "endpoint")
_LIFESPAN = Registration("startup", "starlette", 99, "lifespan")
_RAW_ENDPOINT = Registration("handler", "starlette", 1, "endpoint")
_EVENT = Registration("startup", "starlette", 1, "func")

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    **{(owner, verb): ("handler", "fastapi") for owner in ("fastapi.FastAPI", "fastapi.APIRouter") for verb in _ROUTES},
    **{("starlette.applications.Starlette", verb): ("handler", "starlette") for verb in ("route", "websocket_route")},
    ("fastapi.FastAPI", "middleware"): ("middleware", "fastapi"),
    ("fastapi.FastAPI", "on_event"): ("startup", "fastapi"),
    ("fastapi.FastAPI", "exception_handler"): ("handler", "starlette"),
}
APPLICATIONS = ("fastapi.FastAPI", "starlette.applications.Starlette")
DECORATORS: dict[str, tuple[str, str]] = {}
VIEWS: dict[str, View] = {
    "starlette.endpoints.HTTPEndpoint": View("starlette", HTTP),
    "starlette.endpoints.WebSocketEndpoint": View("starlette", ("on_connect", "on_receive", "on_disconnect")),
}
RESPONSES = tuple(
    f"{module}.{kind}Response"
    for module in ("fastapi.responses", "starlette.responses")
    for kind in ("JSON", "HTML", "PlainText", "Redirect", "Streaming", "File", "ORJSON", "UJSON")
)
DEPENDS = frozenset(
    {
        "fastapi.Depends",
        "fastapi.Security",
        "fastapi.param_functions.Depends",
        "fastapi.params.Depends",
        "taskiq.TaskiqDepends",
        "taskiq_dependencies.Depends",
    }
)
EARLY_EXITS = ((0, 106), (0, 118))
"""From the first to before the second version of FastAPI, a dependency goes on after its `yield` before the response
is sent; in all others after it."""
RESPONSE = "starlette.responses.Response"
PARAMETERS = {(package, "request"): "starlette.requests.Request" for package in ("fastapi", "starlette")}

_BACKGROUND = Klass({"add_task": Method(runs="background")})
_APPLICATION = {
    "add_api_route": Method(registers=_ENDPOINT),
    "add_api_websocket_route": Method(registers=_ENDPOINT),
    "add_route": Method(registers=_RAW_ENDPOINT),
    "add_websocket_route": Method(registers=_RAW_ENDPOINT),
    "add_event_handler": Method(registers=_EVENT),
}
CLASSES: dict[str, Klass] = {
    "fastapi.FastAPI": Klass(bases=("starlette.applications.Starlette",), registers=_LIFESPAN),
    "fastapi.APIRouter": Klass(_APPLICATION),
    "starlette.applications.Starlette": Klass(
        _APPLICATION,
        attributes={"state": "starlette.ApplicationState"},
        shares="application",
        registers=_LIFESPAN,
    ),
    "starlette.routing.Route": Klass(registers=_RAW_ENDPOINT),
    "starlette.routing.WebSocketRoute": Klass(registers=_RAW_ENDPOINT),
    "starlette.requests.Request": Klass(
        payloads.STARLETTE_METHODS,
        attributes={
            "state": "starlette.RequestState",
            "app": "starlette.applications.Starlette",
            **payloads.STARLETTE,
        },
    ),
    "starlette.RequestState": Klass(bases=("starlette.ScopeState",), shares="request"),
    "starlette.ScopeState": Klass(shares="response"),
    "starlette.ApplicationState": Klass(shares="application"),
    "fastapi.BackgroundTasks": _BACKGROUND,
    "starlette.background.BackgroundTask": Klass(makes="background"),
    "starlette.types.Scope": Klass(
        {"setdefault": Method(None, "starlette.ScopeState")}, attributes={"[state]": "starlette.ScopeState"}
    ),
    "starlette.middleware.base.BaseHTTPMiddleware": Klass(),
    RESPONSE: Klass(),
    "fastapi.Response": Klass(bases=(RESPONSE,)),
    **{name: Klass(bases=(RESPONSE,)) for name in RESPONSES},
}
FUNCTIONS: dict[str, Function] = {
    "fastapi.encoders.jsonable_encoder": Function(runs="encode"),
    "fastapi.concurrency.run_in_threadpool": Function("", "call"),
    "starlette.concurrency.run_in_threadpool": Function("", "call"),
    "fastapi.concurrency.contextmanager_in_threadpool": Function("", "block"),
}
ALIASES: dict[str, str] = {
    "starlette.routing.Router": "fastapi.APIRouter",
    "fastapi.routing.APIRouter": "fastapi.APIRouter",
    "fastapi.applications.FastAPI": "fastapi.FastAPI",
    "starlette.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "fastapi.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "litestar.background_tasks.BackgroundTask": "starlette.background.BackgroundTask",
    "fastapi.Request": "starlette.requests.Request",
    "fastapi.requests.Request": "starlette.requests.Request",
    "fastapi.WebSocket": "starlette.requests.Request",
    "starlette.websockets.WebSocket": "starlette.requests.Request",
    "starlette.requests.HTTPConnection": "starlette.requests.Request",
    "fastapi.requests.HTTPConnection": "starlette.requests.Request",
    "starlette.endpoints.Endpoint": "starlette.endpoints.HTTPEndpoint",
}
