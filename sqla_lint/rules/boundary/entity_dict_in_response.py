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
            kinds = list(_inside(value.type))
            kind = next((one for one in kinds if one.kind == "columns"), None)
            if kind is None:
                continue
            symbol = str(kind.args[0].name)
            short = symbol.rpartition(".")[2]
            entity = f"`{short}`" if project.classes.is_mapped(symbol) else "an entity"
            state = kind.name in _STATE
            itself = any(one.kind == "instance" and one.name == symbol for one in kinds)
            sure = Confidence.POSSIBLE if itself else min(value.sure, role.sure)
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


def _inside(kind: Type, depth: int = 0) -> Iterator[Type]:
    """This type, and those in it where it is a container or a response."""
    yield kind
    if kind.kind in ("many", "instance") and depth <= _DEEPEST:
        for arg in kind.args:
            yield from _inside(arg, depth + 1)
