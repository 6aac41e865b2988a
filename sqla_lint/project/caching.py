"""Functions whose results something keeps: cache decorators, and providers that live as long as the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import OWN_NAME, Call, Expr
from ..knowledge import CACHES
from ..knowledge.containers import LASTING, LASTING_SCOPES, PROVIDERS
from ..knowledge.sqlalchemy import SESSIONS
from .modules import Unit, last_name
from .questions.unit_of_work import opens
from .values import ANY, NONE

if TYPE_CHECKING:
    from .project import Project
from .summary import JUDGED, Cached


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
        if symbol in CACHES:
            kind = _returned(project, unit)
            if kind:
                yield Cached(at, name, last_name(decorator), kind)
            elif not _has_key(decorator, CACHES[symbol]):
                for param, taken in _taken(project, unit):
                    yield Cached(at, name, last_name(decorator), taken, param)
        elif symbol in LASTING or (symbol in PROVIDERS and _lasts(decorator)):
            kind = _returned(project, unit)
            if kind:
                yield Cached(at, name, last_name(decorator), kind)


def _has_key(decorator: Expr, keyword: str) -> bool:
    return bool(keyword) and isinstance(decorator, Call) and any(arg.name == keyword for arg in decorator.args)


def _lasts(decorator: Expr) -> bool:
    if not isinstance(decorator, Call):
        return False
    return any(last_name(arg.value) in LASTING_SCOPES for arg in decorator.args if arg.name == "scope")


def _returned(project: Project, unit: Unit) -> str:
    """The class of the session, or unit of work, that the function hands out, and that is no parameter of its own."""
    summary = project.summary(unit)
    for value in (*summary.returns, *summary.yields):
        kind = project.classes.session_kind(value.type)
        if kind in SESSIONS and value.path.root not in ("param", "global"):
            return kind
        if value.path.root == "fresh" and value.type.kind == "instance" and opens(project, str(value.type.name)):
            return str(value.type.name)
    if summary.returns or summary.yields:
        return ""
    for said in project.declared(unit):
        for inner in said.args if said.kind == "generator" else (said,):
            kind = project.classes.session_kind(inner) if inner not in (ANY, NONE) else ""
            if kind in SESSIONS:
                return kind
    return ""


def _taken(project: Project, unit: Unit) -> Iterator[tuple[str, str]]:
    for index, param in enumerate(unit.definition.params):
        for value in project.summary(unit).env.get(param.name, ()):
            kind = project.classes.session_kind(value.type)
            if kind in SESSIONS and value.path.root in ("param", "injected") and not value.path.attrs:
                yield param.name, kind
                break
        if index > 16:
            return
