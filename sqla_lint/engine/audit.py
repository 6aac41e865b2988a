"""An audit: a report and the project behind it, counted and grouped for a look at the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from sqla_lint.engine.audited import Audit, Cause, Heat, Tally, Unseen
from sqla_lint.engine.budget import budget
from sqla_lint.engine.catalogue import SYNTAX_ERROR, Catalogue
from sqla_lint.engine.ownership import ownership
from sqla_lint.model import Confidence, Finding, Place, Report, Severity, Spot

if TYPE_CHECKING:
    from sqla_lint.config import Settings
    from sqla_lint.engine.run import Whole
    from sqla_lint.project import Project

_TOLD = ("sqlalchemy", "sqlmodel", "alembic", "fastapi", "flask", "litestar")


def audit(
    whole: Whole,
    project: Project,
    report: Report,
    catalogue: Catalogue,
    settings: Settings,
    *,
    name: str,
    configured: bool,
) -> Audit:
    """Everything that the reports of an audit tell."""
    paths = whole.paths()

    def place_of(spot: Spot) -> Place:
        path = paths[spot.module]
        return whole.texts.place(path, *whole.texts.reach(path, spot.at, spot.extent))

    lines = {
        path: whole.reading.data[path].count(b"\n")
        for path in sorted(whole.discovery.reported)
        if path in whole.reading.data
    }
    causes = _causes(report.findings)
    return Audit(
        name,
        report.files,
        sum(lines.values()),
        tuple((library, whole.requires[library]) for library in _TOLD if library in whole.requires),
        report.findings,
        _tallies(report.findings, causes, catalogue),
        tuple(cause for cause in causes if len(cause.findings) > 1 or cause.callers > 1),
        _heat(report.findings, lines, str),
        _heat(report.findings, lines, lambda path: str(PurePosixPath(path).parent)),
        ownership(project, place_of, whole.discovery.reported.__contains__),
        _unseen(whole, project, report, catalogue, settings),
        report.suppressed,
        report.silenced,
        report.errors,
        configured,
        budget(project, place_of),
        report.sources,
    )


def effect(finding: Finding) -> tuple[Place, str, str]:
    """Where a finding goes wrong in the end, in which function, and what happens there: its trace's last step."""
    if not finding.trace:
        return finding.place, finding.symbol, finding.message
    last = finding.trace[-1]
    return last.place, last.symbol, finding.message if last.place == finding.place else last.text


def _causes(findings: Sequence[Finding]) -> list[Cause]:
    """Findings by the place where they go wrong, most first."""
    groups: dict[tuple[str, int, int], list[int]] = {}
    for index, finding in enumerate(findings):
        place = effect(finding)[0]
        groups.setdefault((place.path, place.line, place.column), []).append(index)
    found = []
    for indexes in groups.values():
        members = [findings[index] for index in indexes]
        place, symbol, text = effect(members[0])
        callers = {leg for one in members for leg in one.legs}
        rules = tuple(sorted({one.name for one in members}))
        found.append(Cause(place, symbol, text, rules, len(callers), tuple(indexes)))
    return sorted(found, key=lambda one: (-len(one.findings), -one.callers, one.place))


def _tallies(findings: Sequence[Finding], causes: Sequence[Cause], catalogue: Catalogue) -> tuple[Tally, ...]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.code, []).append(finding)
    roots = Counter(code for cause in causes for code in {findings[index].code for index in cause.findings})
    found = []
    for code, members in by_rule.items():
        sure = Counter(one.confidence for one in members)
        worst = min(members, key=lambda one: (-one.severity.weight, -one.confidence, -len(one.legs), one.place))
        found.append(
            Tally(
                code,
                members[0].name,
                catalogue[code].chapter,
                max((one.severity for one in members), key=lambda one: one.weight),
                catalogue[code].default,
                sure[Confidence.CERTAIN],
                sure[Confidence.LIKELY],
                sure[Confidence.POSSIBLE],
                len({one.place.path for one in members}),
                roots[code],
                worst.place,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.severity.weight, not one.default, -one.findings, one.code)))


def _heat(findings: Iterable[Finding], lines: dict[str, int], folder: Callable[[str], str]) -> tuple[Heat, ...]:
    """Findings and lines of each folder, or file, that has findings; the worst first."""
    counts: dict[str, Counter[Severity]] = {}
    for finding in findings:
        counts.setdefault(folder(finding.place.path), Counter())[finding.severity] += 1
    sizes: Counter[str] = Counter()
    for path, count in lines.items():
        sizes[folder(path)] += count
    heats = [
        Heat(path, by[Severity.ERROR], by[Severity.WARNING], by[Severity.INFO], sizes[path])
        for path, by in counts.items()
    ]
    return tuple(sorted(heats, key=lambda one: (-one.findings, -one.errors, one.path)))


def _unseen(whole: Whole, project: Project, report: Report, catalogue: Catalogue, settings: Settings) -> Unseen:
    from sqla_lint.engine import plugins
    from sqla_lint.project import describe
    from sqla_lint.rules import registry

    calls = describe.calls(project)
    occurring = registry.occurring(project)
    choices = catalogue.choices(settings)
    on = {choice.rule.code for choice in choices if choice.on}
    idle = (
        info.name
        for info in (*registry.load(), *plugins.used().rules)
        if info.code in on and occurring.isdisjoint(info.on)
    )
    units = project.names.units
    return Unseen(
        calls.known,
        tuple(sorted(calls.unknown.items(), key=lambda row: (-row[1], row[0]))),
        tuple(sorted({finding.place.path for finding in report.findings if finding.code == SYNTAX_ERROR})),
        tuple(sorted(units[key].symbol for key in project.summaries.capped)),
        tuple(sorted(idle)),
        tuple((choice.rule.name, choice.because) for choice in choices if not choice.on),
    )


class Advice(NamedTuple):
    """What to do next: a command, and why."""

    command: str
    why: str


def advice(audit: Audit) -> tuple[Advice, ...]:
    """What to do next, the first thing first."""
    steps = []
    if not audit.configured:
        steps.append(Advice("sqla-lint init", "writes what it found of your layers into settings, for you to correct"))
    first = start_with(audit)
    if first is not None:
        sure = f"{first.certain} certain" if first.certain else f"{first.findings}"
        places = "place" if first.causes == 1 else "places"
        steps.append(
            Advice(f"sqla-lint rule {first.name}", f"the rule to start with: {sure}, mended at {first.causes} {places}")
        )
        steps.append(Advice(f"sqla-lint trace {first.worst.path}:{first.worst.line}", "why it thinks so, at one line"))
    if audit.findings:
        steps.append(Advice("sqla-lint baseline create", "accepts what there is today; only new findings fail then"))
    return tuple(steps)


def start_with(audit: Audit) -> Tally | None:
    """The rule to begin with: of those on by default the worst, and of these the one that is surest most often."""
    ours = [one for one in audit.rules if one.chapter != "linter"]
    return min(
        ours,
        key=lambda one: (
            not one.default,
            -one.severity.weight,
            -one.certain,
            -one.likely,
            one.causes,
            one.code,
        ),
        default=None,
    )
