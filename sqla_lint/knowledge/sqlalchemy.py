"""What SQLAlchemy means: sessions, factories, registries, statements, results, mapped bases.

Sources: SQLAlchemy documentation, orm/session_api, orm/session_basics, orm/extensions/asyncio, core/connections.
"""

from __future__ import annotations

from .library import Function, Klass, Method, Verb

SESSION = "sqlalchemy.orm.Session"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
REGISTRY = "sqlalchemy.orm.scoped_session"
ASYNC_REGISTRY = "sqlalchemy.ext.asyncio.async_scoped_session"
FACTORY = "sqlalchemy.orm.sessionmaker"
ASYNC_FACTORY = "sqlalchemy.ext.asyncio.async_sessionmaker"
DECLARATIVE = "sqlalchemy.orm.DeclarativeBase"
AS_DATACLASS = "sqlalchemy.orm.MappedAsDataclass"
SELECT = "sqlalchemy.Select"
RESULT = "sqlalchemy.Result"
SCALARS = "sqlalchemy.ScalarResult"
CHANGE = "sqlalchemy.UpdateBase"
ASYNC_RESULT = "sqlalchemy.ext.asyncio.AsyncResult"
ASYNC_SCALARS = "sqlalchemy.ext.asyncio.AsyncScalarResult"
QUERY = "sqlalchemy.orm.Query"
PAGE = "flask_sqlalchemy.pagination.Pagination"
TEXT_CLAUSE = "sqlalchemy.TextClause"
TEXT_OF_ROWS = "sqlalchemy.TextClause.of-rows"
"""The same where it is known to ask for rows of a table."""
WRITE_ONLY = "sqlalchemy.orm.WriteOnlyCollection"
ROW = "sqlalchemy.Row"
TRANSACTION = "sqlalchemy.orm.SessionTransaction"
SAVEPOINT = "sqlalchemy.orm.NestedTransaction"
BEGUN = "sqlalchemy.orm.BegunSession"
ENGINE = "sqlalchemy.engine.Engine"
ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
INSPECTED = "sqlalchemy.EntityTable"
METADATA = "sqlalchemy.MetaData"
OWN_SESSION = "object_session()"
"""The part of an entity that the session is to which it belongs."""
CONNECTION = "sqlalchemy.engine.Connection"
ASYNC_CONNECTION = "sqlalchemy.ext.asyncio.AsyncConnection"

# fmt: off
_BOOKKEEPING = (
    "expire", "expire_all", "expunge", "expunge_all", "get_bind", "in_transaction", "in_nested_transaction",
    "is_modified", "identity_key", "enable_relationship_loading", "prepare",
)
_WAITS = (
    "commit", "flush", "merge", "merge_all", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings",
    "refresh", "execute", "scalars", "scalar", "exec", "get", "get_one", "query", "connection", "begin_nested",
)
# fmt: on
_OF_ENTITY = {"object_session": Method(function="sqlalchemy.orm.object_session")}
_OF_FACTORY = {"begin": Method(None, f"{BEGUN}[T]"), "configure": Method(runs="configure")}
_ACTIONS: dict[str, Method] = {
    **_OF_ENTITY,
    "commit": Method(Verb.COMMIT),
    "rollback": Method(Verb.ROLLBACK),
    "close": Method(Verb.CLOSE),
    "flush": Method(Verb.FLUSH),
    "add": Method(Verb.WRITE),
    "add_all": Method(Verb.WRITE),
    "delete": Method(Verb.WRITE),
    "delete_all": Method(Verb.WRITE),
    "merge": Method(Verb.USE, "=0", stores=True),
    "merge_all": Method(Verb.USE),
    "bulk_save_objects": Method(Verb.FLUSH),
    "bulk_insert_mappings": Method(Verb.FLUSH),
    "bulk_update_mappings": Method(Verb.FLUSH),
    "refresh": Method(Verb.LOAD),
    "execute": Method(Verb.USE, f"{RESULT}[$0]"),
    "scalars": Method(Verb.USE, f"{SCALARS}[$0]"),
    "scalar": Method(Verb.USE, "$0"),
    "exec": Method(Verb.USE, f"{SCALARS}[$0]"),
    "get": Method(Verb.READ, "$0"),
    "get_one": Method(Verb.READ, "$0"),
    "query": Method(Verb.READ, f"{QUERY}[$0]"),
    "stream": Method(Verb.USE, f"{ASYNC_RESULT}[$0]"),
    "stream_scalars": Method(Verb.USE, f"{ASYNC_SCALARS}[$0]"),
    "connection": Method(Verb.USE, CONNECTION, "<connection>"),
    "run_sync": Method(Verb.USE, runs="hand"),
    "begin": Method(Verb.BEGIN, TRANSACTION, "<transaction>", turns=("nested", "begin_nested")),
    "begin_nested": Method(Verb.USE, SAVEPOINT, "<savepoint>"),
    **dict.fromkeys((*_BOOKKEEPING, "reset", "invalidate"), Method()),
    "get_transaction": Method(None, TRANSACTION, "<transaction>"),
    "get_nested_transaction": Method(None, SAVEPOINT, "<savepoint>"),
}
_SYNC_ACTIONS = {name: method._replace(waits=name in _WAITS) for name, method in _ACTIONS.items()} | {
    "__enter__": Method(None, "self"),
    "__exit__": Method(Verb.CLOSE),
}
SYNC_ONLY = frozenset(
    {
        "query",
        "bulk_save_objects",
        "bulk_insert_mappings",
        "bulk_update_mappings",
        "prepare",
        "enable_relationship_loading",
    }
)
"""What a Session has and an AsyncSession has not."""
_PLAIN = {
    "add",
    "add_all",
    "begin",
    "begin_nested",
    "get_transaction",
    "get_nested_transaction",
    *_BOOKKEEPING,
    *_OF_ENTITY,
}
_ASYNC_ACTIONS = {
    **{name: method if name in _PLAIN else method._replace(awaits=True) for name, method in _ACTIONS.items()},
    **dict.fromkeys(SYNC_ONLY, Method()),
} | {
    "aclose": Method(Verb.CLOSE, awaits=True),
    "__aenter__": Method(None, "self", awaits=True),
    "__aexit__": Method(Verb.CLOSE, awaits=True),
    "sync_session": Method(None, SESSION),
    "connection": Method(Verb.USE, ASYNC_CONNECTION, "<connection>", awaits=True),
}

_STATEMENT = Method(None, "self")
# fmt: off
_STATEMENT_METHODS = dict.fromkeys((
    "where", "filter", "filter_by", "order_by", "group_by", "having", "join", "outerjoin", "join_from", "select_from",
    "limit", "offset", "options", "distinct", "with_for_update", "execution_options", "correlate", "prefix_with",
    "params", "populate_existing", "add_columns", "returning", "values", "yield_per", "enable_eagerloads", "autoflush",
    "slice", "with_session", "union", "union_all",
), _STATEMENT)
_CHANGE_METHODS = (
    "from_select", "return_defaults", "ordered_values", "inline", "with_dialect_options", "on_conflict_do_update",
    "on_conflict_do_nothing", "on_duplicate_key_update",
)
# fmt: on
_ONE_OF_QUERY = ("first", "one", "one_or_none", "get", "get_or_404", "first_or_404", "one_or_404")
_FETCH: dict[str, Method] = {
    "all": Method(None, "many T"),
    "fetchall": Method(None, "many T"),
    "first": Method(None, "T"),
    "one": Method(None, "T"),
    "one_or_none": Method(None, "T"),
    "fetchone": Method(None, "T"),
    "unique": Method(None, "self"),
    "partitions": Method(None, "many T"),
    "yield_per": Method(None, "self"),
    "columns": Method(),
    "mappings": Method(),
}

_ROWS: dict[str, Method] = {
    **{name: method._replace(returns=method.returns.replace("T", f"{ROW}[T]")) for name, method in _FETCH.items()},
    **dict.fromkeys(("scalar", "scalar_one", "scalar_one_or_none"), Method(None, "T")),
    "scalars": Method(None, f"{SCALARS}[T]"),
    "unique": Method(None, "self"),
    "yield_per": Method(None, "self"),
}
_SAME_RESULT = ("unique", "partitions", "yield_per", "columns", "mappings", "scalars")
# fmt: off
_CONNECTION = ("execute", "scalar", "scalars", "exec_driver_sql", "commit", "rollback", "begin_nested")
_ASYNC_CONNECTION = (
    "aclose", "close", "commit", "exec_driver_sql", "execute", "get_raw_connection", "invalidate", "rollback",
    "run_sync", "scalar", "scalars", "start",
)
# fmt: on


def _awaited(methods: dict[str, Method]) -> dict[str, Method]:
    """The methods of a result as those of its asynchronous twin, which fetches rows only when it is asked."""
    return {name: method._replace(awaits=name not in _SAME_RESULT) for name, method in methods.items()}


CLASSES: dict[str, Klass] = {
    SESSION: Klass(_SYNC_ACTIONS, enters="self"),
    ASYNC_SESSION: Klass(_ASYNC_ACTIONS, enters="self", attributes={"sync_session": SESSION}),
    REGISTRY: Klass(_SYNC_ACTIONS | {"remove": Method(Verb.CLOSE)}, called="self"),
    ASYNC_REGISTRY: Klass(_ASYNC_ACTIONS | {"remove": Method(Verb.CLOSE, awaits=True)}, called="self"),
    FACTORY: Klass(_OF_ENTITY | _OF_FACTORY, called="T", row=SESSION),
    ASYNC_FACTORY: Klass(_OF_ENTITY | _OF_FACTORY, called="T", row=ASYNC_SESSION),
    BEGUN: Klass(enters="new", row=SESSION),
    TRANSACTION: Klass(
        {"commit": Method(Verb.COMMIT), "rollback": Method(Verb.ROLLBACK), "close": Method(Verb.ROLLBACK)},
        enters="transaction",
    ),
    SAVEPOINT: Klass(dict.fromkeys(("commit", "rollback", "close"), Method(Verb.RELEASE)), enters="savepoint"),
    SELECT: Klass(_STATEMENT_METHODS),
    CHANGE: Klass(_STATEMENT_METHODS | dict.fromkeys(_CHANGE_METHODS, _STATEMENT), writes=True),
    QUERY: Klass(
        _STATEMENT_METHODS
        | {
            "all": Method(None, "many T", waits=True),
            **dict.fromkeys(_ONE_OF_QUERY, Method(None, "T", waits=True)),
            "paginate": Method(None, f"{PAGE}[T]", waits=True),
            **dict.fromkeys(("scalar", "count", "delete", "update"), Method(waits=True)),
            "exists": Method(),
            "with_entities": Method(),
            "subquery": Method(),
        }
    ),
    **dict.fromkeys(
        (TEXT_CLAUSE, TEXT_OF_ROWS),
        Klass(dict.fromkeys(("bindparams", "columns", "execution_options"), Method(None, "self"))),
    ),
    WRITE_ONLY: Klass({"select": Method(None, f"{SELECT}[T]")}),
    RESULT: Klass(_ROWS),
    SCALARS: Klass(_FETCH),
    ASYNC_RESULT: Klass(_awaited(_ROWS) | {"scalars": Method(None, f"{ASYNC_SCALARS}[T]")}),
    ASYNC_SCALARS: Klass(_awaited(_FETCH)),
    ROW: Klass(),
    DECLARATIVE: Klass(attributes={"query": f"{QUERY}[C]", "metadata": METADATA}),
    METADATA: Klass(dict.fromkeys(("create_all", "drop_all", "reflect"), Method(waits=True, session="bind"))),
    ENGINE: Klass(
        {
            "connect": Method(None, CONNECTION, waits=True),
            "dispose": Method(),
            "begin": Method(None, CONNECTION, waits=True),
            "raw_connection": Method(waits=True),
            "execution_options": Method(returns="self"),
        }
    ),
    CONNECTION: Klass(dict.fromkeys(_CONNECTION, Method(waits=True)), enters="plain"),
    ASYNC_ENGINE: Klass(
        {
            "connect": Method(None, ASYNC_CONNECTION),
            "begin": Method(None, ASYNC_CONNECTION),
            **dict.fromkeys(("dispose", "raw_connection"), Method(awaits=True)),
            "execution_options": Method(returns="self"),
        },
        attributes={"sync_engine": ENGINE},
    ),
    ASYNC_CONNECTION: Klass(
        dict.fromkeys(_ASYNC_CONNECTION, Method(awaits=True))
        | dict.fromkeys(("execute", "exec_driver_sql"), Method(None, RESULT, awaits=True))
        | {"scalars": Method(None, SCALARS, awaits=True)},
        enters="plain",
    ),
    INSPECTED: Klass(
        attributes={
            **dict.fromkeys(("c", "columns", "column_attrs", "all_orm_descriptors"), "sqlalchemy.EntityColumns"),
            "mapper": INSPECTED,
            "session": SESSION,
            "async_session": ASYNC_SESSION,
        }
    ),
    "sqlalchemy.EntityColumns": Klass(dict.fromkeys(("keys", "values", "items"), Method(None, "self"))),
    "sqlalchemy.orm.registry": Klass({"generate_base": Method(function="sqlalchemy.orm.declarative_base")}),
}

_CHANGES = ("insert", "update", "delete")
TEXT = "sqlalchemy.text"
STATEMENTS = frozenset({"sqlalchemy.select", "sqlmodel.select", *(f"sqlalchemy.{name}" for name in _CHANGES)})
"""Functions that build a statement."""
FUNCTIONS: dict[str, Function] = {
    "sqlalchemy.select": Function(f"{SELECT}[$0]"),
    **{f"sqlalchemy.{name}": Function(f"{CHANGE}[$0]") for name in _CHANGES},
    TEXT: Function(TEXT_CLAUSE, "text"),
    **{f"sqlalchemy.dialects.{name}.insert": Function(f"{CHANGE}[$0]") for name in ("mysql", "postgresql", "sqlite")},
    "sqlalchemy.orm.declarative_base": Function(f"class {DECLARATIVE}", beside="cls"),
    "sqlalchemy.ext.automap.automap_base": Function(f"class {DECLARATIVE}", beside="cls"),
    "sqlalchemy.create_engine": Function(ENGINE),
    "sqlalchemy.ext.asyncio.create_async_engine": Function(ASYNC_ENGINE),
    "sqlalchemy.engine_from_config": Function(ENGINE),
    "sqlalchemy.ext.asyncio.async_engine_from_config": Function(ASYNC_ENGINE),
    "sqlalchemy.orm.object_session": Function(SESSION, derived=OWN_SESSION),
    "sqlalchemy.ext.asyncio.async_object_session": Function(ASYNC_SESSION, derived=OWN_SESSION),
    "sqlalchemy.orm.attributes.set_committed_value": Function(runs="set-committed"),
    "sqlalchemy.inspect": Function(INSPECTED, derived="<inspect>", connects=True),
    "sqlalchemy.orm.class_mapper": Function(INSPECTED),
    "sqlalchemy.orm.aliased": Function("=0"),
    "sqlalchemy.orm.with_polymorphic": Function("=0"),
}

ALIASES: dict[str, str] = {
    "sqlalchemy.orm.session.Session": SESSION,
    "sqlalchemy.orm.session.sessionmaker": FACTORY,
    "sqlalchemy.orm.session.object_session": "sqlalchemy.orm.object_session",
    "sqlalchemy.ext.asyncio.session.async_object_session": "sqlalchemy.ext.asyncio.async_object_session",
    "sqlalchemy.orm.scoping.scoped_session": REGISTRY,
    "sqlalchemy.orm.create_session": SESSION,
    "sqlalchemy.ext.asyncio.session.AsyncSession": ASYNC_SESSION,
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": ASYNC_FACTORY,
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": ASYNC_REGISTRY,
    "sqlalchemy.ext.declarative.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.api.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.orm.decl_api.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.orm.decl_api.DeclarativeBase": DECLARATIVE,
    "sqlalchemy.orm.DeclarativeBaseNoMeta": DECLARATIVE,
    "sqlalchemy.ext.asyncio.AsyncSessionTransaction": TRANSACTION,
    "sqlalchemy.orm.session.SessionTransaction": TRANSACTION,
    "sqlalchemy.orm.query.Query": QUERY,
    "sqlalchemy.engine.Row": ROW,
    "sqlalchemy.engine.row.Row": ROW,
    "sqlalchemy.engine.Result": RESULT,
    "sqlalchemy.engine.result.Result": RESULT,
    "sqlalchemy.engine.ScalarResult": SCALARS,
    "sqlalchemy.engine.result.ScalarResult": SCALARS,
    **{
        f"sqlalchemy.{module}.{name}": f"sqlalchemy.{name}" for module in ("sql", "sql.expression") for name in _CHANGES
    },
    "sqlalchemy.sql.text": "sqlalchemy.text",
    "sqlalchemy.sql.expression.text": "sqlalchemy.text",
    "sqlmodel.text": "sqlalchemy.text",
    "sqlalchemy.sql.select": "sqlalchemy.select",
    "sqlalchemy.sql.expression.select": "sqlalchemy.select",
    "sqlalchemy.future.select": "sqlalchemy.select",
    "sqlalchemy.sql.Select": SELECT,
    "sqlalchemy.sql.selectable.Select": SELECT,
    "sqlalchemy.Engine": ENGINE,
    "sqlalchemy.engine.base.Engine": ENGINE,
    "sqlalchemy.ext.asyncio.engine.AsyncEngine": ASYNC_ENGINE,
    "sqlalchemy.Connection": CONNECTION,
    "sqlalchemy.engine.base.Connection": CONNECTION,
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": ASYNC_CONNECTION,
    "sqlalchemy.ext.asyncio.result.AsyncResult": ASYNC_RESULT,
    "sqlalchemy.ext.asyncio.result.AsyncScalarResult": ASYNC_SCALARS,
    "sqlalchemy.orm.decl_api.MappedAsDataclass": AS_DATACLASS,
    "sqlalchemy.orm.decl_api.registry": "sqlalchemy.orm.registry",
    "sqlalchemy.engine.create_engine": "sqlalchemy.create_engine",
    "sqlalchemy.engine.engine_from_config": "sqlalchemy.engine_from_config",
    "sqlalchemy.ext.asyncio.engine.create_async_engine": "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlalchemy.URL.create": "sqlalchemy.engine.URL.create",
    "sqlalchemy.engine.url.URL.create": "sqlalchemy.engine.URL.create",
    "sqlalchemy.engine.url.make_url": "sqlalchemy.engine.make_url",
    "sqlalchemy.make_url": "sqlalchemy.engine.make_url",
    "sqlalchemy.orm.util.aliased": "sqlalchemy.orm.aliased",
    "sqlalchemy.inspection.inspect": "sqlalchemy.inspect",
}

COLUMNS = "sqlalchemy.EntityColumns"
OWN_SESSIONS = frozenset({"session", "async_session"})
"""Attributes of an inspected entity that are that session."""
WHOLE = {"__table__": INSPECTED, "__mapper__": INSPECTED}
"""Attributes of a mapped class that lead to all of its columns."""
# fmt: off
FETCHES = frozenset({
    "all", "first", "one", "one_or_none", "get", "get_or_404", "first_or_404", "one_or_404", "scalar", "count",
    "delete", "update", "paginate",
})
# fmt: on
"""Methods of a query that run it."""
INSISTS = frozenset({"one", "scalar_one", "get_one", "one_or_404", "first_or_404", "get_or_404"})
"""Methods that raise when the row that is asked for is not there."""
QUESTIONS = FETCHES - INSISTS - {"delete", "update"}
"""Methods of a query that ask for rows, and fail only where the database does."""
SESSIONS = frozenset({SESSION, ASYNC_SESSION})
REGISTRIES = frozenset({REGISTRY, ASYNC_REGISTRY})
FACTORIES = frozenset({FACTORY, ASYNC_FACTORY})
MAKERS = REGISTRIES | FACTORIES
"""What gives sessions when it is called."""
UNSENDABLE = SESSIONS | MAKERS | {ENGINE, ASYNC_ENGINE, CONNECTION, ASYNC_CONNECTION}
"""What holds connections, or makes what does, and cannot be pickled."""
ENDS_SCOPES = frozenset({"zope.sqlalchemy", "pyramid_tm", "flask_sqlalchemy", "flask_sqlalchemy_session"})
"""Packages that end the sessions of a registry for everybody."""
LIBRARIES = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy"})
"""Packages whose import says that a module has to do with sessions."""
ORM = LIBRARIES | {"advanced_alchemy", "alembic", "geoalchemy2", "sqlalchemy_utils"}
NAMES = frozenset({"session", "db_session", "db", "async_session", "sa_session", "dbsession", "sess"})
"""What untyped session variables are called in real code; a name alone is the weakest evidence."""
LISTENS_FOR = frozenset({"sqlalchemy.event.listens_for", "sqlalchemy.event.api.listens_for"})
LISTEN = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.api.listen"})
ASKS = frozenset({"in_transaction", "in_nested_transaction", "get_transaction", "get_nested_transaction", "is_active"})
"""What tells whether a session has a transaction."""
# fmt: off
_ERRORS = (
    "DBAPIError", "DataError", "DatabaseError", "IntegrityError", "InterfaceError", "InternalError",
    "NotSupportedError", "OperationalError", "ProgrammingError", "SQLAlchemyError", "StatementError",
)
# fmt: on
ERRORS = frozenset(
    (
        *(f"sqlalchemy.exc.{name}" for name in _ERRORS),
        "sqlalchemy.orm.exc.FlushError",
        "sqlalchemy.orm.exc.StaleDataError",
    )
)
"""Exceptions that leave a transaction failed."""
WRITE_ERRORS = frozenset(
    {"sqlalchemy.exc.IntegrityError", "sqlalchemy.orm.exc.FlushError", "sqlalchemy.orm.exc.StaleDataError"}
)
"""Those that only a write can raise."""
BASES = frozenset({"sqlalchemy.exc.SQLAlchemyError", "sqlalchemy.exc.StatementError", "sqlalchemy.exc.DBAPIError"})
"""Those of which nearly all others are."""
REFUSALS = frozenset(f"sqlalchemy.exc.{name}" for name in _ERRORS) - BASES
"""Those by which a database refuses a statement; nothing else raises them."""
PENDING = frozenset({"new", "dirty", "deleted"})
"""Attributes by which a session is asked what it would write."""
ENDINGS = frozenset({"commit", "rollback"})
"""Methods of a connection that end its transaction."""
_WORDS = {"COMMIT": "COMMIT", "END": "COMMIT", "ROLLBACK": "ROLLBACK", "ABORT": "ROLLBACK", "BEGIN": "BEGIN"}
_OTHERWISE = frozenset({"PREPARED", "TO", "IMMEDIATE", "EXCLUSIVE", "DEFERRED", "CONCURRENT"})


def ends_transaction(sql: str) -> str:
    """COMMIT, ROLLBACK or BEGIN when SQL is such a statement and nothing more; not one of savepoints or of two-phase
    commits, and not how SQLite is asked for a lock at once."""
    words = sql.upper().strip().rstrip(";").split()
    if words[:2] == ["START", "TRANSACTION"]:
        return "BEGIN"
    return _WORDS.get(words[0], "") if words and len(words) < 3 and _OTHERWISE.isdisjoint(words) else ""


ASYNC = frozenset({ASYNC_SESSION, ASYNC_REGISTRY})
OUTERMOST_ALWAYS = ASYNC | {CONNECTION, ASYNC_CONNECTION}
"""What has never ended a savepoint by its own `commit()` and `rollback()`."""
SINCE_OUTERMOST = frozenset(
    f"sqlalchemy.{name}"
    for name in (
        *(f"orm.{name}" for name in ("DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass", "mapped_column")),
        "ext.asyncio.async_sessionmaker",
    )
)
"""What is there since SQLAlchemy 2.0."""
LISTED = frozenset({"sqlalchemy.select", "sqlalchemy.exists"})
"""What SQLAlchemy 2.0 does not give a list of columns to any more."""
RESULTS = frozenset({RESULT, SCALARS, ASYNC_RESULT, ASYNC_SCALARS})
ENGINES = {"sqlalchemy.create_engine": False, "sqlalchemy.ext.asyncio.create_async_engine": True}
"""Functions that make an engine -> whether it is an asynchronous one."""
FROM_CONFIG = frozenset({"sqlalchemy.engine_from_config", "sqlalchemy.ext.asyncio.async_engine_from_config"})
"""Those that make one of a table of settings."""
URLS = frozenset({"sqlalchemy.engine.URL.create", "sqlalchemy.engine.make_url"})
# fmt: off
_SYNC_DRIVERS = frozenset({
    "psycopg2", "psycopg2cffi", "pg8000", "pysqlite", "pysqlcipher", "mysqldb", "pymysql", "mysqlconnector",
    "mariadbconnector", "cymysql", "pyodbc", "pymssql", "cx_oracle",
})
_ASYNC_DRIVERS = frozenset({
    "asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "psycopg_async", "oracledb_async",
})
# fmt: on
DRIVERS = _SYNC_DRIVERS | _ASYNC_DRIVERS
_DEFAULT_DRIVERS = {"sqlite": True, "mysql": True, "mariadb": True, "mssql": True, "postgresql": False, "oracle": False}
"""Databases whose driver, when a URL names none, is a synchronous one, and whether it is so in all versions: that of
PostgreSQL and Oracle has been both since 2.1."""


def is_asynchronous(driver: str) -> tuple[bool, bool] | None:
    """Whether a driver, as URLs name it, is an asynchronous one, and whether that is sure; None when it may be both."""
    database, plus, name = driver.lower().partition("+")
    if plus:
        return (name in _ASYNC_DRIVERS, True) if name in DRIVERS else None
    return (False, _DEFAULT_DRIVERS[database]) if database in _DEFAULT_DRIVERS else None


def session_named(symbol: str) -> str:
    """The session class that a declared type or factory stands for: an async one says so in its name."""
    return ASYNC_SESSION if "async" in symbol.lower() else SESSION


LEGACY = frozenset({"sqlalchemy.ext.declarative", "sqlalchemy.ext.declarative.api"})
"""Modules that had declarative mapping before SQLAlchemy 1.4."""
MOVED = frozenset(
    {"as_declarative", "declarative_base", "declared_attr", "DeclarativeMeta", "has_inherited_table", "synonym_for"}
)
"""What `sqlalchemy.orm` has of them since; the concrete bases and `DeferredReflection` stayed."""
