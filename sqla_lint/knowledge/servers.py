"""What aiohttp, Tornado and Pyramid mean: handlers, and where they keep what handlers share.

Sources: documentation of aiohttp (web server quickstart, application's data sharing), Tornado (web.RequestHandler,
web.Application), Pyramid (view configuration, Configurator.add_request_method).
"""

from __future__ import annotations

from . import payloads
from .library import Function, Klass, Method, Registration, View
from .starlette import HTTP

_AIOHTTP = ("view", "route", *HTTP)
_ADDED = Registration("handler", "aiohttp", 1, "handler")

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    ("aiohttp.web.RouteTableDef", verb): ("handler", "aiohttp") for verb in _AIOHTTP
}
DECORATORS: dict[str, tuple[str, str]] = {
    "aiohttp.web.middleware": ("middleware", "aiohttp"),
    "pyramid.view.view_config": ("handler", "pyramid"),
    "pyramid.view.notfound_view_config": ("handler", "pyramid"),
    "pyramid.view.exception_view_config": ("handler", "pyramid"),
    "cornice.service.Service": ("handler", "pyramid"),
}
VIEWS: dict[str, View] = {
    "aiohttp.web.View": View("aiohttp", HTTP),
    "tornado.web.RequestHandler": View("tornado", (*HTTP, "prepare", "on_finish")),
    "tornado.websocket.WebSocketHandler": View("tornado", (*HTTP, "open", "on_message", "on_close")),
}
PARAMETERS = {
    ("aiohttp", "request"): "aiohttp.web.Request",
    ("aiohttp", "app"): "aiohttp.web.Application",
    ("pyramid", "request"): "pyramid.request.Request",
}

CLASSES: dict[str, Klass] = {
    "aiohttp.web.Application": Klass(attributes={"router": "aiohttp.web.UrlDispatcher"}, shares="application"),
    "aiohttp.web.UrlDispatcher": Klass(
        {
            **{f"add_{verb}": Method(registers=_ADDED) for verb in HTTP},
            "add_view": Method(registers=_ADDED),
            "add_route": Method(registers=Registration("handler", "aiohttp", 2, "handler")),
        }
    ),
    "aiohttp.web.RouteTableDef": Klass(),
    "aiohttp.web.Request": Klass(
        payloads.AIOHTTP_METHODS,
        attributes={"app": "aiohttp.web.Application", **payloads.AIOHTTP},
        shares="request",
    ),
    "aiohttp.web.View": Klass(attributes={"request": "aiohttp.web.Request"}),
    "aiohttp.web.Response": Klass(),
    **{f"aiohttp.web.{verb}": Klass(registers=_ADDED) for verb in HTTP},
    "tornado.web.Application": Klass(attributes={"settings": "tornado.web.Application"}, shares="application"),
    "tornado.web.RequestHandler": Klass(
        attributes={"application": "tornado.web.Application", "settings": "tornado.web.Application"}
    ),
    "tornado.websocket.WebSocketHandler": Klass(bases=("tornado.web.RequestHandler",)),
    "jupyter_server.base.handlers.JupyterHandler": Klass(bases=("tornado.web.RequestHandler",)),
    "jupyter_server.base.handlers.APIHandler": Klass(bases=("tornado.web.RequestHandler",)),
    "pyramid.config.Configurator": Klass(
        {
            "add_view": Method(registers=Registration("handler", "pyramid", 0, "view")),
            "add_request_method": Method(runs="request-method"),
        }
    ),
    "pyramid.request.Request": Klass(attributes=payloads.PYRAMID, shares="request"),
}
IN_ONE_THREAD = frozenset({"tornado.web.Application", "aiohttp.web.Application"})
"""Applications all of whose handlers run in the thread of one event loop."""
FUNCTIONS: dict[str, Function] = {
    "aiohttp.web.json_response": Function(runs="encode"),
    "tornado.gen.multi": Function("", "each"),
    "tornado.gen.multi_future": Function("", "each"),
}
ALIASES: dict[str, str] = {
    "aiohttp.web_app.Application": "aiohttp.web.Application",
    "aiohttp.web_request.Request": "aiohttp.web.Request",
}
