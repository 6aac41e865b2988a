"""Functions whose results something keeps: cache decorators, and providers that live as long as the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import OWN_NAME, Attr, Bind, Call, Expr, Index, Name
from ..knowledge import CACHES
from ..knowledge.containers import LASTING, LASTING_SCOPES, PROVIDERS
from ..knowledge.sqlalchemy import SESSIONS
from .modules import Unit, last_name
from .parts import parts
from .questions.unit_of_work import held_by
from .values import ANY, NONE

if TYPE_CHECKING:
    from .project import Project
from .summary import JUDGED, Cached, Held


def cached(project: Project, unit: Unit) -> Iterator[Cached]:
    """What is kept of a function by its decorators, and what its calls have set up to be kept."""
    if project.summaries.says(unit, JUDGED):
        yield from project.summary(unit).cached
    yield from project.provisions.lasting.get(unit.key, ())
    if unit.kind != "function":
        return
    at, name = OWN_NAME, unit.definition.name
    for decorator in unit.definition.decorators:
        symbol = project.names.dotted(unit.module, decorator.func if isinstance(decorator, Call) else decorator)
        by_cache = symbol in CACHES
        if by_cache or symbol in LASTING or (symbol in PROVIDERS and _lasts(decorator)):
            held = _returned(project, unit)
            if held is not None:
                yield Cached(at, name, last_name(decorator), held)
            elif by_cache and not _has_key(decorator, CACHES[symbol]):
                for param, taken in _taken(project, unit):
                    yield Cached(at, name, last_name(decorator), Held(taken), param)


def only_objects(project: Project, unit: Unit) -> Iterator[Cached]:
    """What makes the object of a class once and hands it to everybody: a decorator, or its metaclass."""
    makers = [(one, project.names.dotted(unit.module, one)) for one in unit.definition.decorators]
    makers += [
        (base.value, f"{project.names.dotted(unit.module, base.value)}.__call__")
        for base in unit.definition.bases
        if base.name == "metaclass"
    ]
    for expr, symbol in makers:
        maker = project.names.by_symbol.get(symbol)
        held = held_by(project, unit.symbol) if maker is not None and _makes_once(project, maker) else None
        if held is not None:
            yield Cached(OWN_NAME, unit.definition.name, last_name(expr), held)


def _makes_once(project: Project, maker: Unit) -> bool:
    """Whether a function, or one in it, puts an object of the class that it is given into what it keeps."""
    params = maker.definition.params
    given = Name(params[0].name) if params else None
    return any(
        isinstance(part, Bind)
        and isinstance(part.value, Call)
        and (part.value.func == given or _is_super(part.value.func))
        and any(isinstance(target, (Attr, Index)) for target in part.targets)
        for unit in (maker, *project.names.children(maker).values())
        for part in parts(unit.body)
    )


def _is_super(func: Expr) -> bool:
    return isinstance(func, Attr) and func.name == "__call__" and last_name(func.of) == "super"


def _has_key(decorator: Expr, keyword: str) -> bool:
    return bool(keyword) and isinstance(decorator, Call) and any(arg.name == keyword for arg in decorator.args)


def _lasts(decorator: Expr) -> bool:
    if not isinstance(decorator, Call):
        return False
    return any(last_name(arg.value) in LASTING_SCOPES for arg in decorator.args if arg.name == "scope")


def _returned(project: Project, unit: Unit) -> Held | None:
    """The session, or unit of work, that the function hands out or that is kept by what it does, and that is no
    parameter of its own."""
    summary = project.summary(unit)
    for value in (*summary.returns, *summary.yields):
        kind = project.classes.session_kind(value.type)
        if kind in SESSIONS and value.path.root not in ("param", "global"):
            return Held(kind)
        is_made = value.path.root == "fresh" and value.type.kind == "instance"
        held = held_by(project, str(value.type.name)) if is_made else None
        if held is not None:
            return held
    if summary.returns or summary.yields:
        return None
    for said in project.declared(unit):
        for inner in said.args if said.kind == "generator" else (said,):
            kind = project.classes.session_kind(inner) if inner not in (ANY, NONE) else ""
            if kind in SESSIONS:
                return Held(kind)
    return None


def _taken(project: Project, unit: Unit) -> Iterator[tuple[str, str]]:
    for index, param in enumerate(unit.definition.params):
        for value in project.summary(unit).env.get(param.name, ()):
            kind = project.classes.session_kind(value.type)
            if kind in SESSIONS and value.path.root in ("param", "injected") and not value.path.attrs:
                yield param.name, kind
                break
        if index > 16:
            return
