"""Columns of an entity that the client chooses."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Expr, Index, Items, Test
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import HANDLER, OUTSIDE, Role
from ...project.modules import last_name
from ...project.summary import Fill
from ...project.traces import short
from ..registry import rule
from ..sharing import calls_on
from .contracts import reasons

_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "Any"})
_CHECKING = ("valid", "schema", "argument", "expect", "use_", "json_body")
_DOES = {
    "constructor": "makes the entity from it",
    "setattr": "sets an attribute for each key of it",
    "values": "writes a column for each key of it",
}


@rule("SQA413", on=Fill)
def mass_assignment(unit: Unit, fill: Fill, project: Project) -> Iterator[Claim]:
    """Yields a claim for an entity that is filled from all that a client sent."""
    role = project.layers.of(unit)
    symbol = str(fill.into.type.name)
    if role.layer in OUTSIDE or not project.classes.is_mapped(symbol) or _is_checked(unit):
        return
    if not fill.is_known and not _is_body(unit, fill, role):
        return
    entity = symbol.rpartition(".")[2]
    does = project.names.units[fill.where]
    end = Hop(does.spot(fill.at), _DOES[fill.how], does.symbol)
    trace = (*calls_on(project, fill.chain), end) if fill.chain else ()
    yield Claim(
        spot=unit.spot(fill.here),
        symbol=unit.symbol,
        message=f"`{short(unit)}` fills `{entity}` with whatever the client sent",
        confidence=fill.sure if fill.is_known else min(fill.sure, role.sure),
        label="the client chooses the columns",
        why=f"a client that adds `id`, an owner or a role to the body sets that column of `{entity}` too",
        help=f"read the body into a schema with the fields a client may set, and fill `{entity}` from that",
        role=f"handler ({', '.join(role.because)})" if role.layer == HANDLER else "",
        entry=role.entry,
        because=() if fill.is_known else reasons(role),
        trace=trace,
        legs=(unit.symbol,),
    )


def _is_body(unit: Unit, fill: Fill, role: Role) -> bool:
    """Whether the mapping is a parameter into which the framework puts the request's body as it is."""
    path = fill.source.path
    if role.layer != HANDLER or path.root != "param" or role.sure is Confidence.POSSIBLE:
        return False
    param = unit.definition.params[path.key]
    if role.framework not in ("fastapi", "litestar") or (role.framework == "litestar" and param.name != "data"):
        return False
    return param.kind in ("normal", "positional", "keyword") and _says_mapping(param.annotation)


def _says_mapping(annotation: Expr | None) -> bool:
    match annotation:
        case Index(of, key) if last_name(of) in ("list", "List", "Sequence", "Optional", "Annotated"):
            return _says_mapping(key.of[0] if isinstance(key, Items) else key)
        case Index(of, _):
            return last_name(of) in _MAPPINGS
        case Test("|", of):
            return any(_says_mapping(part) for part in of)
    return annotation is not None and last_name(annotation) in _MAPPINGS


def _is_checked(unit: Unit) -> bool:
    """Whether a decorator has looked at the request first."""
    return any(word in last_name(one).lower() for one in unit.definition.decorators for word in _CHECKING)
