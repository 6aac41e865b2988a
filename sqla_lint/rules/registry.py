"""The rules: found by walking this package, indexed by the kind of answer they subscribe to, asked one by one."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from .. import config
from ..config import EDITIONS, FIRST_EDITION
from ..model import Claim, Confidence, Hop, Recipe, Severity, Spot
from ..project import Project, Unit
from ..project.caching import cached, only_objects
from ..project.dependents import Dependent
from ..project.siblings import siblings
from ..project.summary import (
    JUDGED,
    STALLS,
    Abandoned,
    Breach,
    Cached,
    Commit,
    Decided,
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
    Pool,
    Raw,
    Repeated,
    Sequel,
    Shared,
    Shown,
    Stalled,
    Stored,
    Swallow,
    Twin,
    Unwrapped,
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
class Listener:
    """An answer that rules subscribe to: a function that SQLAlchemy calls at these of its events."""

    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """An answer that rules subscribe to: a class or a module of the project, as it stands there."""


Judge = Callable[..., Iterator[Claim]]
"""A rule's function: the unit an answer is about, the answer, the project, and the rule's options if it has any."""
T = TypeVar("T", bound=config.Option)


def option(default: T, means: str) -> T:
    """One field of a dataclass of options: what it is unless the settings say otherwise, and what it means."""
    found: T = field(default=default, metadata={"means": means})
    return found


@dataclass(frozen=True, slots=True)
class Option:
    """What a rule can be told, as settings name it."""

    name: str
    default: config.Option
    means: str


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
    since: str = FIRST_EDITION
    preview: bool = False
    made: Callable[..., object] | None = None
    """What its options are, a dataclass."""

    @property
    def options(self) -> tuple[Option, ...]:
        """What it can be told."""
        made: Any = self.made
        told: tuple[Any, ...] = fields(made) if made is not None else ()
        return tuple(Option(one.name.replace("_", "-"), one.default, one.metadata.get("means", "")) for one in told)


_FOUND: dict[str, RuleInfo] = {}
_OWN = f"{__package__}."
_CODE = re.compile(r"(?!SQA)[A-Z]{2,}[0-9]{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BARE = frozenset({"staticmethod", "classmethod"})
"""Decorators that make no function a handler."""


def rule(
    code: str,
    *,
    on: type | tuple[type, ...],
    severity: Severity = Severity.ERROR,
    default: bool = True,
    since: str = FIRST_EDITION,
    preview: bool = False,
    options: Callable[..., object] | None = None,
) -> Callable[[Judge], Judge]:
    """Register a function as a rule: `on` are the answers that it is called with, `default` says whether it is on where
    nothing else is selected, and `since` from which edition; a `preview` must be asked for; `options` is a dataclass,
    and the rule is given one as its last argument. Raises `ValueError` for a code or name that is taken or that no rule
    can have, for an edition that there is not, and for options that settings could not state."""
    if since not in EDITIONS:
        raise ValueError(f"`{since}` is no edition")
    if options is not None:
        _check_options(options)

    def register(judge: Judge) -> Judge:
        page = Path(str(sys.modules[judge.__module__].__file__)).with_name(f"{judge.__name__}.md")
        name = judge.__name__.replace("_", "-")
        kinds = on if isinstance(on, tuple) else (on,)
        info = RuleInfo(code, name, page.parent.name, severity, default, kinds, judge, page, since, preview, options)
        if not _is_own(info):
            _check_guest(info)
        for known in _FOUND.values():
            same = judge.__module__ == known.judge.__module__ and (known.code, known.name) == (code, name)
            if not same and (known.code == code or known.name == name):
                raise ValueError(f"{judge.__module__}: {code} {name} clashes with {known.judge.__module__}")
        _FOUND[code] = info
        return judge

    return register


def _is_own(info: RuleInfo) -> bool:
    return info.judge.__module__.startswith(_OWN)


def _check_options(options: object) -> None:
    if not is_dataclass(options):
        raise ValueError(f"options must be a dataclass, not {options!r}")
    for one in fields(options):
        plain = isinstance(one.default, (bool, int, str))
        listed = isinstance(one.default, tuple) and all(isinstance(word, str) for word in one.default)
        if one.default is MISSING or not (plain or listed):
            raise ValueError(f"option `{one.name}` must have a default: a bool, int, str or tuple of str")


def _check_guest(info: RuleInfo) -> None:
    """Raises `ValueError` where somebody else's rule could not be told from ours, or would never be asked."""
    if not _CODE.fullmatch(info.code):
        raise ValueError(f"`{info.code}` must be letters of your own, not SQA, and three digits: `SHOP101`")
    if not _NAME.fullmatch(info.name):
        raise ValueError(f"`{info.name}` cannot be the name of a rule")
    answers = {Event, Commit, Opened, Stored, Handler, Provider, Listener, Defined}.union(*(one.on for one in load()))
    for kind in info.on:
        if kind not in answers:
            raise ValueError(f"`{info.name}` is on {kind!r}, which is no answer that a rule can get")


@cache
def load() -> tuple[RuleInfo, ...]:
    """All rules, by code."""
    package = importlib.import_module(__package__)
    for found in pkgutil.walk_packages(package.__path__, f"{__package__}."):
        importlib.import_module(found.name)
    return tuple(_FOUND[code] for code in sorted(_FOUND) if _is_own(_FOUND[code]))


def defined_in(module: str) -> tuple[RuleInfo, ...]:
    """The rules of a module that was imported, and of those below it, by code."""
    inside = (info for info in _FOUND.values() if f"{info.judge.__module__}.".startswith(f"{module}."))
    return tuple(sorted(inside, key=lambda info: info.code))


def page(info: RuleInfo) -> str:
    """The rule's page; of a rule that has none, which only others' may, what its function says of itself."""
    if _is_own(info) or info.page_path.is_file():
        return info.page_path.read_text(encoding="utf-8")
    said = inspect.getdoc(info.judge) or f"A rule of `{info.chapter}`, which says no more of it."
    options = f"\n## Options\n\n{listed(info)}" if info.options else ""
    return f"# {info.name} ({info.code})\n\n{said}\n{options}"


def listed(info: RuleInfo) -> str:
    """The rule's options, as its page lists them."""
    rows = ["| option | default | means |", "| --- | --- | --- |"]
    rows += [f"| `{one.name}` | `{json.dumps(one.default)}` | {one.means} |" for one in info.options]
    return "".join(f"{row}\n" for row in rows)


def _told(info: RuleInfo, settings: config.Settings) -> Judge:
    """The rule's function, with what the settings tell it."""
    if info.made is None:
        return info.judge
    said: dict[str, Any] = {}
    for word, given in settings.rules:
        if word in (info.code, info.name):
            said |= {name.replace("-", "_"): value for name, value in given}
    options = info.made(**said)
    return lambda unit, answer, project: info.judge(unit, answer, project, options)


def judge(project: Project, rules: Iterable[RuleInfo]) -> tuple[list[Claim], list[tuple[str, str]]]:
    """What the rules claim of the project, and which crashed: (rule name, what it said, on which function)."""
    from .precedence import settle

    by_answer: dict[type, list[RuleInfo]] = {}
    for info in rules:
        for kind in info.on:
            by_answer.setdefault(kind, []).append(info)
    told = {info.code: _told(info, project.settings) for kinds in by_answer.values() for info in kinds}
    claims: list[Claim] = []
    crashed: dict[str, str] = {}
    for unit in project.units:
        for answer in _answers(project, unit, by_answer):
            for info in by_answer[type(answer)]:
                try:
                    claims.extend(
                        replace(claim, code=info.code, name=info.name, severity=_milder(claim.severity, info.severity))
                        for claim in map(checked, told[info.code](unit, answer, project))
                    )
                except (Exception, SystemExit) as error:  # a rule's bug is reported as such, and the others go on
                    text = f"{type(error).__name__}: {error} (in {unit.symbol})"
                    crashed.setdefault(info.name, text)
    return settle(claims), sorted(crashed.items())


def checked(claim: object) -> Claim:
    """The claim, once it is known to be one: whoever writes rules may not check types. Raises `TypeError`."""
    if not isinstance(claim, Claim):
        raise TypeError(f"a rule yields claims, not {claim!r}")
    hops: list[object] = [*claim.trace, *(hop for _, trace in claim.ways for hop in trace)]
    texts: list[object] = [claim.symbol, claim.message, claim.label, claim.why, claim.help, claim.role, claim.entry]
    texts += [*claim.because, *claim.legs, *(leg for leg, _ in claim.ways)]
    spots: list[object] = [claim.spot]
    for hop in hops:
        if not isinstance(hop, Hop):
            raise TypeError(f"{hop!r} is no Hop")
        texts += [hop.text, hop.symbol]
        spots.append(hop.spot)
    for kind, values in (
        (str, texts),
        (Spot, spots),
        (Confidence, [claim.confidence]),
        (Severity, [claim.severity]),
        ((Recipe, type(None)), [claim.fix]),
    ):
        for value in values:
            if not isinstance(value, kind):
                raise TypeError(f"a claim has {value!r} where that cannot be")
    return claim


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
    if Cached in wanted and unit.kind == "class":
        yield from only_objects(project, unit)
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
            (Decided, summary.decided),
            (Unwrapped, summary.unwrapped),
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
            (Repeated, summary.repeated),
            (Factory, summary.factories),
            (Pool, summary.pools),
            (Stalled, (Stalled(summary.stalls),) if summary.stalls and unit.definition.is_async else ()),
        ):
            if answers and kind in wanted:
                yield from answers
    if Provider in wanted and unit.kind in ("function", "lambda"):
        dependents = project.dependents.of(unit)
        if dependents:
            yield Provider(dependents)
    if Listener in wanted and unit.kind in ("function", "lambda"):
        events = project.listeners.heard(unit)
        if events:
            yield Listener(events)
    if Cached in wanted:
        yield from cached(project, unit)
    if Handler in wanted and project.layers.may_handle(unit):
        role = project.layers.of(unit)
        top = unit.owner is not None and unit.owner.kind in ("module", "class")
        called = unit.decorators - _BARE or (top and (role.entry or not role.framework))
        if role.layer == "handler" and called and not unit.is_property:
            yield Handler(role.framework)
