"""Fixes of a project, pass after pass, until nothing is left to fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqla_lint.engine.run import Whole, changed
from sqla_lint.fixes.changes import replacements
from sqla_lint.fixes.files import mend
from sqla_lint.fixes.tree import Tree, tree_of
from sqla_lint.model import Edit, Finding, Report

MOST_CHECKS = 100
"""How often a project is judged anew while it is fixed."""

Choose = Callable[[Whole, Sequence[Finding]], Sequence[Finding]]
"""Which of the findings that can be fixed in a project shall be."""


def everything(whole: Whole, findings: Sequence[Finding]) -> Sequence[Finding]:
    """What is chosen where nobody is asked."""
    return findings


class Outcome(NamedTuple):
    """A project with its fixes made, in memory: what is found in it now, how many were made, the files that are other
    than they were, by path, and how many fixes were taken back because they did no good."""

    whole: Whole
    report: Report
    made: int
    files: dict[str, bytes]
    refused: int


def mend_project(
    whole: Whole, report: Report, check: Callable[[Whole], Report], *, unsafe: bool, choose: Choose = everything
) -> Outcome:
    """Makes the fixes of what is reported, the `unsafe` ones too if they are wanted, as far as `choose` takes them.
    `check` judges the project anew.

    A fix is kept if its finding is gone and there is no other instead. Nothing is done where the run itself is not to
    be trusted.
    """
    before = whole.reading.data
    mending = _Mending(check)
    made = 0
    left_alone: set[int] = set()
    while not report.errors:
        wanted = [one for one in _fixable(report, unsafe) if one.fingerprint not in mending.refused]
        chosen = choose(whole, wanted)
        left_alone = set(map(id, wanted)) - set(map(id, chosen))
        found = mending.step(whole, report, chosen)
        if found is None:
            break
        whole, report, made = found.whole, found.report, made + found.made
    useless = {id(one) for one in _fixable(report, unsafe)} - left_alone
    left = tuple(replace(one, fix=None) if id(one) in useless else one for one in report.findings)
    files = {path: data for path, data in whole.reading.data.items() if data != before[path]}
    return Outcome(
        whole, report if report.errors else replace(report, findings=left), made, files, len(mending.refused)
    )


def _fixable(report: Report, unsafe: bool) -> list[Finding]:
    return [one for one in report.findings if one.fix is not None and (one.fix.safe or unsafe)]


class _Step(NamedTuple):
    whole: Whole
    report: Report
    made: int


class _Mending:
    """`refused` are the fingerprints of findings whose fix does no good."""

    def __init__(self, check: Callable[[Whole], Report]) -> None:
        self._check = check
        self._left = MOST_CHECKS
        self.refused: set[str] = set()

    def step(self, whole: Whole, report: Report, wanted: Sequence[Finding]) -> _Step | None:
        """The project with fixes made: all that go together or, where that does harm, those of a half, or of a half of
        it. None if there are none."""
        files, made = _mended(whole, wanted)
        if not made or not self._left:
            return None
        self._left -= 1
        mended = changed(whole, files)
        after = self._check(mended)
        gone = len(report.findings) - len(after.findings)
        if not after.errors and gone >= made and not _by_function(after) - _by_function(report):
            return _Step(mended, after, made)
        if len(wanted) == 1:
            self.refused.add(wanted[0].fingerprint)
            return None
        half = len(wanted) // 2
        return self.step(whole, report, wanted[:half]) or self.step(whole, report, wanted[half:])


def _mended(whole: Whole, wanted: Sequence[Finding]) -> tuple[dict[str, bytes], int]:
    """The new bytes of the files in which fixes are made, and how many are."""
    files: dict[str, bytes] = {}
    made = 0
    for path in sorted({finding.place.path for finding in wanted}):
        fixes = (one.fix for one in wanted if one.place.path == path and one.fix is not None)
        mended = mend(whole.reading.data[path], fixes)
        if mended.made:
            files[path] = mended.data
            made += len(mended.made)
    return files, made


def _by_function(report: Report) -> Counter[tuple[str, str, str]]:
    """How often each rule speaks of each function: what tells a new finding from one that has moved."""
    return Counter((one.place.path, one.symbol, one.code) for one in report.findings)


def with_edits(report: Report, whole: Whole) -> Report:
    """The report in which each fix has its edits; one that cannot be made is none."""
    trees: dict[str, Tree | None] = {}
    return replace(report, findings=tuple(_with_edits(one, whole, trees) for one in report.findings))


def _with_edits(finding: Finding, whole: Whole, trees: dict[str, Tree | None]) -> Finding:
    fix, path = finding.fix, finding.place.path
    if fix is None:
        return finding
    if path not in trees:
        trees[path] = tree_of(whole.texts.plain(path))
    tree = trees[path]
    edits = sorted(replacements(tree, fix.recipe, fix.at)) if tree is not None else []
    if not edits:
        return replace(finding, fix=None)
    places = tuple(Edit(whole.texts.place(path, start, end), text) for start, end, text, _ in edits)
    return replace(finding, fix=replace(fix, edits=places))
