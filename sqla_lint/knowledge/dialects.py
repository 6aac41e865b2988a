"""Which databases go on with a transaction after a statement that has failed, and by what SQL they are known.

PostgreSQL does not. Sources: the manuals of MySQL (identifiers, INSERT, SHOW) and SQLite (PRAGMA, the schema table,
virtual tables); what they do after a failure is proven for SQLite.
"""

from __future__ import annotations

import re

from .pools import SQLITE

FORGIVING = frozenset({SQLITE, "mysql", "mariadb", "singlestore"})
STRICT = frozenset({"postgres", "cockroach", "psycopg", "asyncpg"})
MESSAGES = frozenset({"database is locked", "database table is locked", "locked", "no such table", "no such column"})
"""What SQLite says, in lower case."""
RUNS_SQL = frozenset({"text", "DDL", "execute", "scalar", "scalars", "exec", "exec_driver_sql"})
"""What is given SQL as text."""
_OF_FORGIVING = re.compile(
    r"""^\s*(pragma\b|replace\s+into\b|insert\s+ignore\b|insert\s+or\s+(ignore|replace)\b
        |show\s+(full\s+)?(index|indexes|columns|tables|create)\b)
        |\bcreate\s+virtual\s+table\b|\busing\s+fts\d\b
        |\bsqlite_(master|schema)\b|\bdatabase\(\)|\bon\s+duplicate\s+key\b|\bauto_?increment\b|`[^`]+`""",
    re.IGNORECASE | re.VERBOSE,
)


def is_forgiving(sql: str) -> bool:
    """Whether only a database that goes on after a failure understands this."""
    return _OF_FORGIVING.search(sql) is not None
