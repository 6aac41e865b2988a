"""What only makes sense while a request is answered: the errors and requests of all web frameworks.

Sources: documentation of FastAPI and Starlette (exceptions, requests), Werkzeug (exceptions), Flask and its extensions
(abort), Litestar, aiohttp, Pyramid, Tornado.
"""

from __future__ import annotations

from . import flask, payloads, starlette
from .library import Function, Klass, Method

HTTP_ERROR = "http.Error"
"""The class that all HTTP errors are, as far as rules are concerned."""
HTTP_ERRORS = frozenset({HTTP_ERROR})
PAGE = "http.Page"
"""The class of what a template gives: a text that is not empty, or a response with it."""

# fmt: off
_WERKZEUG = (
    "HTTPException", "BadRequest", "BadRequestKeyError", "Unauthorized", "Forbidden", "NotFound", "MethodNotAllowed",
    "NotAcceptable", "RequestTimeout", "Conflict", "Gone", "LengthRequired", "PreconditionFailed",
    "RequestEntityTooLarge", "UnsupportedMediaType", "UnprocessableEntity", "Locked", "FailedDependency",
    "PreconditionRequired", "TooManyRequests", "InternalServerError", "NotImplemented", "BadGateway",
    "ServiceUnavailable", "GatewayTimeout",
)
_LITESTAR = (
    "HTTPException", "ClientException", "ValidationException", "NotAuthorizedException", "PermissionDeniedException",
    "NotFoundException", "MethodNotAllowedException", "TooManyRequestsException", "InternalServerException",
    "ServiceUnavailableException",
)
_NAMED = (
    "HTTPException", "HTTPError", "HTTPClientError", "HTTPServerError", "HTTPBadRequest", "HTTPUnauthorized",
    "HTTPForbidden", "HTTPNotFound", "HTTPConflict", "HTTPGone", "HTTPUnprocessableEntity", "HTTPTooManyRequests",
    "HTTPInternalServerError", "HTTPServiceUnavailable", "HTTPFound", "HTTPSeeOther",
)
# fmt: on
_ERROR = Klass(bases=(HTTP_ERROR,))
_RENDERS = Method(runs="render")
CLASSES: dict[str, Klass] = {
    HTTP_ERROR: Klass(),
    PAGE: Klass(bases=(starlette.RESPONSE,)),
    "starlette.templating.Jinja2Templates": Klass({"TemplateResponse": _RENDERS}),
    "jinja2.Environment": Klass(dict.fromkeys(("get_template", "from_string"), Method(returns="jinja2.Template"))),
    "jinja2.Template": Klass({"render": _RENDERS, "render_async": Method(runs="render", awaits=True)}),
    "starlette.exceptions.HTTPException": _ERROR,
    "fastapi.HTTPException": _ERROR,
    "tornado.web.HTTPError": _ERROR,
    **{f"werkzeug.exceptions.{name}": _ERROR for name in _WERKZEUG},
    **{f"litestar.exceptions.{name}": _ERROR for name in _LITESTAR},
    **{f"{module}.{name}": _ERROR for module in ("aiohttp.web", "pyramid.httpexceptions") for name in _NAMED},
    "flask.Request": Klass(payloads.FLASK_METHODS, attributes=payloads.FLASK),
}
ABORTS = frozenset(
    {"flask.abort", "werkzeug.exceptions.abort", "flask_restful.abort", "flask_restx.abort", "flask_smorest.abort"}
)
"""Functions that raise an HTTP error."""
FUNCTIONS: dict[str, Function] = {
    **{name: Function(runs="never") for name in ABORTS},
    **{
        f"{package}.{name}": Function(runs="render")
        for package in ("flask", "quart")
        for name in ("render_template", "render_template_string")
    },
}
RESPONSES = frozenset({starlette.RESPONSE, flask.RESPONSE})
"""Classes of what a request is answered with: their instances are true."""
REQUESTS = frozenset(
    {
        "starlette.requests.Request",
        "flask.Request",
        "litestar.Request",
        "aiohttp.web.Request",
        "pyramid.request.Request",
    }
)
SERVING = frozenset(
    {
        "fastapi",
        "flask",
        "starlette",
        "litestar",
        "quart",
        "sanic",
        "falcon",
        "pyramid",
        "bottle",
        "robyn",
        "blacksheep",
        "aiogram",
        "telebot",
        "discord",
        "slack_bolt",
    }
    | {"uvicorn", "hypercorn", "granian", "waitress", "celery", "dramatiq", "taskiq", "faststream", "huey", "arq"}
)
"""Packages with which a module serves requests or tasks, also where it is started by itself."""
SERVING_PARTS = ("aiohttp.web", "telegram.ext")
"""The same of packages that clients use as well. A module that starts Tornado does much before that serves."""
OBJECTS: dict[str, str] = {"flask.request": "flask.Request"}
ALIASES: dict[str, str] = {
    "fastapi.exceptions.HTTPException": "fastapi.HTTPException",
    "fastapi.templating.Jinja2Templates": "starlette.templating.Jinja2Templates",
    "flask.templating.render_template": "flask.render_template",
    "flask.wrappers.Request": "flask.Request",
    "flask.globals.request": "flask.request",
    "litestar.connection.Request": "litestar.Request",
    "aiohttp.web_request.Request": "aiohttp.web.Request",
    "flask_restful.utils.abort": "flask_restful.abort",
    "flask_restx.errors.abort": "flask_restx.abort",
}
