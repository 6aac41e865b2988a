"""What libraries that cut results into pages mean: who runs the query, and which classes of a response hold rows.

Sources: documentation and source of FastAPI Pagination (`paginate` of `ext.sqlalchemy` and `ext.sqlmodel`, which take a
query, or a connection and a statement; the pages).
"""

from __future__ import annotations

from .library import Function

_ROOT = "fastapi_pagination"
_PAGE, _LATER = Function(runs="page"), Function(runs="page-later")
FUNCTIONS: dict[str, Function] = {
    f"{_ROOT}.paginate": Function(runs="page-of"),
    **{f"{_ROOT}.ext.{name}.paginate": _PAGE for name in ("sqlalchemy", "sqlmodel", "sqlalchemy_future")},
    **{f"{_ROOT}.ext.{name}.apaginate": _LATER for name in ("sqlalchemy", "sqlmodel")},
    **{
        f"{_ROOT}.ext.{name}.paginate": _LATER
        for name in ("async_sqlalchemy", "async_sqlmodel", "sqlalchemy_async", "sqlmodel_async")
    },
}
ALIASES: dict[str, str] = {f"{_ROOT}.paginator.paginate": f"{_ROOT}.paginate"}
PAGES = frozenset(
    {
        *(f"{_ROOT}.{name}" for name in ("Page", "LimitOffsetPage", "bases.AbstractPage", "bases.BasePage")),
        *(f"{_ROOT}.{name}" for name in ("cursor.CursorPage", "default.Page", "default.OptionalPage")),
        *(f"{_ROOT}.limit_offset.{name}" for name in ("LimitOffsetPage", "OptionalLimitOffsetPage")),
        *(f"{_ROOT}.links.{name}" for name in ("Page", "LimitOffsetPage", "UseLinks")),
        *(f"{_ROOT}.links.{name}.Page" for name in ("default", "bases")),
        *(f"{_ROOT}.links.limit_offset.{name}" for name in ("LimitOffsetPage",)),
    }
)
"""Schemas of a response whose argument says what each row becomes."""
