"""HTML and SVG by construction: text is escaped unless it is markup already."""

from __future__ import annotations

import json
from html import escape

from sqla_lint.report.plain import printable


class Markup(str):
    """Text that is markup, and is not escaped again."""

    __slots__ = ()


EMPTY = Markup()
_VOID = frozenset(("meta", "input", "br", "rect", "path", "circle", "line", "polyline"))


def tag(name: str, /, *inner: str, **attributes: str | int | float | bool | None) -> Markup:
    """An element. `class_` is `class`, `data_x` is `data-x`; attributes that are None or False are left out."""
    shown = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{shown}/>")
    return Markup(f"<{name}{shown}>{joined(*inner)}</{name}>")


def joined(*parts: str) -> Markup:
    """Parts one after another, those that are no markup escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escaped(part) for part in parts))


def escaped(raw: str) -> Markup:
    """Text of any origin as markup: nothing in it is an element, and no character hides or reorders others."""
    return Markup(escape(printable(raw)))


def data(value: object) -> Markup:
    """A value as JSON that may stand in a `script` element: nothing in it ends that or begins a comment."""
    raw = json.dumps(value, separators=(",", ":"))
    return Markup(raw.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _attribute(key: str, value: str | int | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escaped(_figure(value))}"'


def _figure(value: str | int | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
