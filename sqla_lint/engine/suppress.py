"""Comments that silence findings: what they cover, which of them did nothing, and what else is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqla_lint.config import nearest
from sqla_lint.engine.catalogue import EXPIRED, LETTERS, OWN, REASONLESS, UNKNOWN, UNUSED, Catalogue
from sqla_lint.model import Change, Finding, Place, Recipe, Step

KINDS = ("ignore", "fixme", "disable", "enable", "file-ignore")
_OWN_CODES = frozenset(rule.code for rule in OWN)
_SQLA = re.compile(r"#\s*sqla:\s*(?P<kind>[A-Za-z-]+)[ \t]*(?P<list>\[(?P<names>[^\]#]*)\])?(?P<rest>[^#\n]*)")
_NOQA = re.compile(
    r"#\s*noqa:\s*(?P<names>[A-Za-z]+[0-9]+(?:(?:\s*,\s*|\s+)[A-Z]+[0-9]+)*)(?P<rest>[^#\n]*)", re.IGNORECASE
)
_UNTIL = re.compile(r"\buntil\s+(\d{4}-\d{1,2}-\d{1,2})\b")
_LAST = 1 << 60
Ways = Sequence[tuple[str, tuple[Step, ...]]]
"""Of the entries that reach a finding the trace from each."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment as its file has it: where it starts, its text, and the lines it speaks about.

    `first` and `last` are the logical line it stands on or, when it is alone on its line, the next one.
    """

    path: str
    at: int
    text: str
    line: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule named by one comment. `word` is as written, at offset `at`; `code` is "" when no rule has that name;
    `ended` is where the `enable` that ends a `disable` names it, -1 where none does."""

    path: str
    at: int
    kind: str
    word: str
    code: str
    first: int
    last: int
    reason: str
    until: str
    ended: int = -1

    @property
    def of_one_line(self) -> bool:
        return self.kind in ("ignore", "fixme", "noqa")

    def covers(self, place: Place) -> bool:
        return place.path == self.path and self.first <= place.line <= self.last


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong with a suppression, before it becomes a finding."""

    code: str
    path: str
    at: int
    length: int
    message: str
    help: str
    fix: Recipe | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of the findings, how many are not, and what the comments themselves are blamed for."""

    kept: tuple[Finding, ...]
    hidden: int
    complaints: tuple[Complaint, ...]
    silent: tuple[tuple[Suppression, int], ...]
    """Each suppression that hides something, and how many findings it hides, or cuts ways to."""


def concerns_us(text: str, catalogue: Catalogue) -> bool:
    """Whether a comment can name one of the rules; most `noqa` comments speak to other linters."""
    small = text.lower()
    return any(mark in small for mark in catalogue.marks)


def read_remarks(
    remarks: Sequence[Remark], catalogue: Catalogue
) -> tuple[tuple[Suppression, ...], tuple[Complaint, ...]]:
    """Understands the comments of one file, in source order."""
    suppressions: list[Suppression] = []
    complaints: list[Complaint] = []
    for remark in remarks:
        for found in _SQLA.finditer(remark.text):
            _read_sqla(remark, found, catalogue, suppressions, complaints)
        for found in _NOQA.finditer(remark.text):
            suppressions += _named(remark, found, "noqa", catalogue)
    for suppression in suppressions:
        if not suppression.code:
            complaints.append(
                Complaint(
                    UNKNOWN,
                    suppression.path,
                    suppression.at,
                    len(suppression.word),
                    f"no rule is called `{suppression.word}`{catalogue.nearest_rule(suppression.word)}",
                    "name a rule that `sqla-lint rule --all` lists",
                )
            )
    return tuple(_close(suppressions)), tuple(complaints)


def _read_sqla(
    remark: Remark,
    found: re.Match[str],
    catalogue: Catalogue,
    suppressions: list[Suppression],
    complaints: list[Complaint],
) -> None:
    kind = found["kind"]
    at = remark.at + found.start("kind")
    if kind not in KINDS:
        close = nearest(kind, KINDS)
        if found["list"] or close:
            message = f"`{kind}` is no kind of suppression{close}"
            complaints.append(
                Complaint(UNKNOWN, remark.path, at, len(kind), message, f"write one of {', '.join(KINDS)}")
            )
    elif not (found["names"] or "").strip():
        message = f"`{kind}` names no rule"
        help_ = f"write `{kind}[rule]`: there is no form that silences everything"
        complaints.append(Complaint(UNKNOWN, remark.path, at, len(kind), message, help_))
    else:
        suppressions += _named(remark, found, kind, catalogue)


def _named(remark: Remark, found: re.Match[str], kind: str, catalogue: Catalogue) -> Iterator[Suppression]:
    rest = found["rest"]
    until = _UNTIL.search(rest)
    reason = _UNTIL.sub("", rest).strip(" \t,;:-")
    for word in re.finditer(r"[^\s,]+", found["names"]):
        if kind == "noqa" and not word[0].startswith(LETTERS) and catalogue.get(word[0]) is None:
            continue
        rule = catalogue.get(word[0])
        first, last = remark.first, remark.last
        if kind in ("disable", "enable"):
            first, last = remark.line, _LAST
        elif kind == "file-ignore":
            first, last = 1, _LAST
        yield Suppression(
            remark.path,
            remark.at + found.start("names") + word.start(),
            kind,
            word[0],
            rule.code if rule else "",
            first,
            last,
            reason,
            until[1] if until and kind == "fixme" else "",
        )


def _close(suppressions: Sequence[Suppression]) -> Iterator[Suppression]:
    """Ends each `disable` at its `enable`. An `enable` that ends nothing stays, to be reported as unused."""
    opened: dict[str, Suppression] = {}
    for suppression in suppressions:
        if suppression.kind == "disable":
            if suppression.code in opened:
                yield suppression
            else:
                opened[suppression.code] = suppression
        elif suppression.kind == "enable" and suppression.code in opened:
            begun = opened.pop(suppression.code)
            yield Suppression(
                begun.path,
                begun.at,
                begun.kind,
                begun.word,
                begun.code,
                begun.first,
                suppression.first,
                begun.reason,
                begun.until,
                suppression.at,
            )
        else:
            yield suppression
    yield from opened.values()


def without(comment: str, at: int) -> str:
    """A comment without the name that begins at an offset of it; "" where nothing is left to say. What does not name
    one of ours there stays as it is."""
    for found in (*_SQLA.finditer(comment), *_NOQA.finditer(comment)):
        first, last = found.span("names")
        if not first <= at < last:
            continue
        spans = [(first + word.start(), first + word.end()) for word in re.finditer(r"[^\s,]+", found["names"])]
        index = next((i for i, span in enumerate(spans) if span[0] == at), -1)
        if index < 0:
            break
        if len(spans) == 1:
            start, end = found.span()
        elif index + 1 < len(spans):
            start, end = at, spans[index + 1][0]
        else:
            start, end = spans[index - 1][1], spans[index][1]
        left = comment[:start] + comment[end:]
        return left.strip() if len(spans) == 1 else left
    return comment


def apply(
    findings: Iterable[Finding],
    suppressions: Sequence[Suppression],
    *,
    judged: frozenset[str],
    reported: Callable[[str], bool],
    require_reason: bool,
    today: date,
    ways: Callable[[Finding], Ways] = lambda finding: finding.ways,
) -> Verdict:
    """Hides what the suppressions cover.

    A comment on a step cuts the `ways` to a finding that pass it, and no other: where one is left, the finding is too.
    Only rules in `judged` can be called silent, so only their suppressions can be unused; only files that are
    `reported` have their comments blamed.
    """
    index = _index(suppressions)
    used: Counter[Suppression] = Counter()
    kept: list[Finding] = []
    hidden = 0
    for finding in findings:
        about = index.get(finding.code, ())
        over = [suppression for suppression in about if suppression.covers(finding.place)]
        used.update(over)
        left = None if over else _cut(finding, [one for one in about if one.of_one_line], ways, used)
        if left is None:
            hidden += 1
        else:
            kept.append(left)
    complaints = [
        complaint
        for suppression in suppressions
        if suppression.code and reported(suppression.path)
        for complaint in _complaints(suppression, suppression in used, judged, require_reason, today)
    ]
    return Verdict(tuple(kept), hidden, tuple(complaints), tuple(used.items()))


def hides(suppressions: Sequence[Suppression], finding: Finding) -> bool:
    """Whether any of the suppressions hides a finding."""
    return any(suppression.code == finding.code and suppression.covers(finding.place) for suppression in suppressions)


def _index(suppressions: Sequence[Suppression]) -> Mapping[str, list[Suppression]]:
    index: dict[str, list[Suppression]] = {}
    for suppression in suppressions:
        if suppression.code and suppression.kind != "enable":
            index.setdefault(suppression.code, []).append(suppression)
    return index


def _cut(
    finding: Finding, about: Sequence[Suppression], ways: Callable[[Finding], Ways], used: Counter[Suppression]
) -> Finding | None:
    """The finding on the ways that no comment cuts; None when there is none."""
    if not about:
        return finding
    known = dict(ways(finding)) or dict.fromkeys(finding.legs[:1], finding.trace) or {"": finding.trace}
    cut: set[str] = set()
    cutting: set[Suppression] = set()
    for leg, trace in known.items():
        over = [one for one in about if any(one.covers(step.place) for step in trace)]
        cutting.update(over)
        if over:
            cut.add(leg)
    used.update(cutting)
    if not cut:
        return finding
    legs = tuple(leg for leg in finding.legs or ("",) if leg not in cut)
    if not legs:
        return None
    trace = next((known[leg] for leg in legs if leg in known), ())
    return replace(finding, trace=trace, legs=legs, ways=tuple(way for way in finding.ways if way[0] not in cut))


def _complaints(
    suppression: Suppression, used: bool, judged: frozenset[str], require_reason: bool, today: date
) -> Iterator[Complaint]:
    path, at, length = suppression.path, suppression.at, len(suppression.word)
    shown = f"{suppression.kind}[{suppression.word}]" if suppression.kind != "noqa" else f"noqa: {suppression.word}"
    if not used and suppression.code in judged and suppression.code not in _OWN_CODES:
        message = f"`{shown}` ends nothing" if suppression.kind == "enable" else f"`{shown}` silences nothing"
        also = (str(suppression.ended),) if suppression.ended >= 0 else ()
        yield Complaint(UNUSED, path, at, length, message, "remove it", Recipe(Change.DROP_NAME, True, also))
    if require_reason and not suppression.reason and suppression.kind != "enable":
        help_ = "say after the bracket why this is right here"
        if suppression.kind == "noqa":
            help_ = f"write `# sqla: ignore[{suppression.word}]` and after it why this is right here"
        yield Complaint(REASONLESS, path, at, length, f"`{shown}` gives no reason", help_)
    if suppression.until:
        try:
            expired = date(*map(int, suppression.until.split("-"))) < today
        except ValueError:
            yield Complaint(EXPIRED, path, at, length, f"`{suppression.until}` is not a date", "write YYYY-MM-DD")
            return
        if expired:
            message = f"`{shown}` was to be gone by {suppression.until}"
            yield Complaint(EXPIRED, path, at, length, message, "mend what it silences, or move the date")
