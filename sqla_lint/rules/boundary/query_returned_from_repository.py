"""A repository that returns what is still to be asked of the database."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import OWN_NAME, Await, Call, Expr, Leave, Name, With, Yield
from ...knowledge.sqlalchemy import ASYNC_RESULT, ASYNC_SCALARS, QUERY, RESULT, SCALARS, SELECT, SESSIONS
from ...model import Claim, Confidence, Extent, Severity, Spot
from ...project import Project, Unit
from ...project.layers import REPOSITORY, TEST
from ...project.parts import parts
from ...project.traces import short
from ..registry import Defined, rule
from .contracts import reasons

_WHAT = {
    QUERY: "a Query",
    SELECT: "a Select",
    RESULT: "a Result",
    SCALARS: "a ScalarResult",
    ASYNC_RESULT: "an AsyncResult",
    ASYNC_SCALARS: "an AsyncScalarResult",
}
_WHY = {
    QUERY: "it runs where somebody iterates over it: a session that was closed by then it opens anew, and nobody "
    "closes it again",
    SELECT: "its callers decide what runs, so that the repository no longer says what is asked of the database",
    "generator": "it runs while its caller iterates, on a session of its own, which a caller that stops early leaves "
    "open",
}
_ONCE = "it can be read once, and only while the session is open"


@rule("SQA411", on=Defined, severity=Severity.WARNING, default=False)
def query_returned_from_repository(unit: Unit, _: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for every method of a repository that hands its callers something that has not run yet."""
    for method in project.names.children(unit).values():
        role = project.layers.of(method) if method.kind == "function" else None
        if role is None or role.layer != REPOSITORY or method.definition.name.startswith("_"):
            continue
        found = _unrun(project, method)
        if found is None:
            continue
        what, kind, spot, sure = found
        outside = _outside(project, method)
        if outside is None and kind == SELECT:
            continue
        yield Claim(
            spot=spot,
            symbol=method.symbol,
            message=f"`{short(method)}` returns {what} to its callers",
            confidence=min(role.sure, sure),
            label="has not run yet",
            why=_WHY.get(kind, _ONCE),
            help="run it here and return what it found, such as by `list(...)` or `.all()`",
            role=f"repository ({', '.join(role.because)})",
            because=reasons(role),
            legs=(outside.symbol if outside is not None else method.symbol,),
        )


def _unrun(project: Project, unit: Unit) -> tuple[str, str, Spot, Confidence] | None:
    """What a method returns that runs later: in words, its class, where, and how surely."""
    if unit.definition.is_generator:
        if unit.decorators.isdisjoint(("contextmanager", "asynccontextmanager")) and _yields_in_session(project, unit):
            spot = unit.spot(OWN_NAME, Extent.NAME)
            return "a generator over a session of its own", "generator", spot, Confidence.CERTAIN
        return None
    passed_on = {part.at for part in parts(unit.body) if isinstance(part, Leave) and _is_callers(unit, part.value)}
    for returned in project.summary(unit).returned:
        for value in returned.values:
            kind = str(value.type.name) if value.type.kind == "instance" else ""
            given = value.path.root == "param" and not value.path.attrs
            if kind in _WHAT and not given and returned.at not in passed_on:
                return _WHAT[kind], kind, unit.spot(returned.at, Extent.STATEMENT), value.sure
    return None


def _is_callers(unit: Unit, expr: Expr | None) -> bool:
    """Whether what is run is a statement that the caller brought."""
    while isinstance(expr, Await):
        expr = expr.of
    first = expr.args[0].value if isinstance(expr, Call) and expr.args else None
    return isinstance(first, Name) and any(param.name == first.id for param in unit.definition.params)


def _yields_in_session(project: Project, unit: Unit) -> bool:
    """Whether a generator yields inside a `with` block that has opened a session."""
    env = project.summary(unit).env
    for part in parts(unit.body):
        if isinstance(part, With) and any(isinstance(inner, Yield) for inner in parts(part.body)):
            names = [item.target.id for item in part.items if isinstance(item.target, Name)]
            opened = (value for name in names for value in env.get(name, ()))
            if any(project.classes.session_kind(value.type) in SESSIONS for value in opened):
                return True
    return False


def _outside(project: Project, method: Unit) -> Unit | None:
    """Somebody who calls the method and is no repository himself."""
    for key in sorted(project.summaries.runners(method.key)):
        caller = project.names.units[key]
        if caller.kind != "class" and project.layers.of(caller).layer not in (REPOSITORY, TEST):
            return caller
    return None
