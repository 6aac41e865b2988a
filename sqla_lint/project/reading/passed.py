"""What is read of entities that were passed: whether it is there, the callers know (see `supplied`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mapping import is_renewed, mapped
from ..summary import Ask
from ..values import ANY, UNKNOWN, Path, Value, Values, is_told
from . import conditions

if TYPE_CHECKING:
    from .reading import Reading


def read(r: Reading, values: Values, name: str) -> None:
    """An attribute is read: what is known of an entity that was passed, the callers know."""
    for of in values:
        path, kind = of.path, of.type
        if path.root != "param" or kind.kind != "instance" or r.apart or not r.classes.is_entity(str(kind.name)):
            continue
        if path.attr(name) in r.heap:
            continue
        plan = r.plans.get(Path(path.root, path.key))
        before = plan is None and not r.last
        after = plan is not None and plan.update is not None and not plan.update.old and name not in plan.update.given
        if not path.attrs and (after or before):
            _ask(r, of, Ask(path, name, after, r.unit.key, r.place))
        if before and path.attrs in _WHOLE and _is_needed(r, of, name):
            _ask_anyway(r, Ask(path, name, False, r.unit.key, r.place, r.guard))


_WHOLE = ((), ("*",))
"""An entity that was passed, and each of those in a container that was."""


def taken_apart(r: Reading, values: Values, schema: Value, validates: bool) -> None:
    """A schema is made of an entity that was passed, or of something that may be one."""
    of = schema.path if is_told(schema.path) else UNKNOWN
    for one in values:
        is_entity = one.type.kind == "instance" and r.classes.is_entity(str(one.type.name))
        received = one.path.root == "param" and one.path.attrs in _WHOLE
        if (is_entity or one.type == ANY) and received and not r.last and _always(r):
            blind = validates and (not is_entity or of != UNKNOWN)
            name = str(schema.type.name)
            _ask_anyway(r, Ask(one.path, "", False, r.unit.key, r.place, r.guard, name, of, blind))


def _ask(r: Reading, of: Value, ask: Ask) -> None:
    symbol = str(of.type.name)
    if ask.at >= 0 and r.classes.is_entity(symbol) and is_renewed(r.classes, symbol, ask.name):
        _ask_anyway(r, ask)


def _ask_anyway(r: Reading, ask: Ask) -> None:
    if ask.at < 0 and r.unit.kind == "lambda":
        ask = ask._replace(at=0)  # a lambda that only reads has no place but its own
    if ask.at >= 0:
        r.asks.setdefault((ask.path, ask.name or ask.schema, ask.after), ask)


def _always(r: Reading) -> bool:
    """Whether nothing but what callers pass decides whether this is done, if the function does not raise before."""
    return not r.apart and not r.trying.attempts and not conditions.asks(r, r.refusing)


def _is_needed(r: Reading, of: Value, name: str) -> bool:
    """Whether an entity may lack this attribute in a way that it need not lack one that was asked for before."""
    symbol = str(of.type.name)
    attribute = mapped(r.classes, symbol, name) if r.classes.is_entity(symbol) and _always(r) else None
    if attribute is None:
        return False
    return attribute.later or not any(ask.path == of.path and not ask.after for ask in r.asks.values())


def is_for_callers(r: Reading, value: Value, after: bool) -> bool:
    """Whether nothing is known here of an entity that was passed."""
    path, kind = value.path, value.type
    if path.root != "param" or path.attrs not in _WHOLE or kind.kind not in ("instance", "any"):
        return False
    plan = r.plans.get(Path(path.root, path.key))
    return plan is None or (after and not path.attrs and plan.update is not None and not plan.update.old)


def pass_on(r: Reading, value: Value, ask: Ask) -> None:
    """An entity that was passed is passed on: the callers of this function know."""
    if not ask.path.attrs:
        _ask(r, value, ask)
    if not ask.after and _always(r) and (ask.schema or _is_needed(r, value, ask.name)):
        _ask_anyway(r, ask)
