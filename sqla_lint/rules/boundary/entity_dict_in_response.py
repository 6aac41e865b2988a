"""All columns of an entity in a response."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Claim, Confidence, Extent, Severity
from ...project import Project, Unit
from ...project.values import Type
from ..registry import Handler, rule
from .contracts import SPEAKING, converts, reasons

_DEEPEST = 4
_STATE = ("`vars()`", "`__dict__`")
"""Ways that show what happens to be loaded, and SQLAlchemy's state with it."""
_LOADED = (
    "every loaded column is in it, the password hash too, and `_sa_instance_state`, which json.dumps refuses; after a "
    "commit it is empty"
)
_EVERY = "every column is in it, the password hash too, and those that a later migration adds"


@rule("SQA410", on=Handler)
def entity_dict_in_response(unit: Unit, handler: Handler, project: Project) -> Iterator[Claim]:
    """Yields a claim for every `return` of a handler that sends all columns of an entity, whichever they are."""
    role = project.layers.of(unit)
    if handler.framework not in SPEAKING or converts(unit, role, project):
        return
    for returned in project.summary(unit).returned:
        for value in returned.values:
            kind = _columns(value.type, 0)
            if kind is None:
                continue
            symbol = str(kind.args[0].name)
            short = symbol.rpartition(".")[2]
            entity = f"`{short}`" if project.classes.is_mapped(symbol) else "an entity"
            state = kind.name in _STATE
            sure = min(
                value.sure, role.sure, Confidence.POSSIBLE if _has(value.type, symbol, 0) else Confidence.CERTAIN
            )
            yield Claim(
                spot=unit.spot(returned.at, Extent.STATEMENT),
                symbol=unit.symbol,
                message=f"`{unit.definition.name}` sends all columns of {entity}, by {kind.name}",
                confidence=sure,
                severity=Severity.ERROR if state else Severity.WARNING,
                label="whatever columns there are leave the API here",
                why=_LOADED if state else _EVERY,
                help="name the fields that a client may see: in a schema, or in a dict written out",
                role=f"handler ({', '.join(role.because)})",
                entry=role.entry,
                because=reasons(role),
                legs=(unit.symbol,),
            )
            break


def _columns(kind: Type, depth: int) -> Type | None:
    """All columns of an entity, in this type or in containers and responses of it."""
    if kind.kind == "columns":
        return kind
    if kind.kind not in ("many", "instance") or depth > _DEEPEST:
        return None
    return next((found for arg in kind.args if (found := _columns(arg, depth + 1)) is not None), None)


def _has(kind: Type, symbol: str, depth: int) -> bool:
    """Whether the entity itself may be there instead of its columns."""
    if kind.kind == "instance" and kind.name == symbol:
        return True
    return (
        kind.kind in ("many", "instance")
        and depth <= _DEEPEST
        and any(_has(arg, symbol, depth + 1) for arg in kind.args)
    )
