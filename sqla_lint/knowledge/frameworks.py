"""What web frameworks, task queues and command lines mean: which decorator makes a function a boundary.

Sources: FastAPI (path operations, dependencies), Starlette, Flask (views, blueprints), Flask-SQLAlchemy, SQLModel,
Celery, click, typer: their own documentation.
"""

from __future__ import annotations

from .library import Function, Klass, Method
from .sqlalchemy import ASYNC_SESSION, DECLARATIVE, REGISTRY, SELECT, SESSION

HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "trace")

# (class of the decorator's receiver, method) -> (layer, framework). The function it decorates is a boundary.
BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (owner, verb): ("handler", "fastapi")
        for owner in ("fastapi.FastAPI", "fastapi.APIRouter")
        for verb in (*HTTP, "api_route", "route", "websocket", "websocket_route")
    },
    **{("starlette.applications.Starlette", verb): ("handler", "starlette") for verb in ("route", "websocket_route")},
    **{
        (owner, verb): ("handler", "flask")
        for owner in ("flask.Flask", "flask.Blueprint")
        for verb in (
            *HTTP,
            "route",
            "errorhandler",
            "before_request",
            "after_request",
            "teardown_request",
            "teardown_appcontext",
            "before_app_request",
            "app_errorhandler",
        )
    },
    ("fastapi.FastAPI", "middleware"): ("middleware", "fastapi"),
    ("fastapi.FastAPI", "on_event"): ("startup", "fastapi"),
    ("fastapi.FastAPI", "exception_handler"): ("handler", "starlette"),
    ("celery.Celery", "task"): ("task", "celery"),
    ("typer.Typer", "command"): ("command", "typer"),
    ("typer.Typer", "callback"): ("command", "typer"),
    ("click.Group", "command"): ("command", "click"),
    ("click.Group", "group"): ("command", "click"),
    ("flask.cli.AppGroup", "command"): ("command", "flask"),
}
# decorator function -> layer
DECORATORS: dict[str, tuple[str, str]] = {
    "celery.shared_task": ("task", "celery"),
    "click.command": ("command", "click"),
    "click.group": ("command", "click"),
    "dramatiq.actor": ("task", "dramatiq"),
    "contextlib.contextmanager": ("manager", "python"),
    "contextlib.asynccontextmanager": ("manager", "python"),
}
# A decorator on something unknown counts as a route when it reads like one: an HTTP verb and a literal path.
ROUTE_WORDS = frozenset({*HTTP, "route", "api_route", "websocket"})
TASK_WORDS = frozenset({"task", "periodic_task", "actor", "shared_task", "job", "scheduled_job"})
COMMAND_WORDS = frozenset({"command", "cli_command"})

VIEWS: dict[str, str] = {
    "flask.views.View": "flask",
    "flask.views.MethodView": "flask",
    "flask_restful.Resource": "flask",
    "flask_restx.Resource": "flask",
    "starlette.endpoints.HTTPEndpoint": "starlette",
    "tornado.web.RequestHandler": "tornado",
}
"""Base classes whose methods named after an HTTP verb are handlers; their other methods are part of the boundary."""

DEPENDS = frozenset(
    {"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends", "fastapi.params.Depends"}
)
RESPONSES = ("starlette.responses.Response", "flask.Response", "fastapi.Response")

_RESPONSE = Klass()
CLASSES: dict[str, Klass] = {
    "fastapi.FastAPI": Klass(),
    "fastapi.APIRouter": Klass(),
    "starlette.applications.Starlette": Klass(),
    "flask.Flask": Klass(),
    "flask.Blueprint": Klass(),
    "celery.Celery": Klass(),
    "typer.Typer": Klass(),
    "click.Group": Klass(),
    "flask.cli.AppGroup": Klass(),
    "fastapi.BackgroundTasks": Klass(),
    "starlette.responses.Response": _RESPONSE,
    **{
        f"{module}.{name}": Klass(bases=("starlette.responses.Response",))
        for module in ("fastapi.responses", "starlette.responses")
        for name in (
            "JSONResponse",
            "HTMLResponse",
            "PlainTextResponse",
            "RedirectResponse",
            "StreamingResponse",
            "FileResponse",
            "ORJSONResponse",
            "UJSONResponse",
        )
    },
    "fastapi.Response": Klass(bases=("starlette.responses.Response",)),
    "flask.Response": _RESPONSE,
    "pydantic.BaseModel": Klass(
        {"model_validate": Method(None, "C"), "from_orm": Method(None, "C"), "parse_obj": Method(None, "C")}
    ),
    "flask_sqlalchemy.SQLAlchemy": Klass(
        {
            "select": Method(None, f"{SELECT}[$0]"),
            "get_or_404": Method(None, "$0"),
            "first_or_404": Method(None, "$0"),
            "one_or_404": Method(None, "$0"),
        },
        attributes={"session": REGISTRY, "Model": f"class {DECLARATIVE}"},
    ),
    "sqlmodel.Session": Klass(bases=(SESSION,), enters="self"),
    "sqlmodel.ext.asyncio.session.AsyncSession": Klass(bases=(ASYNC_SESSION,), enters="self"),
    "sqlmodel.SQLModel": Klass(
        {"model_validate": Method(None, "C"), "from_orm": Method(None, "C")}, bases=("pydantic.BaseModel",)
    ),
}
FUNCTIONS: dict[str, Function] = {
    "sqlmodel.select": Function(f"{SELECT}[$0]"),
    "fastapi.encoders.jsonable_encoder": Function(runs="encode"),
    "flask.jsonify": Function("=0"),
    "fastapi.concurrency.run_in_threadpool": Function("", "call"),
    "starlette.concurrency.run_in_threadpool": Function("", "call"),
}
ALIASES: dict[str, str] = {
    "starlette.routing.Router": "fastapi.APIRouter",
    "fastapi.routing.APIRouter": "fastapi.APIRouter",
    "fastapi.applications.FastAPI": "fastapi.FastAPI",
    "flask.app.Flask": "flask.Flask",
    "flask.blueprints.Blueprint": "flask.Blueprint",
    "flask.json.jsonify": "flask.jsonify",
    "sqlmodel.main.SQLModel": "sqlmodel.SQLModel",
    "sqlmodel.orm.session.Session": "sqlmodel.Session",
    "sqlmodel.sql.expression.select": "sqlmodel.select",
    "pydantic.main.BaseModel": "pydantic.BaseModel",
    "pydantic.v1.BaseModel": "pydantic.BaseModel",
    "pydantic_settings.BaseSettings": "pydantic.BaseModel",
    "flask_sqlalchemy.extension.SQLAlchemy": "flask_sqlalchemy.SQLAlchemy",
    "sqlmodel.AsyncSession": "sqlmodel.ext.asyncio.session.AsyncSession",
    "starlette.background.BackgroundTasks": "fastapi.BackgroundTasks",
}
