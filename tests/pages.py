"""A rule's page as tests see it: a title, an introduction, cases that are small projects, closing sections.

A heading whose text holds a Python or TOML block is a case. Its blocks form one project, from nothing:

* a line that is only `` `app/audit.py`: `` names the file of the next block (otherwise `app/example.py`);
* `# error: SQA201` or `# error: SQA201 "text"` ends a line on which exactly this finding starts;
* `# trace: 2` ends a line on which step 2 of a finding's trace lands;
* a `toml` block holds the settings of the case;
* a `diff` block holds the lines that all fixes together take away (`-`) and put there (`+`).

Marks are cut off before the linter reads the file, so that it sees what a reader would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqla_lint.model import Finding

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "sqla_lint" / "rules"
UNSHIPPED = ROOT / "fixtures" / "rules"
DEFAULT_PATH = "app/example.py"

_TITLE = re.compile(r"# (?P<name>[a-z][a-z-]*) \((?P<code>SQA\d{3})\)")
_HEADING = re.compile(r"(?P<level>#{1,6}) (?P<text>.+)")
_FENCE = re.compile(r"(?P<ticks>`{3,})(?P<language>[a-z]*)")
_PATH = re.compile(r"`(?P<path>[^`\s]+)`:")
_FIRST_MARK = re.compile(r"\s*# (?:error|trace):")
_MARK = re.compile(r'# (?:error: (?P<code>SQA\d{3})(?: "(?P<text>[^"]+)")?|trace: (?P<step>[1-9]\d*))\s*')


class PageError(Exception):
    """The page itself is wrong: who wrote it must act, at the line the message names."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One expected finding: where it starts, and a text its message contains ("" for any)."""

    path: str
    line: int
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.code}" + (f' "{self.text}"' if self.text else "")


@dataclass(frozen=True, slots=True)
class TraceMark:
    """One expected step of a trace, counted from 1."""

    path: str
    line: int
    step: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} step {self.step} of the trace"


@dataclass(frozen=True, slots=True)
class Case:
    """One project of a page: its files without marks, and what is expected of them."""

    rule: str
    heading: str
    line: int
    files: dict[str, str]
    marks: tuple[Mark, ...]
    trace: tuple[TraceMark, ...]
    settings: str
    diff: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return not self.marks

    def write(self, root: Path) -> None:
        for path, text in self.files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Page:
    """A page, cut into what its laws speak about."""

    path: Path
    name: str
    code: str
    introduction: str
    cases: tuple[Case, ...]
    sections: dict[str, str]

    def case(self, heading: str) -> Case:
        """The case under a heading; a proof that names a heading which is gone must fail."""
        for case in self.cases:
            if case.heading == heading:
                return case
        raise PageError(f"{self.path.name} has no case {heading!r}")


@dataclass(slots=True)
class _Draft:
    heading: str
    line: int
    files: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    trace: list[TraceMark] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    diff: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)


def read_page(path: Path) -> Page:
    """The page at a path; its rule is the title's."""
    return parse_page(path, path.read_text(encoding="utf-8"))


def parse_page(path: Path, text: str) -> Page:
    lines = text.splitlines()
    title = _TITLE.fullmatch(lines[0]) if lines else None
    if title is None:
        raise PageError(f"{path.name}:1: the title must read `# rule-name (SQA123)`")
    drafts = list(_drafts(path, lines[1:], title["name"]))
    _refuse_twins(path, drafts)
    return Page(
        path=path,
        name=title["name"],
        code=title["code"],
        introduction="\n".join(drafts[0].prose).strip(),
        cases=tuple(_finished(draft, title["name"]) for draft in drafts if draft.files or draft.settings),
        sections={draft.heading: "\n".join(draft.prose).strip() for draft in drafts[1:]},
    )


def _refuse_twins(path: Path, drafts: Sequence[_Draft]) -> None:
    seen: set[str] = set()
    for draft in drafts:
        if draft.heading in seen:
            raise PageError(f"{path.name}:{draft.line}: a second heading {draft.heading!r}")
        seen.add(draft.heading)


def _finished(draft: _Draft, rule: str) -> Case:
    return Case(
        rule=rule,
        heading=draft.heading,
        line=draft.line,
        files=draft.files,
        marks=tuple(draft.marks),
        trace=tuple(draft.trace),
        settings="".join(draft.settings),
        diff=tuple(draft.diff),
    )


def _drafts(path: Path, lines: Sequence[str], name: str) -> Iterator[_Draft]:
    draft = _Draft(name, 1)
    announced = ""
    numbered = iter(enumerate(lines, start=2))
    for number, line in numbered:
        if fence := _FENCE.fullmatch(line):
            block = _block(path, number, fence["ticks"], numbered)
            _put(path, number, draft, fence["language"], block, announced)
            announced = ""
        elif announced and line.strip():
            raise PageError(f"{path.name}:{number}: `{announced}`: is not followed by a block")
        elif heading := _HEADING.fullmatch(line):
            yield draft
            draft = _Draft(heading["text"], number)
        elif named := _PATH.fullmatch(line):
            announced = named["path"]
        else:
            draft.prose.append(line)
    if announced:
        raise PageError(f"{path.name}: `{announced}`: is not followed by a block")
    yield draft


def _block(path: Path, start: int, ticks: str, numbered: Iterator[tuple[int, str]]) -> list[str]:
    block: list[str] = []
    for _, line in numbered:
        if line == ticks:
            return block
        block.append(line)
    raise PageError(f"{path.name}:{start}: this block is never closed")


def _put(page: Path, number: int, draft: _Draft, language: str, block: list[str], announced: str) -> None:
    if language == "toml" and not announced:
        draft.settings.extend(f"{line}\n" for line in block)
    if language == "diff" and not announced:
        draft.diff.extend(block)
    if language != "python" and not announced:
        return
    path = announced or DEFAULT_PATH
    if path in draft.files:
        raise PageError(f"{page.name}:{number}: the case has {path} twice")
    bare = []
    for line_number, line in enumerate(block, start=1):
        first = _FIRST_MARK.search(line)
        if first is None:
            bare.append(line)
            continue
        bare.append(line[: first.start()])
        for mark in _marks(page, number + line_number, line[first.start() :].strip()):
            if mark["step"]:
                draft.trace.append(TraceMark(path, line_number, int(mark["step"])))
            else:
                draft.marks.append(Mark(path, line_number, mark["code"], mark["text"] or ""))
    draft.files[path] = "".join(f"{line}\n" for line in bare)


def _marks(page: Path, number: int, rest: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(rest):
        mark = _MARK.match(rest, at)
        if mark is None:
            raise PageError(f"{page.name}:{number}: not a mark: {rest[at:]!r}")
        yield mark
        at = mark.end()


def disagreements(case: Case, findings: Sequence[Finding]) -> list[str]:
    """What is expected and not found, or found and not expected: one sentence each."""
    unmet = sorted(case.marks, key=lambda mark: not mark.text)
    told = []
    for finding in findings:
        mark = next((mark for mark in unmet if _meets(finding, mark)), None)
        if mark is None:
            place = f"{finding.place.path}:{finding.place.line}"
            told.append(f"not expected: {place} {finding.code} ({finding.confidence.word}): {finding.message}")
        else:
            unmet.remove(mark)
    told.extend(f"expected, not found: {mark}" for mark in unmet)
    steps = {(step.place.path, step.place.line, at) for f in findings for at, step in enumerate(f.trace, start=1)}
    missed = [mark for mark in case.trace if (mark.path, mark.line, mark.step) not in steps]
    told.extend(f"expected, not found: {mark}" for mark in missed)
    if missed:
        told.extend(f"trace of {f.code}: {_trace(f)}" for f in findings)
    return told


def _meets(finding: Finding, mark: Mark) -> bool:
    here = (finding.place.path, finding.place.line, finding.code) == (mark.path, mark.line, mark.code)
    return here and mark.text in finding.message


def _trace(finding: Finding) -> str:
    steps = enumerate(finding.trace, start=1)
    return "; ".join(f"{at} {step.place.path}:{step.place.line} {step.text}" for at, step in steps) or "none"


def pages() -> list[Page]:
    """All shipped pages, by code."""
    return sorted((read_page(path) for path in SHIPPED.glob("*/*.md")), key=lambda page: page.code)


def extra_pages() -> list[Page]:
    """Pages of more cases, which are not shipped and say nothing but cases."""
    return [read_page(path) for path in sorted(UNSHIPPED.glob("*/*.md"))]
