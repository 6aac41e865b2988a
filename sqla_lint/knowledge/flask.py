"""What Flask and its extensions mean: views, view classes, application globals, SQLAlchemy's session in a proxy.

Sources: documentation of Flask (views, blueprints, application context), Flask-SQLAlchemy, Flask-RESTful, Flask-RESTX,
flask-smorest, Flask-AppBuilder, Flask-Classful (special method names), Flask-SocketIO (class-based namespaces).
"""

from __future__ import annotations

from .library import Function, Klass, Method, Registration, View
from .sqlalchemy import DECLARATIVE, PAGE, REGISTRY
from .starlette import HTTP

_HOOKS = (
    "route",
    "errorhandler",
    "before_request",
    "after_request",
    "teardown_request",
    "teardown_appcontext",
    "before_app_request",
    "after_app_request",
    "app_errorhandler",
)
AFTERWARDS = frozenset({"after_request", "after_app_request", "teardown_request", "teardown_appcontext"})
"""Those that run when a view has answered."""
_OWNERS = ("flask.Flask", "flask.Blueprint", "flask_smorest.Blueprint", "flask_openapi3.OpenAPI", "apiflask.APIFlask")

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    **{(owner, verb): ("handler", "flask") for owner in _OWNERS for verb in (*HTTP, *_HOOKS)},
    ("flask.cli.AppGroup", "command"): ("command", "flask"),
    **{("flask_socketio.SocketIO", verb): ("handler", "socketio") for verb in ("on", "event")},
}
DECORATORS: dict[str, tuple[str, str]] = {
    "flask_appbuilder.expose": ("handler", "flask"),
    "flask_appbuilder.api.expose": ("handler", "flask"),
    "flask_appbuilder.baseviews.expose": ("handler", "flask"),
    "flask_appbuilder.action": ("handler", "flask"),
    "flask_appbuilder.actions.action": ("handler", "flask"),
    "flask_login.user_loader": ("handler", "flask"),
    "flask_classful.route": ("handler", "flask"),
}
VIEWS: dict[str, View] = {
    "flask.views.View": View("flask", ("dispatch_request",)),
    "flask.views.MethodView": View("flask", HTTP),
    "flask_restful.Resource": View("flask", HTTP),
    "flask_restx.Resource": View("flask", HTTP),
    "flask_classful.FlaskView": View("flask", (*HTTP, "index")),
    "flask_socketio.Namespace": View("socketio", ("on_*",)),
}
CONVERTERS = {"marshal_with": 1, "marshal_list_with": 1, "responds": 1, "response": 2, "output": 1}
"""Decorators of these libraries that pass what a view returns through a schema, when given at least so much."""

_BUILT = Klass(
    attributes={
        "appbuilder": "flask_appbuilder.AppBuilder",
        "datamodel": "flask_appbuilder.models.sqla.interface.SQLAInterface",
    }
)
RESPONSE = "flask.Response"
SQLALCHEMY = "flask_sqlalchemy.SQLAlchemy"
EXTENSION = frozenset({SQLALCHEMY})
"""Whose ambient session belongs to the application context, and is removed with that."""
APP_CONTEXT = "flask.ctx.AppContext"
CONTEXTS = frozenset({"app_context", "test_request_context"})
"""Methods of an application that make a context, to be entered."""
_VIEW = {"add_url_rule": Method(registers=Registration("handler", "flask", 2, "view_func"))}
CLASSES: dict[str, Klass] = {
    "flask.Flask": Klass(
        _VIEW | dict.fromkeys(CONTEXTS, Method(None, APP_CONTEXT)),
        attributes={
            "extensions": "flask.Flask",
            "config": "flask.Flask",
            "response_class": "class flask.Response",
        },
        shares="application",
    ),
    "flask.Blueprint": Klass(_VIEW),
    "flask_smorest.Blueprint": Klass(bases=("flask.Blueprint",)),
    "flask_openapi3.OpenAPI": Klass(bases=("flask.Flask",)),
    "apiflask.APIFlask": Klass(bases=("flask.Flask",)),
    "flask.cli.AppGroup": Klass(),
    APP_CONTEXT: Klass(enters="plain"),
    "flask.ctx.AppContextGlobals": Klass(shares="request"),
    "flask.views.View": Klass({"as_view": Method()}),
    "flask.views.MethodView": Klass(bases=("flask.views.View",)),
    "flask_restful.Resource": Klass(bases=("flask.views.MethodView",)),
    "flask_restx.Resource": Klass(bases=("flask.views.MethodView",)),
    "flask_classful.FlaskView": Klass(),
    "flask_socketio.SocketIO": Klass(),
    "flask_socketio.Namespace": Klass(),
    "flask.Response": Klass(),
    "flask_appbuilder.Model": Klass(bases=(DECLARATIVE,)),
    "flask_appbuilder.models.sqla.Model": Klass(bases=(DECLARATIVE,)),
    "flask_appbuilder.AppBuilder": Klass(attributes={"session": REGISTRY}),
    "flask_appbuilder.models.sqla.interface.SQLAInterface": Klass(attributes={"session": REGISTRY}),
    **{f"flask_appbuilder.{name}": _BUILT for name in ("BaseView", "SimpleFormView", "ModelView", "ModelRestApi")},
    "flask_appbuilder.api.BaseApi": _BUILT,
    "flask_appbuilder.api.ModelRestApi": _BUILT,
    SQLALCHEMY: Klass(
        {
            "select": Method(function="sqlalchemy.select"),
            "get_or_404": Method(None, "$0"),
            "first_or_404": Method(None, "$0"),
            "one_or_404": Method(None, "$0"),
            "paginate": Method(None, f"{PAGE}[$0]"),
        },
        attributes={"session": REGISTRY, "Model": f"class {DECLARATIVE}, T"},
        arg="model_class",
    ),
    RESPONSE: Klass(),
    PAGE: Klass(
        {"next": Method(None, "self"), "prev": Method(None, "self"), "iter_pages": Method()},
        attributes={"items": "=many T"},
    ),
}
FUNCTIONS: dict[str, Function] = {
    "flask.jsonify": Function(runs="jsonify"),
    **{f"flask.{name}": Function(RESPONSE) for name in ("redirect", "make_response", "send_file")},
    "flask.abort": Function(runs="never"),
    "flask.stream_with_context": Function(runs="same"),
    "werkzeug.exceptions.abort": Function(runs="never"),
    "werkzeug.local.LocalProxy": Function(runs="proxy"),
    "flask_appbuilder.utils.legacy.get_sqla_class": Function("class flask_sqlalchemy.SQLAlchemy"),
}
OBJECTS: dict[str, str] = {"flask.g": "flask.ctx.AppContextGlobals", "flask.current_app": "flask.Flask"}
ALIASES: dict[str, str] = {
    "flask.app.Flask": "flask.Flask",
    "flask.blueprints.Blueprint": "flask.Blueprint",
    "werkzeug.utils.redirect": "flask.redirect",
    "flask.json.jsonify": "flask.jsonify",
    "flask.helpers.stream_with_context": "flask.stream_with_context",
    "flask.globals.g": "flask.g",
    "flask.globals.current_app": "flask.current_app",
    "flask_socketio.namespace.Namespace": "flask_socketio.Namespace",
    "flask_smorest.blueprint.Blueprint": "flask_smorest.Blueprint",
    "flask_sqlalchemy.extension.SQLAlchemy": "flask_sqlalchemy.SQLAlchemy",
    **{f"flask_appbuilder.{name}SQLA": "flask_sqlalchemy.SQLAlchemy" for name in ("", "models.sqla.")},
    "werkzeug.LocalProxy": "werkzeug.local.LocalProxy",
}
