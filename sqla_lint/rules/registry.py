"""The rules: found by walking this package, indexed by the kind of answer they subscribe to, asked one by one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..model import Claim, Severity
from ..project import Project, Unit
from ..project.caching import cached
from ..project.dependents import Dependent
from ..project.siblings import siblings
from ..project.summary import (
    JUDGED,
    STALLS,
    Abandoned,
    Breach,
    Cached,
    Commit,
    Drawn,
    Early,
    Event,
    Exported,
    Factory,
    Fill,
    Foreign,
    Hold,
    Kept,
    Lack,
    Linger,
    Looped,
    Lost,
    Mixup,
    Opened,
    Outlived,
    Overlap,
    Raw,
    Sequel,
    Shared,
    Shown,
    Stalled,
    Stored,
    Swallow,
    Twin,
    Web,
)


@dataclass(frozen=True, slots=True)
class Handler:
    """An answer that rules subscribe to: a function that a framework calls for a request."""

    framework: str


@dataclass(frozen=True, slots=True)
class Provider:
    """An answer that rules subscribe to: a function that a framework calls to fill parameters of others."""

    dependents: tuple[Dependent, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """An answer that rules subscribe to: a class or a module of the project, as it stands there."""


Judge = Callable[[Unit, Any, Project], Iterator[Claim]]
"""A rule's function: the unit an answer is about, the answer, the project."""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule: its name is its function's, its text the page beside it. `on` are the types of answers it looks at."""

    code: str
    name: str
    chapter: str
    severity: Severity
    default: bool
    on: tuple[type, ...]
    judge: Judge
    page_path: Path


_FOUND: dict[str, RuleInfo] = {}
_BARE = frozenset({"staticmethod", "classmethod"})
"""Decorators that make no function a handler."""


def rule(
    code: str, *, on: type | tuple[type, ...], severity: Severity = Severity.ERROR, default: bool = True
) -> Callable[[Judge], Judge]:
    """Register a function as a rule. A code or name that is taken is an error."""

    def register(judge: Judge) -> Judge:
        module = importlib.import_module(judge.__module__)
        page = Path(str(module.__file__)).with_suffix(".md")
        name = judge.__name__.replace("_", "-")
        kinds = on if isinstance(on, tuple) else (on,)
        info = RuleInfo(code, name, page.parent.name, severity, default, kinds, judge, page)
        for known in _FOUND.values():
            if known.judge.__module__ != judge.__module__ and (known.code == code or known.name == name):
                raise ValueError(f"{judge.__module__}: {code} {name} clashes with {known.judge.__module__}")
        _FOUND[code] = info
        return judge

    return register


@cache
def load() -> tuple[RuleInfo, ...]:
    """All rules, by code."""
    package = importlib.import_module(__package__)
    for found in pkgutil.walk_packages(package.__path__, f"{__package__}."):
        importlib.import_module(found.name)
    return tuple(_FOUND[code] for code in sorted(_FOUND))


def page(info: RuleInfo) -> str:
    """The rule's page."""
    return info.page_path.read_text(encoding="utf-8")


def judge(project: Project, rules: Iterable[RuleInfo]) -> tuple[list[Claim], list[tuple[str, str]]]:
    """What the rules claim of the project, and which crashed: (rule name, what it said, on which function)."""
    from .precedence import settle

    by_answer: dict[type, list[RuleInfo]] = {}
    for info in rules:
        for kind in info.on:
            by_answer.setdefault(kind, []).append(info)
    claims: list[Claim] = []
    crashed: dict[str, str] = {}
    for unit in project.units:
        for answer in _answers(project, unit, by_answer):
            for info in by_answer[type(answer)]:
                try:
                    claims.extend(
                        replace(claim, code=info.code, name=info.name, severity=_milder(claim.severity, info.severity))
                        for claim in info.judge(unit, answer, project)
                    )
                except Exception as error:  # a rule's bug is reported as such, and the others go on
                    text = f"{type(error).__name__}: {error} (in {unit.symbol})"
                    crashed.setdefault(info.name, text)
    return settle(claims), sorted(crashed.items())


def occurring(project: Project) -> frozenset[type]:
    """The kinds of answers that the project gives: a rule on none of them has nothing to judge."""
    wanted: dict[type, list[RuleInfo]] = {kind: [] for info in load() for kind in info.on}
    return frozenset(type(answer) for unit in project.units for answer in _answers(project, unit, wanted))


def _milder(left: Severity, right: Severity) -> Severity:
    return min(left, right, key=lambda severity: severity.weight)


def _answers(project: Project, unit: Unit, wanted: dict[type, list[RuleInfo]]) -> Iterator[object]:
    if Overlap in wanted and unit.kind in ("class", "module"):
        yield from siblings(project, unit)
    if Defined in wanted and unit.kind in ("class", "module"):
        yield Defined()
    if unit.kind == "class" and not unit.definition.calls:
        return
    if project.summaries.says(unit, JUDGED | STALLS * unit.definition.is_async):
        summary = project.summary(unit)
        for kind, answers in (
            (Event, summary.events),
            (Breach, summary.breaches),
            (Sequel, summary.sequels),
            (Commit, summary.commits),
            (Lost, summary.lost),
            (Raw, summary.raws),
            (Early, summary.early),
            (Overlap, summary.overlaps),
            (Outlived, summary.outlived),
            (Opened, summary.opened),
            (Stored, summary.stored),
            (Shared, summary.shared),
            (Swallow, summary.swallows),
            (Abandoned, summary.abandoned),
            (Web, summary.web),
            (Mixup, summary.mixups),
            (Linger, summary.lingers),
            (Hold, summary.holds),
            (Twin, summary.twins),
            (Kept, summary.kept),
            (Foreign, summary.foreign),
            (Fill, summary.fills),
            (Exported, summary.exported),
            (Looped, summary.looped),
            (Drawn, (Drawn(summary.draws),) if summary.draws and unit.definition.is_async else ()),
            (Lack, summary.lacks),
            (Shown, summary.shown),
            (Factory, summary.factories),
            (Stalled, (Stalled(summary.stalls),) if summary.stalls and unit.definition.is_async else ()),
        ):
            if answers and kind in wanted:
                yield from answers
    if Provider in wanted and unit.kind in ("function", "lambda"):
        dependents = project.dependents.of(unit)
        if dependents:
            yield Provider(dependents)
    if Cached in wanted:
        yield from cached(project, unit)
    if Handler in wanted and project.layers.may_handle(unit):
        role = project.layers.of(unit)
        top = unit.owner is not None and unit.owner.kind in ("module", "class")
        called = unit.decorators - _BARE or (top and (role.entry or not role.framework))
        if role.layer == "handler" and called:
            yield Handler(role.framework)
