"""Fixes hold what they promise on every case of every page, and in files of any kind."""

from __future__ import annotations

import ast
import codecs
import difflib
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sqla_lint.config import OWN_FILE, Settings, load
from sqla_lint.engine.run import Whole, check_whole, read_project
from sqla_lint.fixes.files import mend, store
from sqla_lint.fixes.passes import mend_project, with_edits
from sqla_lint.model import Change, Finding, Fix, Recipe, Report
from tests.pages import ROOT, Case, Page, extra_pages, pages

PAGES = [*pages(), *extra_pages()]
CASES = [(page, case) for page in PAGES for case in page.cases if not case.right]
TOLD = [(page, case) for page, case in CASES if case.diff]


def settings_of(page: Page, case: Case, root: Path) -> Settings:
    """The settings of a case, with the default rules and the page's own."""
    (root / OWN_FILE).write_text(case.settings, encoding="utf-8")
    settings = load([root]).settings
    return settings if settings.select != Settings().select else replace(settings, extend_select=(page.code,))


class Laid:
    """A case that lies in a folder and was checked."""

    def __init__(self, page: Page, case: Case, root: Path, encoded: str = "plain") -> None:
        self.page = page
        self.case = case
        self.name = f"{page.name}: {case.heading}"
        for path, text in case.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(KINDS[encoded](text) if path.endswith(".py") else text.encode())
        self.settings = settings_of(page, case, root)
        self.whole = read_project(root, [root], self.settings)
        self.report = self.check(self.whole)

    def check(self, whole: Whole) -> Report:
        return check_whole(whole, self.settings)

    @property
    def fixable(self) -> list[Finding]:
        return [finding for finding in self.report.findings if finding.fix is not None]

    def mend(self, *, unsafe: bool = True) -> tuple[Whole, Report, dict[str, bytes]]:
        outcome = mend_project(self.whole, self.report, self.check, unsafe=unsafe)
        return outcome.whole, outcome.report, outcome.files


def _latin(text: str) -> bytes:
    return ("# -*- coding: latin-1 -*-\n# caf\xe9\n" + text).encode("latin-1", "replace")


KINDS: dict[str, Callable[[str], bytes]] = {
    "plain": lambda text: text.encode(),
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "marked": lambda text: codecs.BOM_UTF8 + text.encode(),
    "latin": _latin,
    "without a last line break": lambda text: text.rstrip("\n").encode(),
}


def ids(cases: list[tuple[Page, Case]]) -> list[str]:
    return [f"{case.rule}: {case.heading}" for _, case in cases]


def by_function(report: Report) -> Counter[tuple[str, str, str]]:
    return Counter((one.place.path, one.symbol, one.name) for one in report.findings)


@pytest.fixture(scope="module")
def mendable(tmp_path_factory: pytest.TempPathFactory) -> list[Laid]:
    """Every case of every page in which something can be fixed."""
    laid = [Laid(page, case, tmp_path_factory.mktemp("case")) for page, case in CASES]
    return [one for one in laid if one.fixable]


def test_every_fix_of_a_page_takes_its_finding_away_and_brings_no_other(mendable: list[Laid]) -> None:
    for laid in mendable:
        whole, report, files = laid.mend()

        assert files, laid.name
        assert not report.errors
        assert not by_function(report) - by_function(laid.report), laid.name
        fixable = Counter(one.symbol for one in laid.fixable if one.code == laid.page.code)
        before, left = (
            Counter(one.symbol for one in found.findings if one.code == laid.page.code)
            for found in (laid.report, report)
        )
        assert left == before - fixable, laid.name
        for path, data in files.items():
            ast.parse(data, path)
        assert not mend_project(whole, report, laid.check, unsafe=True).files, laid.name


def test_no_line_changes_but_those_of_edits(mendable: list[Laid]) -> None:
    for laid in mendable:
        for finding in with_edits(laid.report, laid.whole).findings:
            if finding.fix is None:
                continue
            assert finding.fix.edits
            before = laid.whole.reading.data[finding.place.path]
            after, made = mend(before, [finding.fix])
            assert made == (finding.fix,)
            places = [edit.place for edit in finding.fix.edits]
            touched = {line - 1 for place in places for line in range(place.line, place.end_line + 1)}
            matcher = difflib.SequenceMatcher(None, lines(before), lines(after), autojunk=False)
            changed = [range(first, last) for tag, first, last, _, _ in matcher.get_opcodes() if tag != "equal"]
            assert {line for some in changed for line in some} <= touched, laid.name


def lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "plain"])
def test_bytes_do_not_matter(kind: str, mendable: list[Laid], tmp_path: Path) -> None:
    for number, plain in enumerate(mendable):
        other = Laid(plain.page, plain.case, folder(tmp_path, str(number)), kind)
        expected = {path: KINDS[kind](data.decode()).rstrip() for path, data in plain.mend()[2].items()}
        assert {path: data.rstrip() for path, data in other.mend()[2].items()} == expected, plain.name


def folder(root: Path, name: str) -> Path:
    made = root / name
    made.mkdir()
    return made


@pytest.mark.parametrize(("page", "case"), TOLD, ids=ids(TOLD))
def test_a_page_shows_what_its_fixes_change(page: Page, case: Case, tmp_path: Path) -> None:
    laid = Laid(page, case, tmp_path)

    assert tuple(difference(laid)) == case.diff


def difference(laid: Laid) -> Iterator[str]:
    for path, data in sorted(laid.mend()[2].items()):
        before, after = (text.decode().splitlines() for text in (laid.whole.reading.data[path], data))
        yield from (line for line in difflib.unified_diff(before, after, n=0, lineterm="") if not is_head(line))


def is_head(line: str) -> bool:
    return line.startswith(("--- ", "+++ ", "@@ "))


def test_every_rule_with_a_fix_shows_it_on_its_page(mendable: list[Laid]) -> None:
    with_fix = {one.name for laid in mendable for one in laid.fixable if one.code == laid.page.code}

    assert with_fix == {page.name for page, _ in TOLD}


def test_the_table_of_fixes_is_true(mendable: list[Laid]) -> None:
    table = (ROOT / "docs" / "fixes.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| (safe|unsafe) \|$", table, re.MULTILINE)
    found = {
        (one.name, one.fix.recipe.change.value, "safe" if one.fix.safe else "unsafe")
        for laid in mendable
        for one in laid.fixable
        if one.fix is not None
    }
    assert len(set(rows)) == len(rows)
    assert set(rows) == found
    assert {change.value for change in Change} == {change for _, change, _ in rows}


def test_only_safe_fixes_are_made_unless_others_are_asked_for(mendable: list[Laid]) -> None:
    for laid in mendable:
        unsafe = Counter((one.name, one.symbol) for one in laid.fixable if one.fix is not None and not one.fix.safe)
        left = Counter((one.name, one.symbol) for one in laid.mend(unsafe=False)[1].findings)
        assert not unsafe - left, laid.name


COMMIT = Fix(Recipe(Change.CALL_INSTEAD, arguments=("flush",)), 2)


def test_one_of_two_fixes_that_touch_waits() -> None:
    assert mend(b"s.commit()\n", [COMMIT, COMMIT]).made == (COMMIT,)


def test_a_fix_after_which_the_file_would_not_parse_is_not_made_and_others_are() -> None:
    broken = Fix(Recipe(Change.CALL_INSTEAD, arguments=("1+",)), 2)
    fine = Fix(Recipe(Change.CALL_INSTEAD, arguments=("flush",)), 13)

    assert mend(b"s.commit()\ns.commit()\n", [broken, fine]) == (b"s.commit()\ns.flush()\n", (fine,))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change.CALL_BEFORE, "s.x(q).it()", "s.x(q).unique().it()"),
        (Change.CALL_BEFORE, "(\n    s.x(q)\n    .it()\n)", "(\n    s.x(q)\n    .unique().it()\n)"),
        (Change.CALL_BEFORE, "it(s)", "it(s)"),
        (Change.CALL_BEHIND, "r = s.it(q)", "r = s.it(q).unique()"),
        (Change.CALL_BEHIND, "r = list((s.it(q)))", "r = list((s.it(q)).unique())"),
        (Change.CALL_BEHIND, "r = await s.it(q)", "r = (await s.it(q)).unique()"),
        (Change.CALL_BEHIND, "r = (await s.it(q)).scalars()", "r = (await s.it(q)).unique().scalars()"),
        (Change.CALL_BEHIND, "for x in await s.it(q): y()", "for x in (await s.it(q)).unique(): y()"),
    ],
)
def test_a_method_is_called_between(change: Change, before: str, after: str) -> None:
    code = f"async def f(s, q):\n    {before}\n"
    fix = Fix(Recipe(change, arguments=("unique",)), code.index("it("))

    assert mend(code.encode(), [fix])[0].decode() == f"async def f(s, q):\n    {after}\n"


def test_a_fix_that_its_encoding_cannot_write_is_not_made() -> None:
    data = b"# coding: ascii\ns.commit()\n"
    foreign = Fix(Recipe(Change.CALL_INSTEAD, arguments=("schlie\xdfe",)), data.index(b"commit"))

    assert mend(data, [foreign]) == (data, ())


def test_a_cookie_that_would_be_read_only_after_the_fix_prevents_it() -> None:
    data = "# sqla: ignore[SQA201]\n\n# coding: latin-1\nx = '\xe9'\n".encode()
    dropped = Fix(Recipe(Change.DROP_NAME, True), data.index(b"SQA201"))

    assert mend(data, [dropped]) == (data, ())


class TestStore:
    def test_permissions_stay_and_links_lead_there_as_before(self, tmp_path: Path) -> None:
        real, link = tmp_path / "real.py", tmp_path / "link.py"
        real.write_bytes(b"a")
        real.chmod(0o754)
        link.symlink_to(real.name)

        store(link, b"a", b"b")

        assert link.is_symlink()
        assert real.read_bytes() == b"b"
        assert stat.S_IMODE(real.stat().st_mode) == 0o754
        assert sorted(os.listdir(tmp_path)) == ["link.py", "real.py"]

    def test_what_has_changed_meanwhile_stays(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"mine")

        with pytest.raises(OSError, match="changed meanwhile"):
            store(tmp_path / "a.py", b"a", b"b")

        assert (tmp_path / "a.py").read_bytes() == b"mine"
        assert os.listdir(tmp_path) == ["a.py"]
