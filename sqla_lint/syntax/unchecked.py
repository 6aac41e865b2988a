"""Trees that are built without being checked.

Every node that libcst builds validates itself, and sets its fields one by one through `object.__setattr__`. A tree that
comes straight from its parser need not be validated, and these two cost a quarter of the parse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

import libcst as cst

Constructor = Callable[..., None]


@contextmanager
def unchecked(*, many: bool = False) -> Iterator[None]:
    """Nodes that are built inside, by whichever thread, are not validated. For `many` of them it pays to get quicker
    constructors ready; what the nodes are does not change."""
    if cst.CSTNode.__post_init__ is _nothing:
        yield
        return
    checks = cst.CSTNode.__post_init__
    quick = _constructors() if many else {}
    slow = {kind: kind.__dict__["__init__"] for kind in quick}
    # Methods are put in place of methods here, which types have no words for.
    cst.CSTNode.__post_init__ = _nothing  # type: ignore[method-assign,assignment]
    for kind, constructor in quick.items():
        kind.__init__ = constructor  # type: ignore[method-assign]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = checks  # type: ignore[method-assign]
        for kind, constructor in slow.items():
            kind.__init__ = constructor  # type: ignore[method-assign]


def prepare() -> None:
    """Get the quicker constructors ready, for processes that begin as copies of this one."""
    _constructors()


def _nothing(node: cst.CSTNode) -> None:
    """Stands where a node would validate itself."""


@cache
def _constructors() -> dict[type[cst.CSTNode], Constructor]:
    """A constructor for each kind of node that does nothing but set its fields: those of kinds that do more are left
    alone."""
    kinds = [kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, cst.CSTNode)]
    plain = [kind for kind in kinds if _only_sets_fields(kind)]
    names: dict[str, Any] = {"missing": MISSING}
    text = "".join(_written(index, kind, names) for index, kind in enumerate(plain))
    exec(text, names)
    return {kind: names[f"init_{index}"] for index, kind in enumerate(plain)}


def _only_sets_fields(kind: type[cst.CSTNode]) -> bool:
    code = getattr(kind.__dict__.get("__init__"), "__code__", None)
    return (
        code is not None
        and code.co_filename == "<string>"
        and "__post_init__" not in kind.__dict__
        and all(one.init and hasattr(getattr(kind, one.name, None), "__set__") for one in fields(kind))
    )


def _written(index: int, kind: type[cst.CSTNode], names: dict[str, Any]) -> str:
    """The text of a constructor; what it refers to is added to `names`."""
    parameters, body = ["self"], []
    for one in fields(kind):
        own = f"{index}_{one.name}"
        names[f"set_{own}"] = getattr(kind, one.name).__set__
        value = one.name
        if one.default is not MISSING:
            names[f"default_{own}"] = one.default
            parameters.append(f"{one.name}=default_{own}")
        elif one.default_factory is not MISSING:
            names[f"make_{own}"] = one.default_factory
            parameters.append(f"{one.name}=missing")
            value = f"make_{own}() if {one.name} is missing else {one.name}"
        else:
            parameters.append(one.name)
        body.append(f"    set_{own}(self, {value})\n")
    return f"def init_{index}({', '.join(parameters)}):\n{''.join(body) or '    pass'}\n"
