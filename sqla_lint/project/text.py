"""Expressions as people would write them, for messages."""

from __future__ import annotations

from ..facts.schema import Arg, Attr, Await, Call, Expr, Index, Lit, Name
from .modules import Unit
from .values import Path

_LONGEST = 60


def render(expr: Expr) -> str:
    """The expression as source, parts that would not fit as `...`."""
    text = _render(expr)
    return text if len(text) <= _LONGEST else _short(expr)


def _render(expr: Expr) -> str:
    match expr:
        case Name(name):
            return name
        case Attr(of, name):
            return f"{_render(of)}.{name}"
        case Call(func, args):
            return f"{_render(func)}({', '.join(_argument(arg) for arg in args)})"
        case Await(of):
            return f"await {_render(of)}"
        case Index(of, key):
            return f"{_render(of)}[{_render(key)}]"
        case Lit(value):
            return repr(value)
    return "..."


def _short(expr: Expr) -> str:
    match expr:
        case Call(func, args):
            return f"{_short(func)}({'...' if args else ''})"
        case Attr(of, name):
            return f"{_short(of)}.{name}"
        case Await(of):
            return f"await {_short(of)}"
        case Name(name):
            return name
    return "..."


def _argument(arg: Arg) -> str:
    value = _render(arg.value)
    if arg.name in ("*", "**"):
        return f"{arg.name}{value}"
    return f"{arg.name}={value}" if arg.name else value


def written(source: Expr | str) -> str:
    """What made something, in words: an expression rendered, or the words themselves."""
    return source if isinstance(source, str) else render(source)


def path_text(unit: Unit, path: Path) -> str:
    """A path in the function's own names: `self.session`, `db`, `a session opened here`."""
    match path.root:
        case "param":
            params = unit.definition.params
            base = params[path.key].name if path.key < len(params) else "?"
        case "free":
            base = str(path.key[1])
        case "global":
            base = str(path.key)
        case "injected":
            base = f"<{str(path.key).rpartition('.')[2]}>"
        case _:
            base = "<opened here>" if path.root == "fresh" else "<unknown>"
    return ".".join([base, *(attr.replace("@", "") for attr in path.attrs)])
