"""What oslo.db's enginefacade means: who makes sessions in OpenStack, and the blocks and decorators that own them.

Sources: documentation and source of oslo.db (`enginefacade`, usage) and of oslo.utils (`excutils`).
"""

from __future__ import annotations

from .library import Function, Klass, Method
from .sqlalchemy import ENGINE, FACTORY, SESSION

_MODULE = "oslo_db.sqlalchemy.enginefacade"
MANAGER = f"{_MODULE}.TransactionContextManager"
_WRITER, _READER = f"{MANAGER}.writer", f"{MANAGER}.reader"
SCOPED = frozenset({_WRITER, _READER})
"""What decorates a function that is called with a context, and begins and ends the context's session with it."""
_LEGACY = f"{_MODULE}.LegacyEngineFacade"
PROVIDED = "session"
"""The attribute of a context that its session is while a transaction is open."""
_MODIFIERS = ("independent", "savepoint", "allow_async", "replace")
SCOPES = frozenset({"writer", "reader", *_MODIFIERS})
"""How a decorator may be called that is one of those below."""
_SETTINGS = ("configure", "append_on_engine_create", "dispose_pool", "patch_factory", "patch_engine")
_GIVES = {"get_engine": Method(None, ENGINE), "get_sessionmaker": Method(None, FACTORY)}

CLASSES: dict[str, Klass] = {
    MANAGER: Klass(
        {
            **dict.fromkeys(_SETTINGS, Method()),
            "make_new_manager": Method(None, "self"),
            "get_legacy_facade": Method(None, _LEGACY),
        },
        attributes=dict.fromkeys(_MODIFIERS, "self") | {"writer": _WRITER, "reader": _READER, "async_": _READER},
    ),
    _WRITER: Klass(_GIVES | {"using": Method(function=f"{_WRITER}.using")}, bases=(MANAGER,)),
    _READER: Klass(_GIVES | {"using": Method(function=f"{_READER}.using")}, bases=(MANAGER,)),
    f"{_WRITER}.Scope": Klass(enters="committed", row=SESSION),
    f"{_READER}.Scope": Klass(enters="lent", row=SESSION),
    "oslo_utils.excutils.save_and_reraise_exception": Klass(enters="reraises"),
    _LEGACY: Klass(_GIVES | {"get_session": Method(None, SESSION)}),
}
FUNCTIONS: dict[str, Function] = {
    f"{_MODULE}.transaction_context": Function(MANAGER),
    f"{_MODULE}.get_legacy_facade": Function(_LEGACY),
    **{f"{mode}.using": Function(f"{mode}.Scope", derived=PROVIDED) for mode in (_WRITER, _READER)},
}
OBJECTS: dict[str, str] = {f"{_MODULE}.writer": _WRITER, f"{_MODULE}.reader": _READER}
