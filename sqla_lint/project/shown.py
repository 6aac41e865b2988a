"""Which SQLAlchemy the code is for: by what the project requires, or else by what the code itself shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..facts import store
from ..facts.schema import Arg, Attr, Call, Expr, Items, Name
from ..knowledge import canonical
from ..knowledge.sqlalchemy import LISTED, SINCE_OUTERMOST
from .modules import Module
from .parts import parts
from .versions import OUTERMOST, is_before, is_from

_SAVEPOINTS = b"begin_nested"


def is_new(modules: Iterable[Module], requires: Mapping[str, str]) -> bool | None:
    """Whether it is one whose sessions always end the outermost transaction, 2.0 or later; None where nothing says so,
    or nobody begins a savepoint."""
    said = requires.get("sqlalchemy")
    if is_from(said, OUTERMOST):
        return True
    if is_before(said, OUTERMOST):
        return False
    every = list(modules)
    if any(_imports_new(module) for module in every):
        return True
    begins = any(_SAVEPOINTS in bytes(body) for module in every for body in module.facts.bodies)
    return False if begins and any(_is_old(module) for module in every) else None


def _imports_new(module: Module) -> bool:
    """Whether something is imported that is there since 2.0."""
    return any(f"{one.module}.{one.name}" in SINCE_OUTERMOST for one in module.facts.header.imports if not one.level)


def _is_old(module: Module) -> bool:
    """Whether something is written in a way that 2.0 refuses: what selects is given a list."""
    known = {
        one.local: canonical(f"{one.module}.{one.name}" if one.name else one.local)
        for one in module.facts.header.imports
        if not one.level and one.module.partition(".")[0] == "sqlalchemy"
    }
    return bool(known) and any(
        isinstance(part, Call) and _is_given_list(part) and canonical(_symbol(part.func, known)) in LISTED
        for index, body in enumerate(module.facts.bodies)
        if any(name in bytes(body) for name in _NAMES)
        for part in parts(store.body(module.facts, index))
    )


_NAMES = [symbol.rpartition(".")[2].encode() for symbol in sorted(LISTED)]


def _symbol(func: Expr, known: Mapping[str, str]) -> str:
    match func:
        case Name(name):
            return known.get(name, "")
        case Attr(Name(of), name):
            return f"{known[of]}.{name}" if of in known else ""
    return ""


def _is_given_list(call: Call) -> bool:
    match call.args:
        case (Arg(name="", value=Items(kind="list")), *_):
            return True
    return False
