"""Application contexts of Flask: a block in which the ambient session is another one, and whose end removes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr
from ...knowledge.flask import APP_CONTEXT, CONTEXTS, EXTENSION
from ...knowledge.sqlalchemy import REGISTRY
from ...model import Confidence
from ..questions import past
from ..values import ANY, NOTHING, Path, Value, Values, instance

if TYPE_CHECKING:
    from ..project import Project
    from .reading import Reading

_OWN = "application context"


def entered(r: Reading, heads: Values, context: Expr) -> list[Callable[[], None]]:
    """A block is entered. If it is an application context, the ambient session is its own from here; what is done when
    it is left is returned."""
    if not isinstance(context, Call) or not _is_context(heads, context):
        return []
    session = Path("fresh", (context.at, _OWN))
    r.contexts = (*r.contexts, session)
    r.reopened(session)
    r.born[session] = r.loop
    return [lambda: past.ended(r, Value(session, ANY, Confidence.CERTAIN))]


def _is_context(heads: Values, context: Call) -> bool:
    """Whether it is one by its type, or is called like one where nothing is known."""
    if any(value.type.name == APP_CONTEXT for value in heads):
        return True
    named = isinstance(context.func, Attr) and context.func.name in CONTEXTS
    return named and all(value.type == ANY for value in heads)


def here(r: Reading, values: Values) -> Values:
    """These values, inside the contexts around."""
    return tuple(value._replace(path=own(r, value.path)) for value in values) if r.contexts else values


def own(r: Reading, path: Path) -> Path:
    """What an ambient session is inside the contexts around: that of the innermost."""
    if path.root != "global" or not r.contexts or not _is_ambient(r.project, path):
        return path
    return r.contexts[-1]._replace(attrs=path.attrs[len(path.owner().attrs) :])


def of_model(r: Reading, symbol: str) -> Values:
    """The session that `Model.query` asks: that of the extension of which the class, or one above it, is a model."""
    for ancestor in r.classes.line(symbol):
        unit = r.classes.unit(ancestor.symbol)
        for base in unit.definition.bases if unit is not None else ():
            if isinstance(base.value, Attr) and base.value.name == "Model" and unit is not None:
                holder = r.names.dotted(unit.module, base.value.of)
                if holder and _is_extension(r.project, r.project.variable_values(holder)):
                    path = Path("global", holder, ("session",))
                    return here(r, (Value(path, instance(REGISTRY), Confidence.LIKELY),))
    return NOTHING


def _is_ambient(project: Project, path: Path) -> bool:
    """Whether it is the session of Flask-SQLAlchemy, or a variable that holds that."""
    symbol, attrs = str(path.key), path.owner().attrs
    if attrs:
        return attrs == ("session",) and _is_extension(project, project.variable_values(symbol))
    variable = project.names.variable(symbol)
    return variable is not None and any(
        isinstance(bind.value, Attr)
        and bind.value.name == "session"
        and _is_extension(project, project.module_value(variable[0], bind.value.of))
        for bind in variable[1]
    )


def _is_extension(project: Project, values: Values) -> bool:
    return any(
        value.type.kind == "instance" and project.classes.is_a(str(value.type.name), EXTENSION) for value in values
    )
