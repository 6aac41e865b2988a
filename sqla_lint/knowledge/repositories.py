"""What repository libraries do to the session they are given.

Sources: documentation and source of Advanced Alchemy (repository, service: `auto_commit` is off unless asked for), of
FastCRUD (`commit` is on unless turned off); of FastAPI Users (database adapters, access tokens), Flask-Dance (token
storage) and LangChain (chat history) for the interfaces by which they have things stored.
"""

from __future__ import annotations

from .library import Klass, Method, Verb
from .sqlalchemy import ASYNC_SESSION, SESSION

_WRITES = (
    "add",
    "add_many",
    "create",
    "create_many",
    "delete",
    "delete_many",
    "delete_where",
    "update",
    "update_many",
    "upsert",
    "upsert_many",
    "get_or_upsert",
    "get_and_update",
)
_READS = (
    "get",
    "get_one",
    "get_one_or_none",
    "list",
    "list_and_count",
    "count",
    "exists",
    "get_many",
    "refresh",
)


def _repository(awaits: bool, session: str) -> Klass:
    own = ".session" if session else ""
    write = Method(Verb.FLUSH, "", awaits=awaits, session=own, commits="auto_commit")
    read = Method(Verb.READ, "", awaits=awaits, session=own)
    return Klass(
        {**{name: write._replace(returns="T") for name in _WRITES}, **dict.fromkeys(_READS, read)}
        | {name: read._replace(returns="T") for name in ("get", "get_one", "get_one_or_none")}
        | {name: read._replace(returns="many T") for name in ("list", "get_many")}
        | {"create_many": write, "delete_where": write},
        attributes={"session": f".{session}"},
    )


DTO = "advanced_alchemy.extensions.litestar.SQLAlchemyDTO"
DTOS = frozenset({DTO})
"""Classes that, subscripted with a mapped class, are a DTO with all of its columns."""
AUTO_SCHEMA = "SQLAlchemyAutoSchema"
"""The base class by which marshmallow makes a schema of a mapped class; it is often an attribute of an extension."""
CHOICES = frozenset({"exclude", "include", "fields", "load_only"})
"""What says which columns a DTO or schema has."""
PRIVATE = frozenset({"private", "write-only", "PRIVATE", "WRITE_ONLY"})
"""Marks on a column that keep it out of what is sent."""
_DTO_MODULES = (
    "advanced_alchemy.extensions.litestar.dto",
    "litestar.plugins.sqlalchemy",
    "litestar.contrib.sqlalchemy",
    "litestar.contrib.sqlalchemy.dto",
)

SESSION_CONFIGS = frozenset(
    f"{module}.SQLAlchemy{side}Config"
    for side in ("Async", "Sync")
    for module in (
        *(f"advanced_alchemy.extensions.{web}" for web in ("fastapi", "flask", "litestar", "sanic", "starlette")),
        *(f"advanced_alchemy.extensions.{web}.config" for web in ("fastapi", "flask", "sanic", "starlette")),
        "advanced_alchemy.extensions.litestar.plugins",
        "litestar.plugins.sqlalchemy",
        "litestar.contrib.sqlalchemy.plugins",
    )
)
"""What says how a framework's plugin hands out sessions."""
COMMIT_MODES: dict[str, frozenset[str]] = {
    "before_send_handler": frozenset({"autocommit", "autocommit_include_redirects"}),
    "commit_mode": frozenset({"autocommit", "autocommit_include_redirect"}),
}
"""Its settings by which the plugin commits when a request has succeeded."""
COMMIT_HANDLERS = frozenset(
    f"{side}autocommit_{what}" for side in ("", "async_", "sync_") for what in ("before_send_handler", "handler_maker")
)
"""What does the same as a `before_send_handler`."""
SESSION_KEY, USUAL_SESSION_KEY = "session_dependency_key", "db_session"
"""Its setting for the name by which Litestar provides the session, and what that is without it."""

_CREATE = Method(Verb.FLUSH, "", awaits=True, session="db", commits="commit", commits_alone=True)
_READ = Method(Verb.READ, "", awaits=True, session="db")
_ASYNC, _SYNC = _repository(True, ASYNC_SESSION), _repository(False, SESSION)

CLASSES: dict[str, Klass] = {
    "advanced_alchemy.repository.SQLAlchemyAsyncRepository": _ASYNC,
    "advanced_alchemy.repository.SQLAlchemySyncRepository": _SYNC,
    "advanced_alchemy.service.SQLAlchemyAsyncRepositoryService": _ASYNC,
    "advanced_alchemy.service.SQLAlchemySyncRepositoryService": _SYNC,
    "fastapi_users.db.BaseUserDatabase": Klass(),
    "fastcrud.FastCRUD": Klass(
        {
            **dict.fromkeys(("create", "update", "delete", "db_delete"), _CREATE),
            "upsert": _CREATE._replace(commits="-"),
            "upsert_multi": _CREATE._replace(commits_alone=False),
            **dict.fromkeys(("get", "get_multi", "exists", "count", "get_joined", "get_multi_joined", "select"), _READ),
        }
    ),
}
TAKES_SESSION = frozenset(name for name in CLASSES if name.startswith("advanced_alchemy"))
"""Classes whose constructor's keyword `session` is what they work on."""
REPOSITORIES = frozenset({"fastapi_users.db.BaseUserDatabase"})
"""Classes that are there to store and find things, so that one below them which is given a session is a repository."""
_TOKENS = "fastapi_users.authentication.strategy.db.AccessTokenDatabase"
STORAGES: dict[str, frozenset[str]] = {
    "fastapi_users.db.BaseUserDatabase": frozenset(
        {"create", "update", "delete", "add_oauth_account", "update_oauth_account"}
    ),
    _TOKENS: frozenset({"create", "update", "delete"}),
    "flask_dance.consumer.storage.BaseStorage": frozenset({"set", "delete"}),
    "langchain_core.chat_history.BaseChatMessageHistory": frozenset(
        {"add_message", "add_messages", "aadd_messages", "clear", "aclear"}
    ),
}
"""Interfaces by which a library has things stored, with the methods that have done so when they return: the library
commits nothing, and its own code goes on with what is stored."""
ALIASES: dict[str, str] = {
    "fastapi_users.db.base.BaseUserDatabase": "fastapi_users.db.BaseUserDatabase",
    "fastapi_users.authentication.strategy.AccessTokenDatabase": _TOKENS,
    "fastapi_users.authentication.strategy.db.adapter.AccessTokenDatabase": _TOKENS,
    "flask_dance.consumer.storage.base.BaseStorage": "flask_dance.consumer.storage.BaseStorage",
    "langchain.schema.BaseChatMessageHistory": "langchain_core.chat_history.BaseChatMessageHistory",
    **{f"{module}.SQLAlchemyDTO": DTO for module in _DTO_MODULES},
    **{
        f"{module}.{name}": f"advanced_alchemy.{kind}.{target}"
        for kind, stem in (("repository", "Repository"), ("service", "RepositoryService"))
        for side in ("Async", "Sync")
        for target in (f"SQLAlchemy{side}{stem}",)
        for module, name in (
            (f"advanced_alchemy.extensions.fastapi.{kind}", target),
            (f"advanced_alchemy.extensions.litestar.{kind}", target),
            (f"advanced_alchemy.{kind}._{side.lower()}", target),
            ("litestar.plugins.sqlalchemy." + kind, target),
            ("litestar.contrib.sqlalchemy." + kind, target),
            (f"advanced_alchemy.{kind}", f"SQLAlchemy{side}Slug{stem}"),
            (f"advanced_alchemy.{kind}", f"SQLAlchemy{side}Query{stem}"),
        )
    },
    "fastcrud.crud.fast_crud.FastCRUD": "fastcrud.FastCRUD",
}
