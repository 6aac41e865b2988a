"""The class of a project's own whose instances all its sessions are, and what it does when a commit fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Index, Name
from ...knowledge import Verb, canonical
from ...knowledge.flask import EXTENSION
from ...knowledge.sqlalchemy import ASYNC, FACTORY, SESSION
from ..asking import OWN
from ..modules import Unit
from ..parts import parts
from ..values import Path

if TYPE_CHECKING:
    from ..project import Project
    from ..reading.reading import Reading

_METHODS = {Verb.COMMIT: "commit", Verb.FLUSH: "flush"}


def session_class(project: Project) -> str:
    """The only class below `Session` that commits or flushes in its own way, when all sessions that the project makes
    are of it; "" when there is none. Tests and migrations make sessions for themselves."""
    with project.asking.apart():
        below = project.classes.subclasses(SESSION)
        own = [symbol for symbol in below if any(_own(project, symbol, name) for name in _METHODS.values())]
        if len(own) != 1:
            return ""
        names = {symbol.rpartition(".")[2].encode() for symbol in below}
        return own[0] if set(_made(project, {b"sessionmaker", b"SQLAlchemy", b"Session", *names})) == {own[0]} else ""


def recovers(r: Reading, verb: Verb, path: Path) -> bool:
    """Whether what is called `Session` here is of a class of the project that ends the transaction by itself when this
    fails. What a plain function commits is no AsyncSession, even if one caller passes that."""
    kind = r.kinds.get(path, "")
    if verb not in _METHODS or not (kind == SESSION or (kind in ASYNC and not r.unit.definition.is_async)):
        return False
    r.project.asking.log[OWN] = None
    symbol = r.project.own_session
    if not symbol or r.unit.symbol.startswith(f"{symbol}."):
        return False
    method = _own(r.project, symbol, _METHODS[verb])
    return method is not None and not any(fail.key.path == Path("param", 0) for fail in r.project.summary(method).fails)


def _own(project: Project, symbol: str, name: str) -> Unit | None:
    unit = project.classes.unit(symbol)
    return project.names.child(unit, name) if unit is not None else None


def _made(project: Project, words: set[bytes]) -> Iterator[str]:
    """The classes of the sessions that the project makes, of itself or by a factory; "" for one that is not known."""
    for unit in project.units:
        code = bytes(unit.code)
        if any(word in code for word in words) and not project.layers.is_apart(unit.module):
            for part in parts(unit.body):
                if isinstance(part, Call):
                    yield from _of_call(project, unit, part)


def _of_call(project: Project, unit: Unit, call: Call) -> Iterator[str]:
    symbol = symbol_of(project, unit, call.func)
    if symbol in EXTENSION:
        yield ""
    elif symbol != FACTORY:
        line = [one.symbol for one in project.classes.line(symbol)] if symbol else []
        if SESSION in line:
            yield symbol
    elif any("*" in arg.name for arg in call.args):
        yield ""
    else:
        given = next((symbol_of(project, unit, arg.value) for arg in call.args if arg.name == "class_"), SESSION)
        if not given or ASYNC.isdisjoint(one.symbol for one in project.classes.line(given)):
            yield given


def symbol_of(project: Project, unit: Unit, expr: Expr) -> str:
    """The symbol of what a name stands for, also of one that is imported in the function."""
    match expr:
        case Index(of):
            return symbol_of(project, unit, of)
        case Attr(of, name):
            owner = symbol_of(project, unit, of)
            return canonical(project.names.attribute(owner, name)) if owner else ""
        case Name(name):
            imported = project.names.local_imports(unit).get(name)
            names = project.names
            return canonical(names.target(unit.module, imported) if imported else names.lookup(unit.module, name))
    return ""
