"""One run: find the files, read them, link them, judge, place, suppress, sort."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqla_lint.config import OWN_FILE, Settings
from sqla_lint.engine import baseline, entries, plugins, suppress
from sqla_lint.engine.ahead import Ahead
from sqla_lint.engine.catalogue import INTERNAL_ERROR, OWN, SYNTAX_ERROR, Catalogue, PerFile, Rule, severities
from sqla_lint.engine.discover import PROJECT_FILES, Discovery, SourceFile, discover, settle
from sqla_lint.engine.fingerprint import fingerprint, normalise
from sqla_lint.engine.outcome import Broken, Crash, read_one
from sqla_lint.engine.read import Progress, Reading, find_libcst, read_files
from sqla_lint.engine.record import Watch, digest, watch, watch_folder, watch_offers
from sqla_lint.engine.requirements import FILES as REQUIRED
from sqla_lint.engine.requirements import required
from sqla_lint.engine.texts import Texts
from sqla_lint.model import (
    Claim,
    Confidence,
    Entry,
    Finding,
    Fix,
    Hop,
    Place,
    Report,
    RunError,
    Severity,
    Silenced,
    Spot,
    Step,
)

if TYPE_CHECKING:
    from sqla_lint.engine.cache import Cache
    from sqla_lint.facts.schema import FileFacts
    from sqla_lint.project import Project
    from sqla_lint.project.modules import Module
    from sqla_lint.rules.registry import RuleInfo


LOOKED_FOR = (OWN_FILE, *sorted({*PROJECT_FILES, *REQUIRED}), ".git", ".gitignore", "__init__.py")
"""Files by which a run finds the project root, settings, packages, required versions and what is ignored."""


def no_progress(done: int, of: int) -> None:
    """What a run tells when nobody watches."""


def unheard(warning: str) -> None:
    """Where warnings go when nobody listens."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A project that was read: its files, their facts, and their texts."""

    discovery: Discovery
    files: tuple[SourceFile, ...]
    reading: Reading
    texts: Texts
    requires: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def paths(self) -> dict[str, str]:
        """The path of each module by what the project calls it: its name, with `@root` where a name is taken."""
        named: dict[str, str] = {}
        for file in self.files:
            named.setdefault(file.module, file.path)
            named.setdefault(f"{file.module}@{file.root}", file.path)
        return named

    def modules(self) -> tuple[Module, ...]:
        from sqla_lint.project.modules import Module

        facts = self.reading.facts
        return tuple(
            Module(file.module, file.root, file.path, facts[file.path]) for file in self.files if file.path in facts
        )


def may_matter(settings: Settings) -> Callable[[str], bool]:
    """Whether a file of that name can be read by a run: source, or what settings and packages are found by."""
    names = frozenset(LOOKED_FOR)
    patterns = [pattern.rpartition("/")[2] for pattern in ("*.py", *settings.include)]
    return lambda name: name in names or any(fnmatchcase(name, pattern) for pattern in patterns)


def read_project(
    root: Path,
    paths: Sequence[Path],
    settings: Settings,
    *,
    jobs: int = 1,
    warn: Callable[[str], None] = unheard,
    progress: Progress = no_progress,
    cache: Cache | None = None,
    executor: Callable[[], Executor] | None = None,
    ahead: Ahead | None = None,
    unsaved: Mapping[str, bytes] = MappingProxyType({}),
) -> Whole:
    """Reads every file of the project that `paths` belong to, as far as `cache` does not remember it.

    `unsaved` has texts, by path from the root, that are read in place of files, which need not be there.
    """
    discovery = discover(root, paths, settings, warn, unsaved)
    reading = read_files(root, discovery.files, jobs, progress, cache, executor, ahead, unsaved)
    files = discovery.files
    if not settings.src:
        files = settle(files, {path: _imported(facts) for path, facts in reading.facts.items()})
    return Whole(discovery, files, reading, Texts(reading.data), required(root, settings), entries.entry_points(root))


def _imported(facts: FileFacts) -> Iterator[str]:
    for item in facts.header.imports:
        if not item.level:
            yield item.module
            if item.name and item.name != "*":
                yield f"{item.module}.{item.name}"


def changed(whole: Whole, data: Mapping[str, bytes]) -> Whole:
    """The project as it is when some of its files, by path, have other bytes than those that were read."""
    before = whole.reading
    packages = {file.path: file.package for file in whole.files}
    read = {path: read_one(content, packages[path]) for path, content in data.items()}
    same = {path: facts for path, facts in before.facts.items() if path not in data}
    reading = replace(
        before,
        data={**before.data, **data},
        facts=same | {path: facts for path, facts in read.items() if not isinstance(facts, (Broken, Crash))},
        broken=before.broken | {path: facts for path, facts in read.items() if isinstance(facts, Broken)},
        crashed=before.crashed | {path: facts for path, facts in read.items() if isinstance(facts, Crash)},
    )
    return replace(whole, reading=reading, texts=Texts(reading.data))


def link(whole: Whole, settings: Settings, cache: Cache | None = None) -> Project:
    """The project floor's view of what was read."""
    from sqla_lint.engine.link import link as link_modules

    return link_modules(whole.modules(), settings, cache, whole.requires, whole.entries)


def load_catalogue() -> Catalogue:
    """All rules there are: ours, and those of the plugins of this run."""
    return Catalogue(_rules())


def _rules() -> tuple[RuleInfo, ...]:
    from sqla_lint.rules import registry

    return (*registry.load(), *plugins.used().rules)


def page(code: str) -> str:
    """The text of a rule's page. The engine's own rules have theirs in the chapter `linter`."""
    from sqla_lint.rules import registry

    for info in _rules():
        if info.code == code:
            return registry.page(info)
    own = next(rule for rule in OWN if rule.code == code)
    path = Path(registry.__file__).parent / own.chapter / f"{own.name.replace('-', '_')}.md"
    return path.read_text("utf-8")


def judge(project: Project, rules: Sequence[Rule]) -> tuple[list[Claim], list[tuple[str, str]]]:
    """What the rules claim, and which rules crashed, with the message."""
    from sqla_lint.rules import registry

    wanted = {rule.code for rule in rules}
    with redirect_stdout(sys.stderr):  # whatever rules of others print, it is no part of a report
        return registry.judge(project, [info for info in _rules() if info.code in wanted])


def check(
    root: Path,
    paths: Sequence[Path],
    settings: Settings,
    *,
    jobs: int = 1,
    today: date | None = None,
    warn: Callable[[str], None] = unheard,
    progress: Progress = no_progress,
) -> Report:
    """Checks the project at `root` and reports what is found in `paths`."""
    whole = read_project(root, paths, settings, jobs=jobs, warn=warn, progress=progress)
    return check_whole(whole, settings, today)


def check_whole(
    whole: Whole,
    settings: Settings,
    today: date | None = None,
    cache: Cache | None = None,
    known: Sequence[Entry] | None = None,
    *,
    through: bool = False,
) -> Report:
    """Checks a project that was read, with what `cache` remembers of it; what is `known` is not reported again, and
    what stands elsewhere is where a trace of it goes `through` a file that is reported on."""
    return check_linked(whole, settings, today, cache, known, through=through)[0]


def check_linked(
    whole: Whole,
    settings: Settings,
    today: date | None = None,
    cache: Cache | None = None,
    known: Sequence[Entry] | None = None,
    *,
    through: bool = False,
) -> tuple[Report, Project]:
    """The same, with the project that was linked for it."""
    catalogue = load_catalogue()
    on = [choice.rule for choice in catalogue.choices(settings) if choice.on]
    from sqla_lint.syntax.room import collector_paused

    with collector_paused():
        project = link(whole, settings, cache)
        claims, crashed = judge(project, on)
    report = _Reporting(whole, catalogue, settings, frozenset(rule.code for rule in on), known, through).report(
        claims, crashed, today or date.today()
    )
    unread = tuple(RunError("", f"could not be understood: {problem}") for problem in project.problems)
    unread += tuple(RunError("", trouble) for trouble in plugins.used().troubles)
    return (replace(report, errors=(*report.errors, *unread)) if unread else report), project


def rests_on(whole: Whole, root: Path, paths: Sequence[Path], files: Iterable[Path], began: int) -> list[Watch]:
    """Everything that a check of `paths` looked at: what it read, `files` with settings, where settings and source
    roots were looked for, plugins, and the linter itself. Empty if some of it has changed since the check `began`."""
    import sqla_lint

    listed = {one[1] for one in whole.discovery.folders}
    watches = list(whole.discovery.folders)
    for path, data in whole.reading.data.items():
        watches.append(("file", os.path.join(root, path), whole.reading.stamps[path], digest(data)))
    folders = {os.path.dirname(os.path.abspath(os.path.join(root, path))) for path in whole.reading.data}
    installed = os.path.dirname(os.path.dirname(find_libcst()))
    plugged, files_of_plugins = plugins.rests_on(root)
    watches += [watch_folder(folder) for folder in sorted({*(folders - listed), installed})]
    watches += [watch_offers(folder) for folder in sorted(plugged)]
    single = {os.path.join(folder, ".gitignore") for folder in listed}
    single |= {os.path.abspath(file) for file in entries.files(root)}
    for given in (root, *paths):
        start = Path(os.path.abspath(given))
        single |= {str(above / name) for above in (start, *start.parents) for name in LOOKED_FOR}
    own = Path(sqla_lint.__file__).parent
    single |= {os.path.abspath(file) for file in files} | files_of_plugins
    single |= {str(file) for file in own.rglob("*") if file.suffix in (".py", ".md")}
    looked_for = list(map(watch, sorted(single)))
    if any(max(mark[1:3]) >= began for _, _, mark, _ in looked_for):
        return []
    return [*watches, *looked_for]


class _Reporting:
    def __init__(
        self,
        whole: Whole,
        catalogue: Catalogue,
        settings: Settings,
        on: frozenset[str],
        known: Sequence[Entry] | None,
        through: bool,
    ):
        self.whole = whole
        self.known = known
        self.through = through
        self.texts = whole.texts
        self.catalogue = catalogue
        self.settings = settings
        self.on = on
        self.severities = severities(catalogue, settings.severity)
        self.per_file = PerFile(catalogue, settings.per_file_ignores)
        self.paths = whole.paths()
        self.ways: dict[tuple[str, Place], Claim] = {}

    def report(self, claims: Iterable[Claim], crashed: Sequence[tuple[str, str]], today: date) -> Report:
        whole = self.whole
        reported = whole.discovery.reported.__contains__
        placed, misplaced = self._all_placed(claims)
        crashed = [*crashed, *misplaced]
        findings = [*self._numbered(self._best(placed)), *self._unread()]
        broken_rules = {name for name, _ in crashed}
        judged = frozenset(code for code in self.on if self.catalogue[code].name not in broken_rules)
        remarks, misread = self._suppressions()
        verdict = suppress.apply(
            findings,
            remarks,
            judged=judged,
            reported=reported,
            require_reason=self.settings.require_reason,
            today=today,
            ways=self._ways_to,
        )
        complaints = [c for c in (*misread, *verdict.complaints) if reported(c.path)]
        blamed = self._numbered(map(self._blame, complaints))
        errors = [*whole.discovery.errors, *whole.reading.errors]
        errors += [
            RunError(path, f"could not be read: {crash.message}") for path, crash in whole.reading.crashed.items()
        ]
        errors += [RunError("", f"the rule `{name}` crashed: {message}") for name, message in crashed]
        seen = [
            *verdict.kept,
            *(finding for finding in blamed if not suppress.hides(remarks, finding)),
            *(self._about_run(".", f"the rule `{name}` crashed: {message}") for name, message in crashed),
        ]
        wanted = list(filter(self._is_wanted, seen))
        compared = baseline.compare(wanted, self.known or (), self.texts.readable)
        kept = sorted((self._turned(finding) for finding in compared.new if self._is_shown(finding)), key=_order)
        mentioned = {place.path for finding in kept for place in _places(finding)}
        return Report(
            findings=tuple(kept),
            errors=tuple(sorted(errors, key=lambda error: (error.path, error.message))),
            files=len(
                whole.discovery.reported | ({finding.place.path for finding in kept} & whole.reading.data.keys())
            ),
            suppressed=verdict.hidden,
            silenced=tuple(sorted(self._silenced(*row) for row in verdict.silent if reported(row[0].path))),
            known=sum(map(self._is_shown, compared.known)),
            stale=tuple(self._mended(compared.gone)),
            sources={path: self.texts.readable(path) for path in sorted(mentioned) if path in whole.reading.data},
            dated=any(remark.until for remark in remarks),
        )

    def _is_wanted(self, finding: Finding) -> bool:
        if finding.code == INTERNAL_ERROR and finding.place.path == ".":
            return True
        return (
            finding.code in self.on
            and finding.confidence >= self.settings.min_confidence
            and not self.per_file.ignores(finding.place.path, finding.code)
        )

    def _is_shown(self, finding: Finding) -> bool:
        place = finding.place.path
        if place in self.whole.discovery.reported or (finding.code == INTERNAL_ERROR and place == "."):
            return True
        return self.through and any(map(self._passes, _traces(finding)))

    def _passes(self, steps: Sequence[Step]) -> bool:
        return any(step.place.path in self.whole.discovery.reported for step in steps)

    def _turned(self, finding: Finding) -> Finding:
        """A finding that is shown for a trace that goes through what is reported on, with that trace."""
        if not self.through or finding.place.path in self.whole.discovery.reported:
            return finding
        return replace(finding, trace=next(filter(self._passes, _traces(finding)), finding.trace))

    def _mended(self, gone: Iterable[Entry]) -> Iterator[Entry]:
        """The entries whose finding a run of these rules over these files would report if it were there."""
        elsewhere = {file.path for file in self.whole.discovery.files} - self.whole.discovery.reported
        for entry in gone:
            rule = self.catalogue.get(entry.rule)
            if (rule is None or rule.code in self.on) and entry.path not in elsewhere:
                yield entry

    def _all_placed(self, claims: Iterable[Claim]) -> tuple[list[tuple[str, Finding]], list[tuple[str, str]]]:
        """The findings, and the rules that claim something of a place that is not there."""
        placed: list[tuple[str, Finding]] = []
        lost: dict[str, str] = {}
        for claim in claims:
            try:
                placed.append(self._placed(claim))
            except (LookupError, ValueError) as error:
                lost.setdefault(claim.name, f"{type(error).__name__}: {error} (in {claim.symbol})")
        return placed, sorted(lost.items())

    def _placed(self, claim: Claim) -> tuple[str, Finding]:
        path, start, end = self._range(claim.spot)
        ways = claim.ways if self.known is not None or self.through else ()
        place = self.texts.place(path, start, end)
        self.ways[claim.code, place] = claim
        finding = Finding(
            claim.code,
            claim.name,
            place,
            claim.symbol,
            claim.message,
            self.severities.get(claim.code, claim.severity),
            claim.confidence,
            "",
            claim.label,
            claim.why,
            claim.help,
            claim.role,
            claim.entry,
            claim.because,
            self._steps(claim.trace, claim.spot),
            claim.legs,
            tuple((leg, self._steps(trace, claim.spot)) for leg, trace in ways),
            Fix(claim.fix, claim.spot.at) if claim.fix is not None else None,
        )
        return normalise(self.texts.plain(path)[start:end]), finding

    def _ways_to(self, finding: Finding) -> suppress.Ways:
        """The trace from each entry that reaches a finding, placed only where somebody asks."""
        claim = self.ways.get((finding.code, finding.place))
        if claim is None:
            return ()
        return [(leg, self._steps(trace, claim.spot)) for leg, trace in claim.ways]

    def _steps(self, trace: tuple[Hop, ...], spot: Spot) -> tuple[Step, ...]:
        main = max((i for i, hop in enumerate(trace) if hop.spot == spot), default=-1)
        return tuple(
            Step(self.texts.place(*self._range(hop.spot)), hop.text, hop.symbol, index == main)
            for index, hop in enumerate(trace)
        )

    def _range(self, spot: Spot) -> tuple[str, int, int]:
        path = self.paths[spot.module]
        return (path, *self.texts.reach(path, spot.at, spot.extent))

    def _best(self, placed: Iterable[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
        """One finding for each rule and place: the surest, then the one with the shortest trace."""
        best: dict[tuple[str, Place], tuple[str, Finding]] = {}
        for node, finding in placed:
            key = finding.code, finding.place
            if key not in best or _rank(finding) < _rank(best[key][1]):
                best[key] = node, finding
        return iter(best.values())

    def _numbered(self, placed: Iterable[tuple[str, Finding]]) -> Iterator[Finding]:
        """Gives each finding its fingerprint."""
        seen: Counter[tuple[str, str, str, str]] = Counter()
        for node, finding in sorted(placed, key=lambda pair: _order(pair[1])):
            key = finding.place.path, finding.name, finding.symbol, node
            yield replace(finding, fingerprint=fingerprint(finding.name, finding.symbol, node, seen[key]))
            seen[key] += 1

    def _unread(self) -> Iterator[Finding]:
        for path, broken in self.whole.reading.broken.items():
            place, line = _shown(path, broken, self.texts.readable(path))
            yield self._own(SYNTAX_ERROR, place, normalise(line), broken.message)
        for path, crash in self.whole.reading.crashed.items():
            yield self._about_run(path, f"could not be read: {crash.message}")

    def _about_run(self, path: str, message: str) -> Finding:
        return self._own(INTERNAL_ERROR, Place(path, 1, 1, 1, 1), message, message)

    def _own(self, code: str, place: Place, node: str, message: str) -> Finding:
        rule = self.catalogue[code]
        mark = fingerprint(rule.name, "", node, 0)
        return Finding(code, rule.name, place, "", message, self._severity(rule), Confidence.CERTAIN, mark)

    def _severity(self, rule: Rule) -> Severity:
        return self.severities.get(rule.code, rule.severity)

    def _suppressions(self) -> tuple[list[suppress.Suppression], list[suppress.Complaint]]:
        understood: list[suppress.Suppression] = []
        misread: list[suppress.Complaint] = []
        for file in self.whole.discovery.files:
            facts = self.whole.reading.facts.get(file.path)
            if facts is None or not facts.comments:
                continue
            spoken = [comment for comment in facts.comments if suppress.concerns_us(comment.text, self.catalogue)]
            remarks = [self._remark(file.path, comment.at, comment.text) for comment in spoken]
            suppressions, complaints = suppress.read_remarks(remarks, self.catalogue)
            understood += suppressions
            misread += complaints
        return understood, misread

    def _remark(self, path: str, at: int, text: str) -> suppress.Remark:
        source = self.texts[path]
        plain = self.texts.plain(path)
        line, column = source.position(at)
        subject = at
        if not plain[at - column + 1 : at].strip():
            subject = _next_code(plain, at)
        first, last = source.logical_line(subject)
        return suppress.Remark(path, at, text, line, min(first, line), max(last, line))

    def _silenced(self, by: suppress.Suppression, findings: int) -> Silenced:
        place = self.texts.place(by.path, by.at, by.at + len(by.word))
        return Silenced(place, self.catalogue[by.code].name, by.kind, by.reason, by.until, findings)

    def _blame(self, complaint: suppress.Complaint) -> tuple[str, Finding]:
        rule = self.catalogue[complaint.code]
        place = self.texts.place(complaint.path, complaint.at, complaint.at + complaint.length)
        symbol = self._symbol(complaint.path, complaint.at)
        word = self.texts.plain(complaint.path)[complaint.at : complaint.at + complaint.length]
        return word, Finding(
            rule.code,
            rule.name,
            place,
            symbol,
            complaint.message,
            self._severity(rule),
            Confidence.CERTAIN,
            "",
            help=complaint.help,
            fix=Fix(complaint.fix, complaint.at) if complaint.fix is not None else None,
        )

    def _symbol(self, path: str, at: int) -> str:
        from sqla_lint.facts import store

        facts = self.whole.reading.facts[path]
        around = [
            definition.qualname
            for definition, places in zip(facts.header.definitions, store.places(facts), strict=True)
            if places.offsets[0] <= at <= places.end
        ]
        return around[-1] if around else ""


def _shown(path: str, broken: Broken, text: str) -> tuple[Place, str]:
    """Where to show a syntax error, and the line: the end of the text is shown as the end of its last line."""
    lines = text.rstrip().splitlines() or [""]
    if broken.line > len(lines):
        return Place(path, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2), lines[-1]
    return Place(path, broken.line, broken.column, broken.line, broken.column + 1), lines[broken.line - 1]


def _next_code(text: str, at: int) -> int:
    """The offset of the next line with code after the comment at `at`, or of the comment when there is none."""
    end = at
    while (end := text.find("\n", end)) >= 0:
        end += 1
        line_end = text.find("\n", end)
        line = text[end : line_end if line_end >= 0 else len(text)]
        if line.strip() and not line.lstrip().startswith("#"):
            return end + len(line) - len(line.lstrip())
    return at


def _places(finding: Finding) -> Iterator[Place]:
    """Everything that is said to be somewhere."""
    yield finding.place
    for steps in _traces(finding):
        yield from (step.place for step in steps)


def _traces(finding: Finding) -> Iterator[tuple[Step, ...]]:
    """The trace of a finding, and those from its other legs."""
    yield finding.trace
    yield from (way for _, way in finding.ways)


def _order(finding: Finding) -> tuple[Place, str, str, str]:
    return finding.place, finding.code, finding.symbol, finding.message


def _rank(finding: Finding) -> tuple[int, int, tuple[Place, str, str, str]]:
    return -finding.confidence, len(finding.trace), _order(finding)
