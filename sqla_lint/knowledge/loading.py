"""What SQLAlchemy's loader options and the `lazy` of a relationship mean: what is there once an entity is fetched.

Sources: SQLAlchemy documentation, orm/queryguide/relationships, orm/queryguide/columns.
"""

from __future__ import annotations

from .library import Function, Klass, Method
from .sqlalchemy import QUERY, WRITE_ONLY

LOAD = "sqlalchemy.orm.Load"
# fmt: off
LOADS = frozenset({
    "selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "joinedload_all",
    "subqueryload_all", "undefer", "with_expression", "selectin_polymorphic", "raiseload", "noload",
})
"""Options after which reading what they name sends no statement: most load it, two say what happens instead."""
PUTS_OFF = frozenset({"lazyload", "defer"})
"""Options that leave what they name to its first read."""
_KEEPS = frozenset({"defaultload", "load_only", "options", *PUTS_OFF})
# fmt: on
LATER = frozenset({"select", "True"})
"""The values of `lazy` that leave a relationship to its first read; it is what a relationship has that says nothing."""
QUERIED = {"dynamic": QUERY, "write_only": WRITE_ONLY}
"""The values of `lazy` whose attribute is no collection: what it is instead."""
QUERIED_TYPES = {"DynamicMapped": QUERY, "WriteOnlyMapped": WRITE_ONLY}
"""The annotations that say the same."""
# fmt: off
_OF_SQL = frozenset({
    "text", "literal_column", "literal", "case", "cast", "type_coerce", "extract", "null", "true", "false", "select",
    "bindparam", "FetchedValue", "ClauseElement", "ColumnElement", "Function", "FunctionElement",
    "GenericFunction",
})
# fmt: on


def is_sql(symbol: str) -> bool:
    """Whether what is called by this name makes an expression of SQL."""
    root, *inner, name = symbol.split(".") if "." in symbol else ("", symbol)
    if root not in ("sqlalchemy", "sqlmodel"):
        return False
    return name in _OF_SQL or "func" in inner or "functions" in inner


CLASSES: dict[str, Klass] = {LOAD: Klass(dict.fromkeys((*LOADS, *_KEEPS), Method(None, "self")))}
FUNCTIONS: dict[str, Function] = {f"sqlalchemy.orm.{name}": Function(LOAD) for name in (*LOADS, *_KEEPS - {"options"})}
ALIASES: dict[str, str] = {
    f"sqlalchemy.orm.{module}.{name}": f"sqlalchemy.orm.{name}"
    for module in ("strategy_options",)
    for name in (*LOADS, *_KEEPS - {"options"}, "Load")
}
