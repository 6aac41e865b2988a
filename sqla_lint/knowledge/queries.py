"""What SQLAlchemy makes SQL of: methods and functions whose arguments become conditions and columns.

Sources: SQLAlchemy documentation, core/metadata, core/sqlelement, core/selectable, orm/queryguide/query.
"""

from __future__ import annotations

from .library import Klass, Method
from .sqlalchemy import CHANGE, SELECT

TABLE_COLUMNS = "sqlalchemy.TableColumns"
_COLUMNS = {"c": TABLE_COLUMNS, "columns": TABLE_COLUMNS}
_STATEMENTS = {"select": Method(None, SELECT), **dict.fromkeys(("insert", "update", "delete"), Method(None, CHANGE))}
CLASSES: dict[str, Klass] = {
    "sqlalchemy.Table": Klass(_STATEMENTS, attributes=_COLUMNS),
    TABLE_COLUMNS: Klass(),
}
ALIASES: dict[str, str] = {
    "sqlalchemy.schema.Table": "sqlalchemy.Table",
    "sqlalchemy.sql.schema.Table": "sqlalchemy.Table",
    **{
        f"sqlalchemy.{module}.{name}": f"sqlalchemy.{name}"
        for module in ("sql", "sql.expression")
        for name in ("and_", "or_", "not_", "exists", "case", "between", "func")
    },
    **{f"sqlmodel.{name}": f"sqlalchemy.{name}" for name in ("and_", "or_", "not_", "exists", "case", "func")},
}
# fmt: off
SQL = frozenset({
    "where", "filter", "having", "join", "outerjoin", "join_from", "outerjoin_from", "any", "has", "and_", "or_",
    "order_by", "group_by", "with_only_columns", "add_columns", "when",
})
# fmt: on
"""Methods that make SQL of what they are given."""
BUILDS = frozenset(
    f"sqlalchemy.{name}" for name in ("and_", "or_", "not_", "exists", "between", "any_", "all_", "true", "false")
)
"""Functions that give a condition, whose truth Python cannot tell."""
COLUMN = "sqlmodel.col"
"""Gives the column that it is given."""
PACKAGES = frozenset({"sqlalchemy", "sqlmodel"})
