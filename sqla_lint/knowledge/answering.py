"""Who answers in other servers: Quart, Sanic, Bottle, CherryPy, Falcon, gRPC, AWS Lambda.

Sources: documentation of Quart (routing, request, background tasks), Sanic (handlers, middleware, listeners,
class-based views, background tasks, JSON responses), Bottle (request routing), CherryPy (exposing), Falcon
(responders), gRPC (Python, generated code), AWS Lambda (Python handler, proxy event of API Gateway).
"""

from __future__ import annotations

from . import payloads
from .library import Function, Klass, Method, View

_HTTP = ("get", "post", "put", "patch", "delete")
_QUART = ("quart.Quart", "quart.Blueprint")
_QUART_HOOKS = ("route", "websocket", "errorhandler", "before_request", "after_request", "teardown_request")
_SANIC = ("sanic.Sanic", "sanic.Blueprint")

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    **{(owner, verb): ("handler", "quart") for owner in _QUART for verb in (*_HTTP, *_QUART_HOOKS)},
    **{("quart.Quart", verb): ("startup", "quart") for verb in ("before_serving", "after_serving")},
    **{(owner, verb): ("handler", "sanic") for owner in _SANIC for verb in (*_HTTP, "route", "websocket", "exception")},
    **{
        (owner, verb): ("middleware", "sanic")
        for owner in _SANIC
        for verb in ("middleware", "on_request", "on_response")
    },
    **{
        (owner, f"{when}_{what}"): ("startup", "sanic")
        for owner in _SANIC
        for when in ("before", "after")
        for what in ("server_start", "server_stop")
    },
    **{("bottle.Bottle", verb): ("handler", "bottle") for verb in (*_HTTP, "route", "error")},
}
DECORATORS: dict[str, tuple[str, str]] = {
    **{f"bottle.{verb}": ("handler", "bottle") for verb in (*_HTTP, "route")},
    "cherrypy.expose": ("handler", "cherrypy"),
}
VIEWS: dict[str, View] = {
    "quart.views.View": View("quart", ("dispatch_request",)),
    "quart.views.MethodView": View("quart", _HTTP),
    "sanic.views.HTTPMethodView": View("sanic", _HTTP),
}
SERVICER = "Servicer"
"""How the classes end that gRPC generates for a service to fill in."""
PROXIED = frozenset({"body", "httpMethod", "pathParameters", "queryStringParameters", "requestContext"})
"""Parts of the event by which a request comes to AWS Lambda."""
PARAMETERS = {("sanic", "request"): "sanic.request.Request", ("fastapi", "app"): "fastapi.FastAPI"}
CLASSES: dict[str, Klass] = {
    "quart.Quart": Klass({"add_background_task": Method(runs="start")}, shares="application"),
    "quart.Blueprint": Klass(),
    "sanic.Sanic": Klass({"add_task": Method(runs="task")}, attributes={"ctx": "sanic.ApplicationContext"}),
    "sanic.Blueprint": Klass(),
    "sanic.ApplicationContext": Klass(shares="application"),
    "sanic.RequestContext": Klass(shares="request"),
    "sanic.request.Request": Klass(
        attributes={
            "app": "sanic.Sanic",
            "ctx": "sanic.RequestContext",
            **dict.fromkeys(("json", "form", "args"), payloads.PAYLOAD),
        }
    ),
    "bottle.Bottle": Klass(),
}
FUNCTIONS: dict[str, Function] = {"sanic.json": Function(runs="encode")}
ALIASES: dict[str, str] = {
    "sanic.response.json": "sanic.json",
    "sanic.Request": "sanic.request.Request",
    "sanic.request.types.Request": "sanic.request.Request",
    "sanic.app.Sanic": "sanic.Sanic",
    "sanic.blueprints.Blueprint": "sanic.Blueprint",
    "quart.app.Quart": "quart.Quart",
    **{f"quart.{name}": f"flask.{name}" for name in ("abort", "g", "jsonify", "redirect", "request")},
    **{f"quart.globals.{name}": f"flask.{name}" for name in ("g", "request")},
    "quart.globals.current_app": "quart.current_app",
}
OBJECTS: dict[str, str] = {"quart.current_app": "quart.Quart"}
